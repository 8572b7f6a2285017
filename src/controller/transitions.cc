#include "controller/transitions.h"

#include <glog/logging.h>

#include <map>
#include <set>

#include "controller/partition_state_machine.h"
#include "controller/replica_state_machine.h"

namespace meerkat::controller {
namespace {

// Writes states and applies those that went through with `apply`; returns the partitions that had changed meanwhile.
template <class Apply>
std::vector<TopicPartition> write_and_apply(Term& term, const std::vector<StateWrite>& writes, Apply apply,
                                            std::vector<TopicPartition>* failed) {
  std::vector<TopicPartition> again;
  const auto written = term.store.write_states(writes);
  for (size_t i = 0; i < writes.size(); ++i) {
    if (written[i].code == zk::Code::ok) {
      apply(writes[i], written[i].partition_epoch);
    } else if (written[i].code == zk::Code::bad_version) {
      again.push_back(writes[i].partition);
    } else {
      if (!term.store.lost()) {
        LOG(ERROR) << "Cannot write the state of partition " << writes[i].partition.to_string() << ": "
                   << zk::name(written[i].code);
      }
      if (failed != nullptr) failed->push_back(writes[i].partition);
    }
  }
  refresh_leadership(term, again);
  return again;
}

// First leaderships. Returns partitions that turn out to have a state in ZooKeeper already: they are to be re-elected.
std::vector<TopicPartition> elect_first_leaders(Term& term, const std::vector<TopicPartition>& partitions,
                                                ElectionResult& result) {
  auto plan = plan_first_elections(term.context, partitions);
  for (const auto& tp : plan.failed) {
    LOG(WARNING) << "No replica of new partition " << tp.to_string() << " is alive: it stays without a leader.";
  }
  result.failed.insert(result.failed.end(), plan.failed.begin(), plan.failed.end());
  std::vector<TopicPartition> existing;
  const auto written = term.store.create_states(plan.writes);
  for (size_t i = 0; i < plan.writes.size(); ++i) {
    const auto& tp = plan.writes[i].partition;
    if (written[i].code == zk::Code::ok) {
      apply_election(term.context, term.requests, plan.writes[i], written[i].partition_epoch);
      result.elected.push_back(tp);
    } else if (written[i].code == zk::Code::node_exists) {
      existing.push_back(tp);
    } else {
      if (!term.store.lost()) {
        LOG(ERROR) << "Cannot create the state of partition " << tp.to_string() << ": " << zk::name(written[i].code);
      }
      result.failed.push_back(tp);
    }
  }
  refresh_leadership(term, existing);
  for (const auto& tp : existing) {
    Partition* partition = term.context.find(tp);
    if (partition != nullptr && partition->leadership) partition->state = PartitionState::offline;
  }
  return existing;
}

}  // namespace

void refresh_leadership(Term& term, const std::vector<TopicPartition>& partitions) {
  auto states = term.store.read_states(partitions);
  if (term.store.lost()) return;
  for (size_t i = 0; i < partitions.size(); ++i) {
    Partition* partition = term.context.find(partitions[i]);
    if (partition != nullptr) partition->leadership = std::move(states[i]);
  }
}

ElectionResult elect_leaders(Term& term, std::vector<TopicPartition> partitions, Strategy strategy,
                             bool force_unclean) {
  ElectionResult result;
  std::vector<TopicPartition> fresh;
  std::vector<TopicPartition> remaining;
  for (auto& tp : partitions) {
    const Partition* partition = term.context.find(tp);
    if (partition == nullptr) continue;
    (partition->state == PartitionState::fresh ? fresh : remaining).push_back(std::move(tp));
  }
  for (auto& tp : elect_first_leaders(term, fresh, result)) remaining.push_back(std::move(tp));

  std::set<std::string> unclean;
  if (strategy == Strategy::offline && !force_unclean) {
    const auto topics = topics_without_live_isr(term.context, remaining);
    if (!topics.empty()) unclean = term.store.unclean_topics(topics, term.own_broker.unclean_default());
  }
  const auto is_unclean = [&](const std::string& topic) { return force_unclean || unclean.contains(topic); };
  while (!remaining.empty() && !term.store.lost()) {
    auto plan = plan_elections(term.context, remaining, strategy, is_unclean);
    result.failed.insert(result.failed.end(), plan.failed.begin(), plan.failed.end());
    remaining = write_and_apply(
        term, plan.writes,
        [&](const StateWrite& write, int32_t partition_epoch) {
          if (write.next.recovering) {
            LOG(WARNING) << "Unclean election: broker " << write.next.leader << " leads " << write.partition.to_string()
                         << " without having been in sync; records may be lost.";
          }
          apply_election(term.context, term.requests, write, partition_epoch);
          result.elected.push_back(write.partition);
        },
        &result.failed);
  }
  return result;
}

ElectionResult elect_missing_leaders(Term& term, const std::string& topic) {
  return elect_leaders(term, partitions_without_leader(term.context, topic), Strategy::offline);
}

void take_replicas_offline(Term& term, const std::vector<Replica>& replicas) {
  // A broker at a time: each write builds on the one before.
  std::map<int32_t, std::vector<Replica>> by_broker;
  for (const auto& replica : replicas) by_broker[replica.broker].push_back(replica);
  for (const auto& [broker, of_broker] : by_broker) {
    auto writes = move_replicas_to_offline(term.context, term.requests, of_broker);
    while (!writes.empty() && !term.store.lost()) {
      const auto again = write_and_apply(
          term, writes,
          [&](const StateWrite& write, int32_t partition_epoch) {
            apply_isr_removal(term.context, term.requests, write, partition_epoch);
          },
          nullptr);
      writes = plan_isr_removals(term.context, broker, again);
    }
  }
}

bool raise_leader_epoch(Term& term, const TopicPartition& tp) {
  bool done = false;
  while (!done && !term.store.lost()) {
    const Partition* partition = term.context.find(tp);
    if (partition == nullptr || !partition->leadership) return false;
    StateWrite write{tp, *partition->leadership, {}, false};
    ++write.next.leader_epoch;
    write.next.controller_epoch = term.context.epoch;
    std::vector<TopicPartition> failed;
    const auto again = write_and_apply(
        term, {write},
        [&](const StateWrite& w, int32_t partition_epoch) {
          Partition* p = term.context.find(w.partition);
          p->leadership = w.next;
          p->leadership->partition_epoch = partition_epoch;
        },
        &failed);
    if (!failed.empty()) return false;
    done = again.empty();
  }
  return done;
}

}  // namespace meerkat::controller
