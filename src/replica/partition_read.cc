// Reading: fetches of consumers and followers, and looking offsets up.
#include <algorithm>

#include "replica/partition.h"

namespace meerkat::replica {

using storage::ReadBound;
using storage::TimestampOffset;
using wire::ErrorCode;
using wire::Outcome;
using wire::refuse;

Outcome<PartitionRead> Partition::read(const ReadRequest& request, Effects& effects, bool quietly) {
  bool want_expand = false;
  PartitionRead result;
  {
    ReadLock lock(mutex_);
    auto found = checked_log(request.current_leader_epoch, request.only_leader);
    if (!found) return found.failure();
    storage::Log& log = **found;
    const bool from_replica = request.replica_id >= 0;
    if (from_replica) {
      if (auto assigned = is_assigned_follower(request); !assigned) return assigned.failure();
    }
    // Taken before the read: what is appended meanwhile, the reader cannot have caught up with.
    const int64_t leader_end = log.log_end_offset();
    auto diverging = divergence(log, request);
    if (!diverging) return diverging.failure();
    if (*diverging) {
      result.diverging = *diverging;
      result.high_watermark = log.high_watermark();
      result.last_stable_offset = log.last_stable_offset();
      result.log_start_offset = log.log_start_offset();
      result.log_end_offset = leader_end;
      return result;
    }
    auto read = log.read(request.offset, request.max_bytes, request.bound, request.min_one_message, request.source);
    if (!read) return read.failure();
    if (read->cold) {
      result.cold = true;
      return result;
    }
    result.records = std::move(read->records);
    result.high_watermark = read->high_watermark;
    result.last_stable_offset = read->last_stable_offset;
    result.log_start_offset = read->log_start_offset;
    result.log_end_offset = read->log_end_offset;
    result.first_batch_too_large = read->first_batch_too_large;
    result.aborted = std::move(read->aborted);
    if (from_replica && !quietly) effects.merge(on_follower_fetch(log, request, leader_end, &want_expand));
  }
  if (want_expand) effects.merge(expand_isr(request.replica_id));
  return result;
}

Outcome<std::optional<storage::EpochEndOffset>> Partition::divergence(const storage::Log& log,
                                                                      const ReadRequest& request) const {
  if (request.last_fetched_epoch < 0) return std::optional<storage::EpochEndOffset>{};
  const auto end = log.end_offset_for_epoch(request.last_fetched_epoch);
  const bool undefined = end.leader_epoch < 0 || end.end_offset < 0;
  if (undefined || request.offset < log.log_start_offset()) return refuse(ErrorCode::offset_out_of_range);
  if (end.leader_epoch < request.last_fetched_epoch || end.end_offset < request.offset) return std::optional(end);
  return std::optional<storage::EpochEndOffset>{};
}

Outcome<int64_t> Partition::readable(const ReadRequest& request, int64_t enough) const {
  ReadLock lock(mutex_);
  auto found = checked_log(request.current_leader_epoch, request.only_leader);
  if (!found) return found.failure();
  const storage::Log& log = **found;
  auto diverging = divergence(log, request);
  if (!diverging) return diverging.failure();
  if (*diverging) return int64_t{1};
  if (request.offset < log.log_start_offset() || request.offset > log.log_end_offset()) {
    return refuse(ErrorCode::offset_out_of_range);
  }
  return log.readable_bytes(request.offset, request.bound, std::min<int64_t>(enough, request.max_bytes));
}

Outcome<std::shared_ptr<storage::Log>> Partition::readable_log(bool only_leader) const {
  ReadLock lock(mutex_);
  auto found = checked_log(-1, only_leader);
  if (!found) return found.failure();
  return log_;
}

Outcome<std::optional<TimestampOffset>> Partition::list_offset(int64_t timestamp, int32_t current_leader_epoch,
                                                               std::optional<ReadBound> bound, bool only_leader) const {
  constexpr int64_t kLatest = -1, kEarliest = -2, kMaxTimestamp = -3, kEarliestLocal = -4, kLatestTiered = -5;
  std::shared_ptr<storage::Log> log;
  int64_t end = 0;
  bool lagging = false;
  {
    ReadLock lock(mutex_);
    auto found = checked_log(current_leader_epoch, only_leader);
    if (!found) return found.failure();
    log = log_;
    end = !bound || *bound == ReadBound::log_end ? log->log_end_offset()
          : *bound == ReadBound::last_stable     ? log->last_stable_offset()
                                                 : log->high_watermark();
    // A new leader knows only after a round of fetches that all of what it has is committed.
    lagging = bound && as_leader() && as_leader()->epoch_start > log->high_watermark();
    if (timestamp == kLatest) {
      if (lagging) return refuse(ErrorCode::offset_not_available);
      return std::optional(TimestampOffset{.offset = end, .leader_epoch = leader_epoch_});
    }
  }
  if (timestamp == kEarliest || timestamp == kEarliestLocal) {
    const int64_t start = log->log_start_offset();
    return std::optional(TimestampOffset{.offset = start, .leader_epoch = log->epoch_for_offset(start)});
  }
  if (timestamp == kLatestTiered) return std::optional(TimestampOffset{});
  auto found = timestamp == kMaxTimestamp ? log->offset_of_max_timestamp() : log->offset_for_timestamp(timestamp);
  if (!found) return found;
  if (*found && (*found)->offset < end) return found;
  if (lagging) return refuse(ErrorCode::offset_not_available);
  return std::optional<TimestampOffset>{};
}

}  // namespace meerkat::replica
