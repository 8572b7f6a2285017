#include "replica/context.h"

#include <utility>

namespace meerkat::replica {

using wire::ErrorCode;

ReplicaContext::ReplicaContext(ReplicaSettings s, storage::LogManager& l, cluster::MetadataCache& m, IsrChanges& i,
                               Clock& c, const ReplicaSelector* sel)
    : settings(s),
      logs(l),
      metadata(m),
      isr_changes(i),
      clock(c),
      selector(sel),
      env{.broker_id = s.broker_id,
          .replica_lag_time_max_ms = s.replica_lag_time_max_ms,
          .clock = &c,
          .eligible = [&m](int32_t broker) { return m.image()->alive(broker); }},
      sessions(static_cast<size_t>(s.max_incremental_fetch_session_cache_slots), c),
      leader_throttle(c, s.quota_window_num, int64_t{s.quota_window_size_seconds} * 1000),
      follower_throttle(c, s.quota_window_num, int64_t{s.quota_window_size_seconds} * 1000) {}

wire::Outcome<std::shared_ptr<Partition>> hosted_partition(const ReplicaContext& context, const HostedPartitions& map,
                                                           std::string_view topic, int32_t partition) {
  if (const auto* hosted = map.find(topic, partition)) {
    if ((*hosted)->offline()) return wire::refuse(ErrorCode::kafka_storage_error);
    return *hosted;
  }
  const bool elsewhere = context.metadata.image()->partition(topic, partition) != nullptr;
  return wire::refuse(elsewhere ? ErrorCode::not_leader_or_follower : ErrorCode::unknown_topic_or_partition);
}

void settle(ReplicaContext& context, const std::shared_ptr<Partition>& partition, Effects effects) {
  if (effects.progress) partition->waiters().poke(effects.progress);
  if (!effects.proposal) return;
  auto proposal = *effects.proposal;
  context.isr_changes.submit(std::move(*effects.proposal), [&context, partition, proposal = std::move(proposal)](
                                                               const wire::Outcome<CommittedIsr>& answer) {
    settle(context, partition, partition->on_isr_answer(proposal, answer));
  });
}

void on_flushed(ReplicaContext& context, const TopicPartition& tp) {
  const auto map = context.partitions.current();
  if (const auto* hosted = map->find(tp.topic, tp.partition)) settle(context, *hosted, (*hosted)->on_flushed());
}

LeaderHint leader_hint(const ReplicaContext& context, const HostedPartitions& map, std::string_view topic,
                       int32_t partition, std::string_view listener) {
  LeaderHint hint;
  hint.metadata = context.metadata.image();
  if (const auto* hosted = map.find(topic, partition); hosted && !(*hosted)->offline()) {
    hint.leader = (*hosted)->leader();
    hint.leader_epoch = (*hosted)->leader_epoch();
  } else if (const auto* known = hint.metadata->partition(topic, partition)) {
    hint.leader = known->leader;
    hint.leader_epoch = known->leader_epoch;
  }
  hint.broker = hint.metadata->broker(hint.leader);
  if (hint.broker) hint.endpoint = hint.broker->endpoint(listener);
  return hint;
}

void shrink_isrs(ReplicaContext& context) {
  context.partitions.current()->for_each(
      [&](const std::shared_ptr<Partition>& partition) { settle(context, partition, partition->shrink_isr()); });
}

}  // namespace meerkat::replica
