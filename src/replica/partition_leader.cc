// The leader's side: appends, what followers have, the high watermark, the ISR.
#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_join.h"
#include "replica/high_watermark.h"
#include "replica/partition.h"
#include "storage/log_config.h"

namespace meerkat::replica {

using wire::ErrorCode;
using wire::Outcome;
using wire::refuse;

Outcome<storage::Log*> Partition::appendable_log(int16_t acks) const {
  auto log = checked_log(-1, true);
  if (!log || acks != -1) return log;
  const auto& isr = as_leader()->isr.committed();
  if (isr.size() >= static_cast<size_t>(min_isr())) return log;
  return refuse(ErrorCode::not_enough_replicas,
                name_.to_string() + " has in sync only the replicas [" + absl::StrJoin(isr, ",") +
                    "], fewer than min.insync.replicas=" + std::to_string(min_isr()) +
                    "; nothing was written. Bring its brokers back, or lower min.insync.replicas");
}

Outcome<std::shared_ptr<const storage::LogConfig>> Partition::check_append(int16_t acks) const {
  ReadLock lock(mutex_);
  auto log = appendable_log(acks);
  if (!log) return log.failure();
  return (*log)->config();
}

Outcome<LeaderAppend> Partition::append(record::AppendPlan& plan, int16_t acks, record::AppendOrigin origin,
                                        Effects& effects, storage::VerificationGuard guard, int32_t leader_epoch) {
  PlannedAppend append{.plan = &plan, .acks = acks, .guard = guard};
  this->append({&append, 1}, origin, effects, leader_epoch);
  return std::move(append.outcome);
}

void Partition::append(std::span<PlannedAppend> appends, record::AppendOrigin origin, Effects& effects,
                       int32_t leader_epoch) {
  absl::InlinedVector<storage::GatheredAppend, 5> gathered;
  absl::InlinedVector<PlannedAppend*, 5> admitted;
  ReadLock lock(mutex_);
  storage::Log* log = nullptr;
  for (PlannedAppend& append : appends) {
    auto found = appendable_log(append.acks);
    if (!found) {
      append.outcome = found.failure();
    } else if (leader_epoch >= 0 && leader_epoch != leader_epoch_) {
      append.outcome = refuse(ErrorCode::not_leader_or_follower);
    } else {
      log = *found;
      gathered.push_back({.plan = append.plan, .guard = append.guard});
      admitted.push_back(&append);
    }
  }
  if (!log) return;
  log->append_as_leader({gathered.data(), gathered.size()}, leader_epoch_, origin);
  bool appended = false;
  for (size_t i = 0; i < gathered.size(); ++i) {
    const auto& info = gathered[i].outcome;
    if (!info) {
      admitted[i]->outcome = info.failure();
      continue;
    }
    appended = true;
    if (!info->duplicate && !gathered[i].plan->empty()) effects.progress |= progress::kLogEnd;
    admitted[i]->outcome = LeaderAppend{*info, leader_epoch_, admitted[i]->acks == -1};
  }
  if (appended && advance_high_watermark(*log)) effects.progress |= progress::kHighWatermark;
}

Outcome<AckState> Partition::ack_state(const LeaderAppend& append) const {
  ReadLock lock(mutex_);
  auto log = checked_log(-1, true);
  if (!log) return log.failure();
  if (append.leader_epoch < as_leader()->since_epoch) return refuse(ErrorCode::not_leader_or_follower);
  if (append.flush_wanted && (*log)->recovery_point() <= append.last_offset) return AckState::waiting;
  if (!append.wait_for_replicas) return AckState::done;
  if ((*log)->high_watermark() <= append.last_offset) return AckState::waiting;
  const bool enough = as_leader()->isr.maximal_size() >= static_cast<size_t>(min_isr());
  return enough ? AckState::done : AckState::not_enough_replicas;
}

Effects Partition::on_flushed() {
  ReadLock lock(mutex_);
  if (!log_ || as_leader() == nullptr) return {};
  advance_high_watermark(*log_);
  return {.progress = progress::kHighWatermark};
}

bool Partition::advance_high_watermark(storage::Log& log) {
  // Nobody else to wait for, and a single replica always satisfies min.insync.replicas.
  if (replicas_.size() <= 1) return log.advance_high_watermark(log.acknowledgeable_end());
  MutexLock remotes_lock(remotes_mutex_);
  return advance_high_watermark_locked(log);
}

bool Partition::advance_high_watermark_locked(storage::Log& log) {
  const int64_t candidate = high_watermark_candidate({.leader_end = log.acknowledgeable_end(),
                                                      .remotes = remotes_,
                                                      .isr = &as_leader()->isr,
                                                      .min_isr = min_isr(),
                                                      .now_ms = env_.clock->mono_ms(),
                                                      .max_lag_ms = env_.replica_lag_time_max_ms,
                                                      .eligible = &env_.eligible});
  return candidate > log.high_watermark() && log.advance_high_watermark(candidate);
}

// ---- Followers

Outcome<bool> Partition::is_assigned_follower(const ReadRequest& request) const {
  const bool assigned = request.replica_id != env_.broker_id &&
                        std::find(replicas_.begin(), replicas_.end(), request.replica_id) != replicas_.end();
  if (assigned) return true;
  // It has seen a newer assignment than we have.
  if (request.current_leader_epoch >= 0) return refuse(ErrorCode::unknown_leader_epoch);
  return refuse(ErrorCode::not_leader_or_follower);
}

Effects Partition::on_follower_fetch(storage::Log& log, const ReadRequest& request, int64_t leader_end,
                                     bool* want_expand) {
  MutexLock remotes_lock(remotes_mutex_);
  auto remote =
      std::find_if(remotes_.begin(), remotes_.end(), [&](const auto& r) { return r.id == request.replica_id; });
  const RemoteReplica before = *remote;
  remote->fetched(request.offset, request.replica_log_start, env_.clock->mono_ms(), leader_end, request.replica_epoch);
  Effects effects;
  *want_expand = may_join(*as_leader(), *remote, log);
  if (remote->log_end_offset != before.log_end_offset && advance_high_watermark_locked(log)) {
    effects.progress |= progress::kHighWatermark;
  }
  if (remote->log_start_offset > before.log_start_offset) effects.progress |= progress::kLowWatermark;
  return effects;
}

bool Partition::may_join(const Leader& leader, const RemoteReplica& replica, const storage::Log& log) const {
  return !leader.isr.in_flight() && !leader.isr.in_committed(replica.id) &&
         replica.log_end_offset >= std::max(log.high_watermark(), leader.epoch_start) && env_.eligible(replica.id);
}

int64_t Partition::low_watermark_locked(const storage::Log& log) const {
  int64_t lowest = log.log_start_offset();
  for (const auto& remote : remotes_) {
    if (env_.eligible(remote.id)) lowest = std::min(lowest, remote.log_start_offset);
  }
  return lowest;
}

// ---- ISR

IsrProposal Partition::proposal_of(std::vector<int32_t> isr) const {
  return {.partition = name_,
          .topic_id = topic_id_,
          .leader_epoch = leader_epoch_,
          .partition_epoch = partition_epoch_,
          .isr = std::move(isr)};
}

Effects Partition::expand_isr(int32_t replica) {
  WriteLock lock(mutex_);
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || !log_) return {};
  MutexLock remotes_lock(remotes_mutex_);
  auto remote = std::find_if(remotes_.begin(), remotes_.end(), [&](const auto& r) { return r.id == replica; });
  if (remote == remotes_.end() || !may_join(*leader, *remote, *log_)) return {};
  return {.proposal = proposal_of(leader->isr.expand(replica))};
}

Effects Partition::shrink_isr() {
  {
    ReadLock lock(mutex_);
    if (!as_leader() || as_leader()->isr.committed().size() <= 1) return {};
  }
  WriteLock lock(mutex_);
  auto* leader = std::get_if<Leader>(&role_);
  if (!leader || !log_ || leader->isr.in_flight()) return {};
  MutexLock remotes_lock(remotes_mutex_);
  std::vector<int32_t> leaving;
  for (const auto& remote : remotes_) {
    const bool caught_up =
        remote.caught_up(log_->log_end_offset(), env_.clock->mono_ms(), env_.replica_lag_time_max_ms);
    if (!caught_up && leader->isr.in_committed(remote.id)) leaving.push_back(remote.id);
  }
  if (leaving.empty()) return {};
  return {.proposal = proposal_of(leader->isr.shrink(std::move(leaving)))};
}

Effects Partition::on_isr_answer(const IsrProposal& proposal, const Outcome<CommittedIsr>& answer) {
  WriteLock lock(mutex_);
  auto* leader = std::get_if<Leader>(&role_);
  const bool ours = leader && log_ && leader->isr.in_flight() && proposal.leader_epoch == leader_epoch_ &&
                    proposal.partition_epoch == partition_epoch_ && leader->isr.proposed() == proposal.isr;
  if (!ours) return {};
  if (!answer) {
    switch (answer.error().code) {
      case ErrorCode::operation_not_attempted:
      case ErrorCode::ineligible_replica:
        leader->isr.revert();
        return {};
      case ErrorCode::unknown_topic_or_partition:
      case ErrorCode::unknown_topic_id:
      case ErrorCode::fenced_leader_epoch:
      case ErrorCode::invalid_update_version:
      case ErrorCode::invalid_request:
      case ErrorCode::new_leader_elected:
        // The controller knows better; its next LeaderAndIsr or UpdateMetadata tells what.
        return {};
      default:
        return {.proposal = proposal};
    }
  }
  if (answer->leader_epoch != leader_epoch_ || answer->partition_epoch < partition_epoch_) return {};
  return commit_isr(answer->isr, answer->partition_epoch);
}

Effects Partition::on_controller_view(int32_t leader_epoch, int32_t partition_epoch, const std::vector<int32_t>& isr) {
  const auto is_news = [&] {
    return as_leader() && log_ && leader_epoch == leader_epoch_ && partition_epoch > partition_epoch_;
  };
  {
    ReadLock lock(mutex_);
    if (!is_news()) return {};
  }
  WriteLock lock(mutex_);
  if (!is_news()) return {};
  return commit_isr(isr, partition_epoch);
}

Effects Partition::commit_isr(const std::vector<int32_t>& isr, int32_t partition_epoch) {
  std::get<Leader>(role_).isr.commit(isr);
  partition_epoch_ = partition_epoch;
  Effects effects{.progress = progress::kLeadership};
  MutexLock remotes_lock(remotes_mutex_);
  if (advance_high_watermark_locked(*log_)) effects.progress |= progress::kHighWatermark;
  return effects;
}

// ---- DeleteRecords

Outcome<int64_t> Partition::delete_records(int64_t offset, Effects& effects) {
  ReadLock lock(mutex_);
  auto log = checked_log(-1, true);
  if (!log) return log.failure();
  if (!(*log)->config()->cleanup_delete) {
    return refuse(ErrorCode::policy_violation,
                  name_.to_string() + " is only compacted: cleanup.policy must contain delete to delete records");
  }
  const int64_t target = offset == -1 ? (*log)->high_watermark() : offset;
  if (target < 0) return refuse(ErrorCode::offset_out_of_range);
  if (auto moved = (*log)->delete_records(target); !moved) return moved;
  effects.progress |= progress::kLowWatermark;
  return target;
}

Outcome<int64_t> Partition::low_watermark() const {
  ReadLock lock(mutex_);
  auto log = checked_log(-1, true);
  if (!log) return log.failure();
  MutexLock remotes_lock(remotes_mutex_);
  return low_watermark_locked(**log);
}

}  // namespace meerkat::replica
