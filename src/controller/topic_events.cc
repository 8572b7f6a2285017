#include "controller/topic_events.h"

#include <glog/logging.h>

#include <set>

#include "controller/reassignment.h"
#include "controller/replica_state_machine.h"
#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

void create_partitions(Term& term, const std::vector<TopicPartition>& partitions) {
  std::vector<Replica> replicas;
  for (const auto& tp : partitions) {
    for (int32_t broker : term.context.find(tp)->assignment.replicas) replicas.push_back({tp, broker});
  }
  move_partitions(term.context, partitions, PartitionState::fresh);
  move_replicas_to_new(term.context, term.requests, replicas);
  elect_leaders(term, partitions, Strategy::offline);
  move_replicas_to_online(term.context, term.requests, replicas);
  term.flush();
}

Assignment assignment_of(const zk::TopicAssignment& node, int32_t partition) {
  const auto of = [&](const std::map<int32_t, std::vector<int32_t>>& lists) {
    const auto it = lists.find(partition);
    return it == lists.end() ? std::vector<int32_t>{} : it->second;
  };
  return {of(node.partitions), of(node.adding_replicas), of(node.removing_replicas)};
}

// Writes a new id into a topic's node; reads again when somebody else has written meanwhile.
void give_id(Term& term, Store::TopicNode& node) {
  while (!node.assignment.topic_id && !term.store.lost()) {
    node.assignment.topic_id = Uuid::random();
    if (term.store.write_topic_if(node)) return;
    auto again = term.store.read_topics(std::span(&node.topic, 1));
    if (again.empty()) return;
    node = std::move(again.front());
  }
}

}  // namespace

void add_topics(Term& term, std::vector<Store::TopicNode> nodes) {
  for (auto& node : nodes) {
    give_id(term, node);
    if (term.store.lost()) return;
    Topic& topic = term.context.topics[node.topic];
    term.context.set_topic_id(node.topic, node.assignment.topic_id.value_or(Uuid{}));
    for (const auto& [number, replicas] : node.assignment.partitions) {
      Partition& partition = topic.partitions[number];
      partition.assignment = assignment_of(node.assignment, number);
      if (partition.assignment.reassigning()) term.context.reassigning.insert({node.topic, number});
    }
  }
}

void on_topics_changed(Term& term) {
  const auto children = term.store.read_children(zk::paths::kTopics);
  if (term.store.lost()) return;
  const std::set<std::string> there(children.begin(), children.end());
  std::vector<std::string> gone;
  for (const auto& [name, topic] : term.context.topics) {
    if (!there.contains(name)) gone.push_back(name);
  }
  for (const auto& name : gone) {
    term.watcher.unwatch_topic(name);
    term.context.remove_topic(name);
  }
  std::vector<std::string> created;
  for (const auto& name : there) {
    if (!term.context.topics.contains(name)) created.push_back(name);
  }
  if (created.empty()) return;
  for (const auto& name : created) term.watcher.watch_topic(name);
  add_topics(term, term.store.read_topics(created));
  std::vector<TopicPartition> partitions;
  for (const auto& name : created) {
    for (auto& tp : term.context.partitions_of(name)) partitions.push_back(std::move(tp));
  }
  LOG(INFO) << created.size() << " new topics with " << partitions.size() << " partitions.";
  create_partitions(term, partitions);
}

void on_topic_modified(Term& term, const std::string& topic) {
  const auto nodes = term.store.read_topics(std::span(&topic, 1));
  const auto known = term.context.topics.find(topic);
  if (term.store.lost() || nodes.empty() || known == term.context.topics.end()) return;
  const auto& node = nodes.front().assignment;
  std::vector<TopicPartition> added;
  for (const auto& [number, replicas] : node.partitions) {
    if (!known->second.partitions.contains(number)) added.push_back({topic, number});
  }
  if (added.empty()) return;
  if (term.context.queued_for_deletion(topic)) {
    LOG(WARNING) << "Topic " << topic << " is being deleted; the partitions added to it are taken back.";
    term.store.write_topic(topic, topic_node(known->second));
    return;
  }
  for (const auto& tp : added) known->second.partitions[tp.partition].assignment = assignment_of(node, tp.partition);
  LOG(INFO) << "Topic " << topic << " has " << added.size() << " new partitions.";
  create_partitions(term, added);
}

}  // namespace meerkat::controller
