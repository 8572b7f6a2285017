// Dropping the end of a log, as a follower does when its leader knows better.
#include <glog/logging.h>

#include <algorithm>
#include <cerrno>

#include "storage/batch_scan.h"
#include "storage/log.h"
#include "storage/log_state.h"

namespace meerkat::storage {

Status LogState::replay_producers(int64_t end) {
  int64_t from = producers.map_end_offset();
  for (auto it = floor(from); it != segments.end() && from < end; ++it) {
    auto& segment = *it->second;
    if (segment.size() == 0) continue;
    auto begin = segment.find(from, segment.size());
    if (!begin) return begin.failure();
    if (!*begin) continue;
    auto file = segment.file();
    if (!file) return file.failure();
    BatchScan scan(**file, (*begin)->position, segment.size(), 64 << 10);
    for (auto step = scan.next(); step != Scan::end; step = scan.next()) {
      if (step == Scan::failed) return fail(scan.error().message, scan.error().code);
      if (step == Scan::corrupt) return fail("no valid batch in " + segment.path());
      auto batch = scan.batch();
      if (batch.base_offset >= end) break;
      std::optional<record::EndTxnMarker> marker;
      if (batch.control) {
        auto whole = scan.load();
        if (!whole) return whole.failure();
        marker = marker_of(*whole);
      }
      if (auto completed = producers.update(batch, marker)) producers.complete(*completed);
    }
  }
  producers.set_map_end_offset(end);
  return {};
}

void LogState::lower_recovery_point(int64_t offset) {
  {
    MutexLock held(lock);
    truncating = true;
    if (recovery_point <= offset) return;
    recovery_point = offset;
  }
  env.on_recovery_point_lowered();
}

Status LogState::truncate(int64_t offset) {
  LOG(INFO) << "truncating " << tp.to_string() << " to offset " << offset << " from " << log_end_offset;
  ++truncations;
  touched = true;
  recent.clear();
  std::vector<std::shared_ptr<Segment>> behind;
  for (auto it = segments.lower_bound(offset); it != segments.end(); ++it) behind.push_back(it->second);
  if (auto done = drop_segments(std::move(behind)); !done) return done;
  auto cut = active().truncate_to(offset);
  if (!cut) return cut.failure();
  log_end_offset.store(offset, std::memory_order_release);
  if (log_start_offset > offset) log_start_offset = offset;
  indexes_synced_below = std::min(indexes_synced_below, active().base_offset());
  if (epochs.truncate_from_end(offset)) write_epochs();
  producers.remove_snapshots_after(offset);
  producers.load(log_start_offset, offset, env.clock.wall_ms());
  if (auto done = replay_producers(offset); !done) return done;
  if (auto done = producers.take_snapshot(); !done) LOG(WARNING) << done.error().message;
  set_high_watermark(std::min<int64_t>(high_watermark, offset));
  return {};
}

Status LogState::sync_truncation() {
  std::shared_ptr<Segment> last;
  std::string directory;
  {
    MutexLock held(lock);
    last = segments.rbegin()->second;
    directory = dir;
  }
  if (auto done = last->sync(false); !done) return done;
  return env.fs.sync_directory(directory);
}

Status LogState::start_anew(int64_t offset, int64_t start) {
  LOG(INFO) << "dropping all of " << tp.to_string() << " and starting at offset " << offset;
  ++truncations;
  touched = true;
  recent.clear();
  std::vector<std::shared_ptr<Segment>> every;
  for (auto& [base, segment] : segments) every.push_back(segment);
  if (auto done = drop_segments(std::move(every)); !done) return done;
  if (auto done = add_segment(offset); !done) {
    // Without a segment the log cannot go on, whatever the reason.
    return fail(done.error().message, EIO);
  }
  producers.reset(offset);
  epochs.clear();
  write_epochs();
  log_end_offset.store(offset, std::memory_order_release);
  log_start_offset.store(start, std::memory_order_release);
  indexes_synced_below = offset;
  set_high_watermark(std::clamp<int64_t>(high_watermark, start, offset));
  return {};
}

wire::Outcome<bool> Log::truncate_to(int64_t offset) {
  auto& s = *state_;
  if (offset >= log_end_offset()) {
    // A leader that appended nothing has left an epoch that begins at the log end. Who leads now may not know it, and
    // would find us diverging for ever.
    MutexLock lock(s.lock);
    if (s.epochs.truncate_from_end(s.log_end_offset)) s.write_epochs();
    return false;
  }
  if (offset <= first_segment_offset()) {
    auto done = truncate_fully_and_start_at(offset);
    if (!done) return done.failure();
    return true;
  }
  IoErrors errors(s);
  s.lower_recovery_point(offset);
  std::lock_guard changing(s.segments_change);
  int64_t active_base = 0;
  {
    MutexLock lock(s.lock);
    s.truncating = false;
    if (auto refused = s.refusal()) return Fail(*refused);
    if (offset >= s.log_end_offset) return false;
    if (auto done = s.truncate(offset); !done) return errors.refuse(done.error());
    active_base = s.active().base_offset();
  }
  auto done = s.sync_truncation();
  s.env.on_truncated(s.tp, s.parent_dir, active_base);
  MutexLock lock(s.lock);
  if (!done) return errors.refuse(done.error());
  return true;
}

wire::Outcome<void> Log::truncate_fully_and_start_at(int64_t offset, std::optional<int64_t> log_start_offset) {
  auto& s = *state_;
  IoErrors errors(s);
  s.lower_recovery_point(offset);
  std::lock_guard changing(s.segments_change);
  {
    MutexLock lock(s.lock);
    s.truncating = false;
    if (auto refused = s.refusal()) return Fail(*refused);
    auto done = s.start_anew(offset, log_start_offset.value_or(offset));
    if (!done) return errors.refuse(done.error());
  }
  auto done = s.sync_truncation();
  s.env.on_truncated(s.tp, s.parent_dir, offset);
  MutexLock lock(s.lock);
  if (!done) return errors.refuse(done.error());
  return {};
}

}  // namespace meerkat::storage
