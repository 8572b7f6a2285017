#include "controller/deletion.h"

#include <set>

namespace meerkat::controller {

DeletionPlan plan_deletions(const Context& context) {
  DeletionPlan plan;
  for (const auto& topic : context.topics_to_delete) {
    if (context.all_replicas_in_state(topic, ReplicaState::deletion_successful)) {
      plan.complete.push_back(topic);
      continue;
    }
    if (context.any_replica_in_state(topic, ReplicaState::deletion_started)) continue;
    for (auto& replica : context.replicas_in_state(topic, ReplicaState::deletion_ineligible)) {
      plan.retry.push_back(std::move(replica));
    }
    if (!context.deletion_ineligible.contains(topic)) plan.start.push_back(topic);
  }
  return plan;
}

DeletionStart plan_deletion_start(const Context& context, std::span<const std::string> topics) {
  DeletionStart start;
  for (const auto& topic : topics) {
    bool halted = false;
    for (auto& replica : context.replicas_of(topic)) {
      const ReplicaState state = context.find(replica.partition)->replica_state(replica.broker);
      if (!context.is_online(replica.broker, replica.partition)) {
        halted = true;
        // A replica that is gone already does not come back to be deleted again.
        if (state != ReplicaState::deletion_successful) start.unreachable.push_back(std::move(replica));
      } else if (state != ReplicaState::deletion_successful) {
        start.reachable.push_back(std::move(replica));
      }
    }
    if (halted) start.halted_topics.push_back(topic);
  }
  return start;
}

std::vector<std::string> topics_ineligible_for_deletion(const Context& context) {
  std::set<std::string> out;
  for (const auto& tp : context.reassigning) out.insert(tp.topic);
  for (const auto& topic : context.topics_to_delete) {
    for (const auto& replica : context.replicas_of(topic)) {
      if (!context.is_online(replica.broker, replica.partition)) out.insert(topic);
    }
  }
  std::erase_if(out, [&](const std::string& topic) { return !context.topics_to_delete.contains(topic); });
  return {out.begin(), out.end()};
}

}  // namespace meerkat::controller
