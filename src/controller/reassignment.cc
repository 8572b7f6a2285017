#include "controller/reassignment.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace meerkat::controller {

using wire::ErrorCode;

wire::Outcome<void> check_target(const Context& context, const TopicPartition& tp, const std::vector<int32_t>& target) {
  const auto invalid = [](std::string why) {
    return wire::refuse(ErrorCode::invalid_replica_assignment, std::move(why));
  };
  if (target.empty()) return invalid("The list of replicas is empty.");
  if (std::set<int32_t>(target.begin(), target.end()).size() != target.size()) {
    return invalid(absl::StrCat("A broker stands twice in the list of replicas: ", absl::StrJoin(target, ", "), "."));
  }
  if (std::any_of(target.begin(), target.end(), [](int32_t b) { return b < 0; })) {
    return invalid(absl::StrCat("Invalid broker id in the list of replicas: ", absl::StrJoin(target, ", "), "."));
  }
  const Partition* partition = context.find(tp);
  const Assignment current = partition == nullptr ? Assignment{} : partition->assignment;
  for (int32_t broker : current.reassigned_to(target).adding) {
    if (!context.is_live(broker)) return invalid(absl::StrCat("Broker ", broker, " is not alive."));
  }
  return {};
}

wire::Outcome<Assignment> build_reassignment(const Context& context, const TopicPartition& tp,
                                             const std::optional<std::vector<int32_t>>& target) {
  const Partition* partition = context.find(tp);
  const Assignment current = partition == nullptr ? Assignment{} : partition->assignment;
  if (target) return current.reassigned_to(*target);
  if (!current.reassigning()) return wire::refuse(ErrorCode::no_reassignment_in_progress);
  return current.reassigned_to(current.origin());
}

bool reassignment_complete(const Partition& partition) {
  if (!partition.assignment.reassigning()) return true;
  if (!partition.leadership) return false;
  const auto target = partition.assignment.target();
  return std::all_of(target.begin(), target.end(), [&](int32_t b) { return partition.leadership->in_isr(b); });
}

LeaderMove leader_move(const Context& context, const TopicPartition& tp, const Assignment& completed) {
  const Partition* partition = context.find(tp);
  const int32_t leader = partition->leader();
  return completed.contains(leader) && context.is_online(leader, tp) ? LeaderMove::none : LeaderMove::elect;
}

zk::TopicAssignment topic_node(const Topic& topic) {
  zk::TopicAssignment node;
  if (!topic.id.is_zero()) node.topic_id = topic.id;
  for (const auto& [number, partition] : topic.partitions) {
    node.partitions[number] = partition.assignment.replicas;
    if (!partition.assignment.adding.empty()) node.adding_replicas[number] = partition.assignment.adding;
    if (!partition.assignment.removing.empty()) node.removing_replicas[number] = partition.assignment.removing;
  }
  return node;
}

}  // namespace meerkat::controller
