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

wire::Outcome<bool> Log::truncate_to(int64_t offset) {
  auto& s = *state_;
  if (offset >= log_end_offset()) return false;
  IoErrors errors(s);
  s.lower_recovery_point(offset);
  {
    MutexLock lock(s.lock);
    s.truncating = false;
    if (auto refused = s.refusal()) return Fail(*refused);
    if (offset >= s.log_end_offset) return false;
    if (offset > s.segments.begin()->first) {
      LOG(INFO) << "truncating " << s.tp.to_string() << " to offset " << offset << " from " << s.log_end_offset;
      ++s.truncations;
      s.touched = true;
      s.recent.clear();
      std::vector<std::shared_ptr<Segment>> behind;
      for (auto it = s.segments.lower_bound(offset); it != s.segments.end(); ++it) behind.push_back(it->second);
      if (auto done = s.drop_segments(std::move(behind)); !done) return errors.refuse(done.error());
      auto cut = s.active().truncate_to(offset);
      if (!cut) return errors.refuse(cut.error());
      s.log_end_offset.store(offset, std::memory_order_release);
      if (s.log_start_offset > offset) s.log_start_offset = offset;
      s.indexes_synced_below = std::min(s.indexes_synced_below, s.active().base_offset());
      if (s.epochs.truncate_from_end(offset)) s.write_epochs();
      s.producers.remove_snapshots_after(offset);
      s.producers.load(s.log_start_offset, offset, s.env.clock.wall_ms());
      if (auto done = s.replay_producers(offset); !done) return errors.refuse(done.error());
      if (auto done = s.producers.take_snapshot(); !done) LOG(WARNING) << done.error().message;
      s.set_high_watermark(std::min<int64_t>(s.high_watermark, offset));
      return true;
    }
  }
  auto done = truncate_fully_and_start_at(offset);
  if (!done) return done.failure();
  return true;
}

wire::Outcome<void> Log::truncate_fully_and_start_at(int64_t offset, std::optional<int64_t> log_start_offset) {
  auto& s = *state_;
  IoErrors errors(s);
  s.lower_recovery_point(offset);
  MutexLock lock(s.lock);
  s.truncating = false;
  if (auto refused = s.refusal()) return Fail(*refused);
  LOG(INFO) << "dropping all of " << s.tp.to_string() << " and starting at offset " << offset;
  ++s.truncations;
  s.recent.clear();
  std::vector<std::shared_ptr<Segment>> all;
  for (auto& [base, segment] : s.segments) all.push_back(segment);
  if (auto done = s.drop_segments(std::move(all)); !done) return errors.refuse(done.error());
  if (auto done = s.add_segment(offset); !done) {
    // Without a segment the log cannot go on, whatever the reason.
    return errors.refuse(Error{done.error().message, EIO});
  }
  s.producers.reset(offset);
  s.epochs.clear();
  s.write_epochs();
  s.log_end_offset.store(offset, std::memory_order_release);
  s.log_start_offset.store(log_start_offset.value_or(offset), std::memory_order_release);
  s.indexes_synced_below = offset;
  s.set_high_watermark(std::clamp<int64_t>(s.high_watermark, s.log_start_offset, offset));
  return {};
}

}  // namespace meerkat::storage
