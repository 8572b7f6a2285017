// The follower's side: appending what the leader sent, and truncating what it does not have (KIP-101, KIP-279).
#include <algorithm>

#include "record/batch.h"
#include "replica/partition.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::Outcome;
using wire::refuse;

Outcome<storage::Log*> Partition::follower_log(int32_t leader_epoch) const {
  if (offline()) return refuse(ErrorCode::kafka_storage_error);
  if (!std::holds_alternative<Follower>(role_) || !log_) return refuse(ErrorCode::not_leader_or_follower);
  if (leader_epoch != leader_epoch_) return refuse(ErrorCode::fenced_leader_epoch);
  return log_.get();
}

FetchStart Partition::start_of(const storage::Log& log) const {
  const auto* follower = std::get_if<Follower>(&role_);
  return {.offset = log.log_end_offset(),
          .last_fetched_epoch = log.latest_epoch(),
          .leader = follower ? follower->leader : -1,
          .leader_epoch = leader_epoch_};
}

Outcome<storage::AppendInfo> Partition::append_from_leader(ByteView batches, int64_t offset, int32_t leader_epoch,
                                                           int64_t leader_high_watermark, int64_t leader_log_start,
                                                           Effects& effects) {
  ReadLock lock(mutex_);
  auto found = follower_log(leader_epoch);
  if (!found) return found.failure();
  storage::Log& log = **found;
  if (offset != log.log_end_offset()) {
    return refuse(ErrorCode::unknown_server_error, name_.to_string() + " was fetched from offset " +
                                                       std::to_string(offset) + ", but its log ends at " +
                                                       std::to_string(log.log_end_offset()));
  }
  storage::AppendInfo info{.log_start_offset = log.log_start_offset(), .log_end_offset = offset};
  if (!batches.empty()) {
    // After DeleteRecords the leader's log may begin within a batch. An empty follower that begins there takes the
    // whole batch.
    if (log.log_start_offset() == offset && batches.size() >= record::v2::kHeaderSize &&
        static_cast<int8_t>(batches[record::kMagicAt]) == record::kMagic2) {
      const record::BatchView first(batches);
      if (first.base_offset() < offset && first.last_offset() >= offset) {
        auto restarted = log.truncate_fully_and_start_at(first.base_offset(), offset);
        if (!restarted) return restarted.failure();
      }
    }
    auto appended = log.append_as_follower(batches);
    if (!appended) return appended;
    info = *appended;
    effects.progress |= progress::kLogEnd;
  }
  const int64_t before = log.high_watermark();
  if (log.set_high_watermark(leader_high_watermark) > before) effects.progress |= progress::kHighWatermark;
  log.advance_log_start_offset(leader_log_start);
  return info;
}

Outcome<FetchStart> Partition::fetch_start() const {
  ReadLock lock(mutex_);
  auto found = follower_log(leader_epoch_);
  if (!found) return found.failure();
  storage::Log& log = **found;
  // A log without epochs (old formats only) cannot be compared with the leader's; only what is committed is safe.
  if (log.latest_epoch() < 0) {
    if (auto cut = log.truncate_to(log.high_watermark()); !cut) return cut.failure();
  }
  return start_of(log);
}

Outcome<FetchStart> Partition::truncate_to_epoch(const storage::EpochEndOffset& leader_end, int32_t leader_epoch) {
  WriteLock lock(mutex_);
  auto found = follower_log(leader_epoch);
  if (!found) return found.failure();
  storage::Log& log = **found;
  const auto ours = log.end_offset_for_epoch(leader_end.leader_epoch);
  int64_t target = leader_end.end_offset;
  if (ours.leader_epoch >= 0) {
    // An epoch that we do not know: go back to the end of the next smaller one and let the leader compare again.
    target = ours.leader_epoch == leader_end.leader_epoch ? std::min(target, ours.end_offset) : ours.end_offset;
  }
  if (auto cut = log.truncate_to(std::min(target, log.log_end_offset())); !cut) return cut.failure();
  return start_of(log);
}

Outcome<void> Partition::truncate_to(int64_t offset, int32_t leader_epoch) {
  WriteLock lock(mutex_);
  auto log = follower_log(leader_epoch);
  if (!log) return log.failure();
  if (auto cut = (*log)->truncate_to(offset); !cut) return cut.failure();
  return {};
}

Outcome<void> Partition::restart_at(int64_t offset, int32_t leader_epoch) {
  WriteLock lock(mutex_);
  auto log = follower_log(leader_epoch);
  if (!log) return log.failure();
  return (*log)->truncate_fully_and_start_at(offset);
}

}  // namespace meerkat::replica
