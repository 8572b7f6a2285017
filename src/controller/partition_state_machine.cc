#include "controller/partition_state_machine.h"

#include <glog/logging.h>

#include <algorithm>
#include <set>

namespace meerkat::controller {

ElectionPlan plan_elections(const Context& context, std::span<const TopicPartition> partitions, Strategy strategy,
                            const std::function<bool(const std::string& topic)>& unclean) {
  ElectionPlan plan;
  for (const auto& tp : partitions) {
    const Partition* partition = context.find(tp);
    if (partition == nullptr || partition->state == PartitionState::fresh) continue;
    if (!partition->leadership || !may_become(partition->state, PartitionState::online)) {
      plan.failed.push_back(tp);
      continue;
    }
    Ballot ballot = ballot_for(context, tp, strategy);
    if (strategy == Strategy::offline && std::all_of(ballot.current->isr.begin(), ballot.current->isr.end(),
                                                     [&](int32_t b) { return context.is_lost(b, tp); })) {
      ballot.unclean_allowed = unclean(tp.topic);
    }
    auto elected = elect(strategy, ballot);
    if (!elected) {
      plan.failed.push_back(tp);
      continue;
    }
    elected->leadership.controller_epoch = context.epoch;
    plan.writes.push_back({tp, std::move(elected->leadership), std::move(elected->recipients), false});
  }
  return plan;
}

ElectionPlan plan_first_elections(const Context& context, std::span<const TopicPartition> partitions) {
  ElectionPlan plan;
  for (const auto& tp : partitions) {
    const Partition* partition = context.find(tp);
    if (partition == nullptr || partition->state != PartitionState::fresh) continue;
    auto first = first_leadership(partition->assignment, [&](int32_t broker) { return context.is_online(broker, tp); });
    if (!first) {
      plan.failed.push_back(tp);
      continue;
    }
    first->controller_epoch = context.epoch;
    auto recipients = first->isr;
    plan.writes.push_back({tp, std::move(*first), std::move(recipients), true});
  }
  return plan;
}

std::vector<std::string> topics_without_live_isr(const Context& context, std::span<const TopicPartition> partitions) {
  std::set<std::string> topics;
  for (const auto& tp : partitions) {
    const Partition* partition = context.find(tp);
    if (partition == nullptr || !partition->leadership) continue;
    const auto& isr = partition->leadership->isr;
    if (std::all_of(isr.begin(), isr.end(), [&](int32_t b) { return context.is_lost(b, tp); })) {
      topics.insert(tp.topic);
    }
  }
  return {topics.begin(), topics.end()};
}

void apply_election(Context& context, ControlRequests& requests, const StateWrite& written, int32_t partition_epoch) {
  Partition* partition = context.find(written.partition);
  if (partition == nullptr) return;
  partition->leadership = written.next;
  partition->leadership->partition_epoch = partition_epoch;
  partition->state = PartitionState::online;
  requests.leader_and_isr(written.recipients, written.partition, written.is_new);
}

void move_partitions(Context& context, std::span<const TopicPartition> partitions, PartitionState to) {
  for (const auto& tp : partitions) {
    Partition* partition = context.find(tp);
    if (partition == nullptr) continue;
    if (!may_become(partition->state, to)) {
      LOG(ERROR) << "Partition " << tp.to_string() << " is " << name(partition->state) << " and cannot become "
                 << name(to) << "; it is left as it is.";
      continue;
    }
    partition->state = to;
  }
}

void initialize_partition_states(Context& context) {
  for (auto& [topic_name, topic] : context.topics) {
    for (auto& [number, partition] : topic.partitions) {
      if (!partition.leadership) {
        partition.state = PartitionState::fresh;
      } else {
        partition.state = context.is_online(partition.leadership->leader, {topic_name, number})
                              ? PartitionState::online
                              : PartitionState::offline;
      }
    }
  }
}

std::vector<TopicPartition> partitions_with_offline_leader(const Context& context) {
  return context.partitions_where([&](const TopicPartition& tp, const Partition& partition) {
    return partition.leadership && context.is_lost(partition.leadership->leader, tp) &&
           !context.queued_for_deletion(tp.topic);
  });
}

std::vector<TopicPartition> partitions_without_leader(const Context& context, const std::string& topic) {
  return context.partitions_where([&](const TopicPartition& tp, const Partition& partition) {
    return (topic.empty() || tp.topic == topic) &&
           (partition.state == PartitionState::fresh || partition.state == PartitionState::offline) &&
           !context.queued_for_deletion(tp.topic);
  });
}

}  // namespace meerkat::controller
