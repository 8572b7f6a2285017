// Records of the broker's own (coordinator records, transaction markers) on their way into a log.
#include <chrono>
#include <memory>
#include <utility>

#include "record/validate.h"
#include "replica/append_rules.h"
#include "replica/produce.h"

namespace meerkat::replica {

using wire::ErrorCode;

namespace {

constexpr int16_t kAcksAll = -1;

/// Validates and appends records of the broker's own.
Result<LeaderAppend, record::Refusal> append_one(ReplicaContext& context, const std::shared_ptr<Partition>& partition,
                                                 MutableBytes records, int16_t acks, storage::VerificationGuard guard,
                                                 int32_t leader_epoch) {
  constexpr auto origin = record::AppendOrigin::coordinator;
  const auto refusal = [](const wire::Failure& failure) {
    return Fail<record::Refusal>({failure.code, failure.message, {}});
  };
  auto config = partition->check_append(acks);
  if (!config) return refusal(config.error());
  auto plan = record::validate(records, rules_for(**config, origin, context.clock.wall_ms()));
  if (!plan) return plan.failure();
  Effects effects;
  auto info = partition->append(*plan, acks, origin, effects, guard, leader_epoch);
  settle(context, partition, std::move(effects));
  if (!info) return refusal(info.error());
  return *info;
}

/// One partition's own records on their way to all in-sync replicas.
class OwnAppend : public DelayedOperation {
 public:
  OwnAppend(std::shared_ptr<Partition> partition, LeaderAppend info, Callback<wire::Outcome<storage::AppendInfo>> done)
      : partition_(std::move(partition)), info_(info), done_(std::move(done)) {}

  bool try_complete() override {
    auto state = partition_->ack_state(info_);
    if (state && *state == AckState::waiting) return false;
    if (!state) {
      done_(state.failure());
    } else if (*state == AckState::not_enough_replicas) {
      done_(wire::refuse(ErrorCode::not_enough_replicas_after_append));
    } else {
      done_(storage::AppendInfo(info_));
    }
    return true;
  }
  void expire() override { done_(wire::refuse(ErrorCode::request_timed_out)); }

 private:
  std::shared_ptr<Partition> partition_;
  LeaderAppend info_;
  Callback<wire::Outcome<storage::AppendInfo>> done_;
};

void wait(ReplicaContext& context, const RequestContext& who, std::unique_ptr<OwnAppend> append,
          const std::shared_ptr<Partition>& partition, std::chrono::milliseconds timeout) {
  if (append->try_complete()) return;
  const Watch watch{std::shared_ptr<WaitPoint>(partition, &partition->waiters()),
                    progress::kHighWatermark | progress::kLeadership};
  context.purgatories.of(*who.loop).wait(std::move(append), {&watch, 1}, timeout);
}

}  // namespace

void append_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& name, MutableBytes batches,
                std::chrono::milliseconds timeout, Callback<wire::Outcome<storage::AppendInfo>> done, int16_t acks,
                storage::VerificationGuard guard, int32_t leader_epoch) {
  const auto map = context.partitions.current();
  auto partition = hosted_partition(context, *map, name.topic, name.partition);
  if (!partition) {
    done(partition.failure());
    return;
  }
  auto info = append_one(context, *partition, batches, acks, guard, leader_epoch);
  if (!info) {
    done(wire::refuse(info.error().code, info.error().message));
    return;
  }
  if (acks != kAcksAll && !info->flush_wanted) return done(storage::AppendInfo(*info));
  wait(context, who, std::make_unique<OwnAppend>(*partition, *info, std::move(done)), *partition, timeout);
}

void await_replicas_of_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& name,
                           std::chrono::milliseconds timeout, Callback<wire::Outcome<void>> done,
                           int32_t leader_epoch) {
  const auto map = context.partitions.current();
  auto partition = hosted_partition(context, *map, name.topic, name.partition);
  if (!partition) return done(partition.failure());
  auto log = (*partition)->readable_log(true);
  if (!log) return done(log.failure());
  LeaderAppend all;
  all.last_offset = (*log)->log_end_offset() - 1;
  all.leader_epoch = leader_epoch;
  if ((*partition)->leader_epoch() != leader_epoch) return done(wire::refuse(ErrorCode::not_leader_or_follower));
  auto on_end = [done = std::move(done)](const wire::Outcome<storage::AppendInfo>& info) mutable {
    // All that are in sync have it; that they are few is no matter of records that are there.
    if (info || info.error().code == ErrorCode::not_enough_replicas_after_append) return done({});
    done(info.failure());
  };
  wait(context, who, std::make_unique<OwnAppend>(*partition, all, std::move(on_end)), *partition, timeout);
}

}  // namespace meerkat::replica
