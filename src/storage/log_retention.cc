// Upkeep of a log: retention, fsync, closing.
#include <glog/logging.h>

#include "storage/log.h"
#include "storage/log_state.h"

namespace meerkat::storage {
namespace {

constexpr int64_t kFutureMs = 3'600'000;  // clocks may differ; what is further ahead is no time

}  // namespace

wire::Outcome<int> Log::delete_old_segments() {
  auto& s = *state_;
  IoErrors errors(s);
  std::lock_guard changing(s.segments_change);
  MutexLock lock(s.lock);
  if (auto refused = s.refusal()) return Fail(*refused);
  auto& config = *s.config;
  int64_t now = s.env.clock.wall_ms();
  int64_t total = 0;
  for (auto& [base, segment] : s.segments) total += segment->size();

  std::vector<std::shared_ptr<Segment>> old;
  int64_t new_start = s.log_start_offset;
  for (auto it = s.segments.begin(); it != s.segments.end(); ++it) {
    auto& segment = *it->second;
    auto next = std::next(it);
    bool last = next == s.segments.end();
    int64_t end = last ? s.log_end_offset.load() : next->first;
    if (end > s.high_watermark || (last && segment.size() == 0)) break;
    const char* reason = nullptr;
    if (!last && end <= s.log_start_offset) {
      reason = "it lies before the log start offset";
    } else if (config.cleanup_delete && config.retention_bytes >= 0 &&
               total - segment.size() >= config.retention_bytes) {
      reason = "the log is larger than retention.bytes";
    } else if (config.cleanup_delete && config.retention_ms >= 0 &&
               now - segment.largest_timestamp_or_mtime() > config.retention_ms) {
      reason = "it is older than retention.ms";
    }
    if (reason == nullptr) {
      const int64_t ahead_ms = segment.largest_timestamp_or_mtime() - now;
      const bool ahead = config.cleanup_delete && config.retention_ms >= 0 && ahead_ms > kFutureMs;
      if (ahead && s.held_back_base != it->first) {
        s.held_back_base = it->first;  // once for each segment is enough
        LOG(WARNING) << "retention.ms does not touch " << s.tp.to_string() << " from offset " << it->first
                     << " on: a record there is stamped " << ahead_ms / 1000
                     << " s in the future. Delete records up to " << end
                     << " if they are not needed, and bound such stamps by message.timestamp.after.max.ms";
      }
      break;
    }
    LOG(INFO) << "deleting segment " << segment.base_offset() << " of " << s.tp.to_string() << ": " << reason;
    total -= segment.size();
    new_start = std::max(new_start, end);
    old.push_back(it->second);
  }
  if (old.empty()) return 0;
  if (old.size() == s.segments.size()) {
    if (auto done = s.roll(s.log_end_offset); !done) return errors.refuse(done.error());
  }
  auto count = static_cast<int>(old.size());
  if (auto done = s.drop_segments(std::move(old)); !done) return errors.refuse(done.error());
  s.raise_log_start(new_start);
  s.producers.remove_snapshots_before(s.segments.begin()->first);
  return count;
}

bool Log::flush_due() const {
  auto& s = *state_;
  MutexLock lock(s.lock);
  int64_t unflushed = s.log_end_offset - s.recovery_point;
  if (unflushed <= 0 || s.closed || s.failure) return false;
  return unflushed >= s.config->flush_messages || s.env.clock.mono_ms() - s.last_flush_ms >= s.config->flush_ms;
}

wire::Outcome<void> Log::flush() {
  auto& s = *state_;
  IoErrors errors(s);
  std::vector<std::shared_ptr<Segment>> segments;
  std::vector<std::string> others;
  std::string dir;
  int64_t end = 0, truncations = 0;
  bool new_names = false, new_dir = false, epochs_behind = false;
  {
    MutexLock lock(s.lock);
    if (auto refused = s.refusal()) return Fail(*refused);
    end = s.log_end_offset;
    if (s.recovery_point >= end && !s.new_names) return {};
    const auto files = s.write_files();
    // A full disk may take no partition.metadata: the controller names the topic id again, the records cannot wait.
    if (!files && !IoErrors::passes(files.error())) return errors.refuse(files.error());
    epochs_behind = s.epochs.dirty();
    truncations = s.truncations;
    dir = s.dir;
    auto from = s.floor(std::min<int64_t>(s.recovery_point, s.indexes_synced_below));
    for (auto it = from; it != s.segments.end(); ++it) segments.push_back(it->second);
    others = s.producers.take_unsynced();
    if (s.new_names) others.push_back(s.epochs.path());
    new_names = s.new_names;
    new_dir = s.new_dir;
    s.new_names = !files.ok();
    s.new_dir = false;
    s.last_flush_ms = s.env.clock.mono_ms();
  }
  auto sync_all = [&]() -> Status {
    for (auto& segment : segments) {
      // Recovery rebuilds the indexes of the segment that holds the recovery point; those before must be right.
      if (auto done = segment->sync(segment != segments.back()); !done) return done;
    }
    for (auto& path : others) {
      if (!s.env.fs.exists(path)) continue;
      auto file = s.env.fs.open(path, OpenMode::read_write);
      if (!file) return file.failure();
      if (auto done = (*file)->sync(); !done) return done;
    }
    if (!new_names) return {};
    if (auto done = s.env.fs.sync_directory(dir); !done) return done;
    return new_dir ? s.env.fs.sync_directory(s.parent_dir) : Status();
  };
  auto done = sync_all();
  MutexLock lock(s.lock);
  if (!done) {
    s.new_names |= new_names;
    s.new_dir |= new_dir;
    // The directory was renamed or the log truncated meanwhile: what failed is no longer there.
    if (s.closed || s.dir != dir || s.truncations != truncations) return {};
    return errors.refuse(done.error());
  }
  if (s.truncations == truncations && !s.truncating && !epochs_behind) {
    if (end > s.recovery_point) s.recovery_point = end;
    s.indexes_synced_below = std::max(s.indexes_synced_below, segments.back()->base_offset());
  }
  return {};
}

wire::Outcome<void> Log::close() {
  auto& s = *state_;
  {
    IoErrors errors(s);
    MutexLock lock(s.lock);
    if (s.closed) return {};
    if (s.failure) return wire::refuse(wire::ErrorCode::kafka_storage_error, s.failure->message);
    if (!s.touched && !s.new_names && s.producers.snapshots().contains(s.log_end_offset)) {
      s.closed = true;
      for (auto& [base, segment] : s.segments) segment->close();
      return {};
    }
    s.producers.set_map_end_offset(s.log_end_offset);
    if (auto done = s.producers.take_snapshot(); !done) return errors.refuse(done.error());
    s.active().end_writing();
    for (auto& [base, segment] : s.segments) segment->write_out_indexes();
    s.new_names = true;
  }
  auto flushed = flush();
  IoErrors errors(s);
  MutexLock lock(s.lock);
  s.closed = true;
  if (flushed) {
    if (auto done = s.active().sync(true); !done) flushed = errors.refuse(done.error());
  }
  for (auto& [base, segment] : s.segments) segment->close();
  return flushed;
}

}  // namespace meerkat::storage
