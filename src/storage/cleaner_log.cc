#include "storage/cleaner_log.h"

#include <glog/logging.h>

#include <cerrno>

#include "storage/log_state.h"
#include "storage/segment_files.h"

namespace meerkat::storage {

CleanableLog LogCompaction::view() const {
  auto& s = state();
  CleanableLog view;
  std::vector<std::shared_ptr<Segment>> segments;
  std::shared_ptr<const LogConfig> config;
  {
    MutexLock lock(s.lock);
    for (auto& [base, segment] : s.segments) segments.push_back(segment);
    view.log_start_offset = s.log_start_offset;
    view.log_end_offset = s.log_end_offset;
    view.last_stable_offset = s.last_stable_offset;
    config = s.config;
  }
  for (auto& segment : segments) {
    CleanableSegment one{segment->base_offset(), segment->size(), segment->index_size(), segment->time_index_size()};
    if (config->min_compaction_lag_ms > 0) one.largest_timestamp = segment->largest_timestamp_or_mtime();
    if (config->max_compaction_lag_ms != LogConfig::kUnlimited) one.first_timestamp = segment->first_timestamp();
    view.segments.push_back(one);
  }
  return view;
}

std::vector<std::shared_ptr<Segment>> LogCompaction::segments_before(int64_t end_offset) const {
  auto& s = state();
  MutexLock lock(s.lock);
  std::vector<std::shared_ptr<Segment>> result;
  auto active = std::prev(s.segments.end());
  for (auto it = s.segments.begin(); it != active && it->first < end_offset; ++it) result.push_back(it->second);
  return result;
}

std::vector<AbortedTxn> LogCompaction::aborted_transactions(int64_t from, int64_t to) const {
  auto& s = state();
  MutexLock lock(s.lock);
  std::vector<AbortedTxn> result;
  for (auto it = s.floor(from); it != s.segments.end(); ++it) {
    if (it->second->txn_index().collect(from, to, result)) break;
  }
  return result;
}

ProducerTraces LogCompaction::producers() const {
  auto& s = state();
  MutexLock lock(s.lock);
  ProducerTraces traces;
  for (auto& [id, entry] : s.producers.producers()) {
    auto& trace = traces[id];
    trace.producer_epoch = entry.producer_epoch;
    if (auto* last = entry.last_batch(); last != nullptr && last->last_offset >= 0) {
      trace.last_data_offset = last->last_offset;
    }
  }
  return traces;
}

int64_t LogCompaction::truncations() const {
  auto& s = state();
  MutexLock lock(s.lock);
  return s.truncations;
}

int64_t LogCompaction::now_ms() const { return state().env.clock.wall_ms(); }

Status LogCompaction::make_durable() {
  if (log_->recovery_point() >= log_->high_watermark()) return {};
  auto flushed = log_->flush();
  return flushed ? Status() : fail(flushed.error().message, ENOSPC);  // of a failing disk the log itself has told
}

Result<std::shared_ptr<Segment>> LogCompaction::new_segment(int64_t base_offset) {
  auto& s = state();
  auto dir = log_->path();
  // What an earlier attempt has left would be in the way.
  for (auto kind : {kLogSuffix, kIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
    auto path = segment_path(dir, base_offset, kind) + std::string(kCleanedSuffix);
    if (!s.env.fs.exists(path)) continue;
    if (auto done = s.env.fs.remove(path); !done) return done.failure();
  }
  auto segment = std::make_shared<Segment>(s.env.files, dir, base_offset, Segment::Sizes{}, now_ms(), kCleanedSuffix);
  if (auto file = s.env.fs.open(segment->path(), OpenMode::create); !file) return file.failure();
  return segment;
}

void LogCompaction::discard(const std::shared_ptr<Segment>& cleaned) {
  cleaned->close();
  cleaned->remove_files();
}

Status LogCompaction::replace(const std::vector<std::shared_ptr<Segment>>& old,
                              const std::shared_ptr<Segment>& cleaned) {
  auto& s = state();
  auto& fs = s.env.fs;
  int64_t modified = old.back()->modified_ms();
  if (auto done = cleaned->sync(true); !done) return done;
  if (auto done = fs.set_modified_ms(cleaned->path(), modified); !done) return done;

  std::lock_guard changing(s.segments_change);
  std::string dir;
  {
    MutexLock lock(s.lock);
    bool there = !s.closed && !s.failure;
    for (auto& segment : old) {
      auto it = s.segments.find(segment->base_offset());
      there = there && it != s.segments.end() && it->second == segment && std::next(it) != s.segments.end();
    }
    if (!there) {
      discard(cleaned);
      return fail("the log has changed meanwhile", ECANCELED);
    }
    dir = s.dir;
  }
  // Each step is durable before the next: a power loss never leaves the second without the first. Half a replacement
  // is nothing to go on with, whatever the reason.
  auto stuck = [](const Status& status) { return fail(status.error().message, EIO); };
  if (auto done = cleaned->rename_files(kSwapSuffix); !done) return stuck(done);
  if (auto done = fs.sync_directory(dir); !done) return stuck(done);
  {
    MutexLock lock(s.lock);
    if (auto done = s.drop_segments(old, cleaned->base_offset()); !done) return stuck(done);
    s.segments[cleaned->base_offset()] = cleaned;
    s.touched = true;
  }
  if (auto done = fs.sync_directory(dir); !done) return stuck(done);
  {
    MutexLock lock(s.lock);
    if (auto done = cleaned->rename_files(""); !done) return stuck(done);
  }
  if (auto done = fs.sync_directory(dir); !done) return stuck(done);
  return {};
}

}  // namespace meerkat::storage
