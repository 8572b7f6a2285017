#include "controller/replica_state_machine.h"

#include <glog/logging.h>

#include <array>

namespace meerkat::controller {
namespace {

// The partition, if the replica may move to `to`; logs otherwise.
Partition* movable(Context& context, const Replica& replica, ReplicaState to) {
  Partition* partition = context.find(replica.partition);
  if (partition == nullptr) return nullptr;
  const ReplicaState from = partition->replica_state(replica.broker);
  if (may_become(from, to)) return partition;
  LOG(ERROR) << "Replica of " << replica.partition.to_string() << " on broker " << replica.broker << " is "
             << name(from) << " and cannot become " << name(to) << "; it is left as it is.";
  return nullptr;
}

}  // namespace

void move_replicas_to_new(Context& context, ControlRequests& requests, std::span<const Replica> replicas) {
  for (const auto& replica : replicas) {
    Partition* partition = movable(context, replica, ReplicaState::fresh);
    if (partition == nullptr) continue;
    if (partition->leadership) {
      if (partition->leadership->leader == replica.broker) {
        LOG(ERROR) << "Broker " << replica.broker << " leads " << replica.partition.to_string()
                   << " already and cannot be a new replica of it.";
        continue;
      }
      requests.leader_and_isr(std::array{replica.broker}, replica.partition, true);
    }
    partition->set_replica_state(replica.broker, ReplicaState::fresh);
  }
}

void move_replicas_to_online(Context& context, ControlRequests& requests, std::span<const Replica> replicas) {
  for (const auto& replica : replicas) {
    Partition* partition = movable(context, replica, ReplicaState::online);
    if (partition == nullptr) continue;
    const bool is_new = partition->replica_state(replica.broker) == ReplicaState::fresh;
    if (!is_new && partition->leadership) {
      requests.leader_and_isr(std::array{replica.broker}, replica.partition, false);
    }
    partition->set_replica_state(replica.broker, ReplicaState::online);
  }
}

std::vector<StateWrite> move_replicas_to_offline(Context& context, ControlRequests& requests,
                                                 std::span<const Replica> replicas) {
  std::vector<StateWrite> writes;
  for (const auto& replica : replicas) {
    Partition* partition = movable(context, replica, ReplicaState::offline);
    if (partition == nullptr) continue;
    requests.stop_replica(replica.broker, replica.partition, false, context);
    partition->set_replica_state(replica.broker, ReplicaState::offline);
    if (context.queued_for_deletion(replica.partition.topic)) continue;
    requests.metadata_to_all(replica.partition);
    for (auto& write : plan_isr_removals(context, replica.broker, std::array{replica.partition})) {
      writes.push_back(std::move(write));
    }
  }
  return writes;
}

std::vector<StateWrite> plan_isr_removals(const Context& context, int32_t broker,
                                          std::span<const TopicPartition> partitions) {
  std::vector<StateWrite> writes;
  for (const auto& tp : partitions) {
    const Partition* partition = context.find(tp);
    if (partition == nullptr || !partition->leadership) continue;
    auto next = without_replica(*partition->leadership, broker);
    if (!next) continue;
    next->controller_epoch = context.epoch;
    auto recipients = partition->assignment.without(broker).replicas;
    writes.push_back({tp, std::move(*next), std::move(recipients), false});
  }
  return writes;
}

void apply_isr_removal(Context& context, ControlRequests& requests, const StateWrite& written,
                       int32_t partition_epoch) {
  Partition* partition = context.find(written.partition);
  if (partition == nullptr) return;
  partition->leadership = written.next;
  partition->leadership->partition_epoch = partition_epoch;
  requests.leader_and_isr(written.recipients, written.partition, false);
}

void move_replicas_to_deletion_started(Context& context, ControlRequests& requests, std::span<const Replica> replicas) {
  for (const auto& replica : replicas) {
    Partition* partition = movable(context, replica, ReplicaState::deletion_started);
    if (partition == nullptr) continue;
    partition->set_replica_state(replica.broker, ReplicaState::deletion_started);
    requests.stop_replica(replica.broker, replica.partition, true, context);
  }
}

void move_replicas(Context& context, std::span<const Replica> replicas, ReplicaState to) {
  for (const auto& replica : replicas) {
    Partition* partition = movable(context, replica, to);
    if (partition == nullptr) continue;
    partition->set_replica_state(replica.broker, to);
    if (to == ReplicaState::non_existent) partition->assignment = partition->assignment.without(replica.broker);
  }
}

void initialize_replica_states(Context& context) {
  for (auto& [topic_name, topic] : context.topics) {
    for (auto& [number, partition] : topic.partitions) {
      for (int32_t broker : partition.assignment.replicas) {
        const bool online = context.is_online(broker, {topic_name, number});
        partition.set_replica_state(broker, online ? ReplicaState::online : ReplicaState::deletion_ineligible);
      }
    }
  }
}

}  // namespace meerkat::controller
