#include "controller/deletion_events.h"

#include <glog/logging.h>

#include "controller/deletion.h"
#include "controller/partition_state_machine.h"
#include "controller/replica_state_machine.h"
#include "controller/transitions.h"
#include "zk/paths.h"

namespace meerkat::controller {
namespace {

void complete(Term& term, const std::string& topic) {
  // The watch goes first, or it would tell of a topic of the same name that is created right afterwards.
  term.watcher.unwatch_topic(topic);
  if (!term.store.delete_topic(topic)) return;
  term.context.remove_topic(topic);
  LOG(INFO) << "Topic " << topic << " is deleted.";
}

void start(Term& term, std::span<const std::string> topics) {
  Context& context = term.context;
  for (const auto& topic : topics) {
    const auto partitions = context.partitions_of(topic);
    if (context.deletion_started.insert(topic).second) {
      LOG(INFO) << "Deleting topic " << topic << ".";
      move_partitions(context, partitions, PartitionState::offline);
      move_partitions(context, partitions, PartitionState::non_existent);
    }
    for (const auto& tp : partitions) term.requests.metadata_to_all(tp);
  }
  term.flush();
  const auto plan = plan_deletion_start(context, topics);
  // DeletionIneligible is only reached from Offline.
  take_replicas_offline(term, plan.unreachable);
  move_replicas(context, plan.unreachable, ReplicaState::deletion_ineligible);
  take_replicas_offline(term, plan.reachable);
  term.flush();
  move_replicas_to_deletion_started(context, term.requests, plan.reachable);
  term.flush();
  for (const auto& topic : plan.halted_topics) hold_deletion(term, topic);
}

}  // namespace

void advance_deletions(Term& term) {
  if (!term.settings.delete_topic_enable) return;
  const auto plan = plan_deletions(term.context);
  for (const auto& topic : plan.complete) complete(term, topic);
  take_replicas_offline(term, plan.retry);
  term.flush();
  if (!plan.start.empty()) start(term, plan.start);
}

void on_deletion_marks_changed(Term& term) {
  const auto marked = term.store.read_children(zk::paths::kDeleteTopics);
  if (term.store.lost()) return;
  std::vector<std::string> unmark;
  for (const auto& topic : marked) {
    if (!term.context.topics.contains(topic) || !term.settings.delete_topic_enable) {
      LOG(WARNING) << "Taking back the deletion mark of topic " << topic << ": "
                   << (term.settings.delete_topic_enable ? "there is no such topic." : "delete.topic.enable is off.");
      unmark.push_back(zk::paths::delete_topic(topic));
    } else {
      term.context.topics_to_delete.insert(topic);
    }
  }
  if (!unmark.empty()) term.store.remove(std::move(unmark));
  for (const auto& tp : term.context.reassigning) hold_deletion(term, tp.topic);
  advance_deletions(term);
}

void on_replicas_deleted(Term& term, std::span<const Replica> deleted, std::span<const Replica> failed) {
  const auto expected = [&](std::span<const Replica> replicas) {
    std::vector<Replica> out;
    for (const auto& r : replicas) {
      const Partition* partition = term.context.find(r.partition);
      if (partition != nullptr && term.context.queued_for_deletion(r.partition.topic) &&
          partition->replica_state(r.broker) == ReplicaState::deletion_started) {
        out.push_back(r);
      }
    }
    return out;
  };
  move_replicas(term.context, expected(deleted), ReplicaState::deletion_successful);
  fail_deletion(term, expected(failed));
  advance_deletions(term);
}

void fail_deletion(Term& term, std::span<const Replica> replicas) {
  for (const auto& replica : replicas) {
    Partition* partition = term.context.find(replica.partition);
    if (partition == nullptr || !term.context.queued_for_deletion(replica.partition.topic)) continue;
    const ReplicaState from = partition->replica_state(replica.broker);
    if (may_become(from, ReplicaState::deletion_ineligible) || may_become(from, ReplicaState::offline)) {
      partition->set_replica_state(replica.broker, ReplicaState::deletion_ineligible);
    }
    hold_deletion(term, replica.partition.topic);
  }
}

void hold_deletion(Term& term, const std::string& topic) {
  if (!term.context.topics_to_delete.contains(topic)) return;
  if (term.context.deletion_ineligible.insert(topic).second) {
    LOG(INFO) << "Deletion of topic " << topic << " waits for offline replicas or a reassignment.";
  }
}

void resume_deletion(Term& term, const std::set<std::string>& topics) {
  bool any = false;
  for (const auto& topic : topics) {
    if (!term.context.topics_to_delete.contains(topic)) continue;
    term.context.deletion_ineligible.erase(topic);
    any = true;
  }
  if (any) advance_deletions(term);
}

}  // namespace meerkat::controller
