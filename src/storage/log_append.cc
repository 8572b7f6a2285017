// Appending to a log, and beginning new segments.
#include <glog/logging.h>

#include <algorithm>
#include <cerrno>

#include "storage/leader_appends.h"
#include "storage/log.h"
#include "storage/log_state.h"

namespace meerkat::storage {

using record::AnyBatch;
using wire::ErrorCode;

bool LogState::roll_wanted(int64_t incoming_size, int64_t last_offset, int64_t max_timestamp, int64_t waiting,
                           int64_t waiting_bytes) {
  Segment& current = active();
  int64_t size = current.size() + waiting_bytes;
  bool too_far = last_offset - current.base_offset() > INT32_MAX;
  if (size == 0) return too_far;
  bool too_large = size > config->segment_bytes - incoming_size;
  bool full = current.index_full(config->segment_index_bytes, waiting);
  bool too_old =
      current.waited_for_roll(env.clock.wall_ms(), max_timestamp) > config->max_segment_ms() - roll_jitter_ms;
  return too_large || full || too_far || too_old;
}

Result<bool> LogState::maybe_roll(int64_t incoming_size, int64_t first_offset, int64_t last_offset,
                                  int64_t max_timestamp) {
  if (!roll_wanted(incoming_size, last_offset, max_timestamp)) return false;
  if (auto done = roll(first_offset); !done) return done.failure();
  return true;
}

Status LogState::roll(int64_t base_offset) {
  Segment& old = active();
  if (old.base_offset() == base_offset && old.size() == 0) return {};
  std::shared_ptr<Segment> empty = old.size() == 0 ? segments.rbegin()->second : nullptr;
  if (auto done = add_segment(base_offset); !done) return done;
  if (empty) {
    if (auto done = drop_segments({empty}); !done) LOG(WARNING) << done.error().message;
    return {};
  }
  old.end_writing();
  producers.set_map_end_offset(base_offset);
  if (auto done = producers.take_snapshot(); !done) {
    LOG(WARNING) << done.error().message << "; recovery would read further back for it";
  }
  // Off the produce path: the old segment becomes durable, and the recovery point moves to the new one's beginning.
  env.scheduler.soon([this, weak = self] {
    auto log = weak.lock();
    if (log && log->flush()) env.on_rolled();
  });
  return {};
}

Status LogState::apply_to_producers(const AnyBatch& batch, const std::optional<record::EndTxnMarker>& marker,
                                    Segment& segment) {
  auto completed = producers.update(batch, marker);
  if (!completed) return {};
  int64_t stable = producers.last_stable_offset(*completed);
  producers.complete(*completed);
  if (!completed->aborted) return {};
  return segment.txn_index().append({completed->producer_id, completed->first_offset, completed->last_offset, stable});
}

wire::Outcome<AppendInfo> Log::append_as_leader(record::AppendPlan& plan, int32_t leader_epoch,
                                                record::AppendOrigin origin, VerificationGuard guard) {
  GatheredAppend append{.plan = &plan, .guard = guard};
  append_as_leader({&append, 1}, leader_epoch, origin);
  return std::move(append.outcome);
}

void Log::append_as_leader(std::span<GatheredAppend> appends, int32_t leader_epoch, record::AppendOrigin origin) {
  IoErrors errors(*state_);
  MutexLock lock(state_->lock);
  LeaderAppends leader(*state_, errors, leader_epoch, origin);
  for (GatheredAppend& append : appends) leader.add(append);
  leader.write();
}

wire::Outcome<AppendInfo> Log::append_as_follower(ByteView batches) {
  auto& s = *state_;
  AppendInfo info;
  // Without the lock: everything that only looks at the bytes.
  struct Facts {
    int64_t first_offset = -1, last_offset = -1, max_timestamp = -1;
  } facts;
  AnyBatch batch;
  record::BatchRun run(batches);
  while (run.next(batch)) {
    if (!batch.crc_ok()) {
      return wire::refuse(ErrorCode::corrupt_message, "the batch at offset " + std::to_string(batch.base_offset) +
                                                          " for " + s.tp.to_string() + " fails its checksum");
    }
    if (facts.last_offset >= batch.base_offset || batch.last_offset < batch.base_offset) {
      return wire::refuse(ErrorCode::unknown_server_error, "offsets do not rise in what the leader of " +
                                                               s.tp.to_string() + " sent, at offset " +
                                                               std::to_string(batch.base_offset));
    }
    if (facts.first_offset < 0) facts.first_offset = batch.base_offset;
    facts.last_offset = batch.last_offset;
    facts.max_timestamp = std::max(facts.max_timestamp, batch.max_timestamp);
  }
  if (run.corrupt()) {
    return wire::refuse(ErrorCode::corrupt_message, "the leader of " + s.tp.to_string() + " sent what is no batch");
  }
  auto whole = batches.subspan(0, run.consumed());

  IoErrors errors(s);
  MutexLock lock(s.lock);
  if (auto refused = s.refusal()) return Fail(*refused);
  if (auto full = s.no_room()) return Fail(*full);
  info.log_start_offset = s.log_start_offset;
  info.log_end_offset = s.log_end_offset;
  if (whole.empty()) return info;
  if (facts.first_offset < s.log_end_offset) {
    return wire::refuse(ErrorCode::unknown_server_error, "the leader of " + s.tp.to_string() + " sent offset " +
                                                             std::to_string(facts.first_offset) + ", the log ends at " +
                                                             std::to_string(s.log_end_offset));
  }
  auto rolled =
      s.maybe_roll(static_cast<int64_t>(whole.size()), facts.first_offset, facts.last_offset, facts.max_timestamp);
  if (!rolled) return errors.refuse(rolled.error());
  Segment& segment = s.active();
  int64_t position = segment.size();
  bool restored = true;
  s.touched = true;
  if (auto done = segment.write(whole, restored); !done) {
    return errors.refuse(restored ? done.error()
                                  : Error{done.error().message + ", and the file cannot be cut back", EIO});
  }
  bool new_epoch = false;
  for (record::BatchRun again(whole); again.next(batch); position += batch.size) {
    segment.index_batch(position, batch, s.config->index_interval_bytes);
    s.recent.add(batch.base_offset, segment, position);
    new_epoch |= s.epochs.assign(batch.leader_epoch, batch.base_offset);
    if (auto done = s.apply_to_producers(batch, marker_of(batch), segment); !done) {
      LOG(WARNING) << done.error().message << "; the entry is kept in memory and will be written later";
    }
  }
  if (new_epoch) s.write_files_later();
  s.log_end_offset.store(facts.last_offset + 1, std::memory_order_release);
  s.update_last_stable_offset();
  info.first_offset = facts.first_offset;
  info.last_offset = facts.last_offset;
  info.log_end_offset = facts.last_offset + 1;
  info.rolled = *rolled;
  info.flush_wanted = s.want_durable(facts.last_offset);
  return info;
}

wire::Outcome<void> Log::roll() {
  IoErrors errors(*state_);
  MutexLock lock(state_->lock);
  if (auto refused = state_->refusal()) return Fail(*refused);
  if (auto done = state_->roll(state_->log_end_offset); !done) return errors.refuse(done.error());
  return {};
}

}  // namespace meerkat::storage
