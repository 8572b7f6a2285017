#include "controller/failover.h"

#include <glog/logging.h>

#include "controller/deletion.h"
#include "controller/deletion_events.h"
#include "controller/election_events.h"
#include "controller/guess.h"
#include "controller/reassignment_events.h"
#include "controller/replica_state_machine.h"
#include "controller/topic_events.h"
#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

// Feature versioning is on from inter-broker protocol 2.7; there is no feature to finalize in ZooKeeper mode.
void enable_features(Term& term) {
  const auto data = term.store.read_data(zk::paths::kFeature);
  if (data) {
    const auto node = zk::decode_features(*data);
    if (node && node->enabled) return;
  }
  term.store.put(zk::paths::kFeature, zk::encode(zk::FeatureNode{}));
}

// Their reason is void: all states are read afresh now.
void delete_notifications(Term& term, const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& child : term.store.read_children(folder)) paths.push_back(folder + "/" + child);
  if (!paths.empty()) term.store.remove(std::move(paths));
}

void load_brokers(Term& term) {
  for (const auto& child : term.store.read_children(zk::paths::kBrokerIds)) {
    if (const auto id = zk::paths::parse_id(child)) term.watcher.watch_broker(*id);
  }
  term.context.brokers = term.store.read_brokers();
  for (const auto& [id, broker] : term.context.brokers) term.channels.add(broker);
}

void load_leadership(Term& term) {
  const auto partitions = term.context.partitions_where([](const auto&, const auto&) { return true; });
  std::vector<std::optional<Leadership>> guesses(partitions.size());
  if (const auto image = term.own_broker.last_metadata()) {
    for (size_t i = 0; i < partitions.size(); ++i) {
      guesses[i] = guess_leadership(*image, partitions[i], term.context.topics.find(partitions[i].topic)->second.id);
    }
  }
  auto states = term.store.confirm_states(partitions, std::move(guesses));
  if (term.store.lost()) return;
  for (size_t i = 0; i < partitions.size(); ++i) term.context.find(partitions[i])->leadership = std::move(states[i]);
}

void load_topics(Term& term) {
  const auto topics = term.store.read_children(zk::paths::kTopics);
  for (const auto& topic : topics) term.watcher.watch_topic(topic);
  add_topics(term, term.store.read_topics(topics));
  load_leadership(term);
}

void load_deletions(Term& term) {
  auto marked = term.store.read_children(zk::paths::kDeleteTopics);
  if (!term.settings.delete_topic_enable) {
    for (auto& topic : marked) topic = zk::paths::delete_topic(topic);
    if (!marked.empty()) term.store.remove(std::move(marked));
    return;
  }
  term.context.topics_to_delete.insert(marked.begin(), marked.end());
  for (auto& topic : topics_ineligible_for_deletion(term.context)) {
    term.context.deletion_ineligible.insert(std::move(topic));
  }
}

}  // namespace

void begin_term(Term& term) {
  Context& context = term.context;
  context.epoch = term.store.lease().epoch;
  context.epoch_zk_version = term.store.lease().epoch_zk_version;
  enable_features(term);
  delete_notifications(term, zk::paths::kLogDirEventNotification);
  delete_notifications(term, zk::paths::kIsrChangeNotification);
  load_brokers(term);
  load_topics(term);
  load_deletions(term);
  if (term.store.lost()) return;
  size_t partitions = 0;
  context.for_each([&](const auto&, const auto&) { ++partitions; });
  LOG(INFO) << "Controller of epoch " << context.epoch << " has read " << context.brokers.size() << " brokers, "
            << context.topics.size() << " topics, " << partitions << " partitions.";

  // Brokers need to know who is alive before they can follow a leader.
  term.requests.metadata_to_all();
  term.flush();
  initialize_replica_states(context);
  initialize_partition_states(context);
  // Replicas of topics that are being deleted are left to the deletion, or they would be made anew.
  std::vector<Replica> online;
  std::vector<Replica> offline;
  context.for_each([&](const TopicPartition& tp, const Partition& partition) {
    if (context.queued_for_deletion(tp.topic)) return;
    for (int32_t broker : partition.assignment.replicas) {
      (context.is_online(broker, tp) ? online : offline).push_back({tp, broker});
    }
  });
  move_replicas_to_online(context, term.requests, online);
  elect_missing_leaders(term);
  take_replicas_offline(term, offline);
  term.flush();

  const auto begun = on_reassignment_node(term);
  resume_reassignments(term, {}, begun);
  advance_deletions(term);
  on_preferred_election_node(term);
}

Snapshot snapshot_of(const Context& context) {
  Snapshot out;
  out.active = true;
  out.epoch = context.epoch;
  out.topics = static_cast<int64_t>(context.topics.size());
  out.live_brokers = static_cast<int64_t>(context.brokers.size());
  out.topics_to_delete = static_cast<int64_t>(context.topics_to_delete.size());
  out.topics_ineligible_to_delete = static_cast<int64_t>(context.deletion_ineligible.size());
  for (const auto& [name, topic] : context.topics) {
    const bool deleting = context.queued_for_deletion(name);
    for (const auto& [number, partition] : topic.partitions) {
      if (partition.leadership) ++out.partitions;
      if (deleting) {
        for (int32_t broker : partition.assignment.replicas) {
          const ReplicaState state = partition.replica_state(broker);
          if (state != ReplicaState::deletion_successful) ++out.replicas_to_delete;
          if (state == ReplicaState::deletion_ineligible) ++out.replicas_ineligible_to_delete;
        }
      } else {
        if (partition.state == PartitionState::offline) ++out.offline_partitions;
        if (!has_preferred_leader(partition)) ++out.preferred_replica_imbalance;
      }
    }
  }
  return out;
}

}  // namespace meerkat::controller
