// SyncGroup, and what follows when a group's record has been written.
#include <glog/logging.h>

#include <utility>

#include "group/rebalance.h"

namespace meerkat::group {

using wire::ErrorCode;

namespace {

ErrorCode check(const Group& group, const wire::SyncGroupRequest& request) {
  if (group.state == GroupState::dead) return ErrorCode::coordinator_not_available;
  if (auto error = check_member(group, request.member_id, request.group_instance_id); error != ErrorCode::none) {
    return error;
  }
  if (request.generation_id != group.generation) return ErrorCode::illegal_generation;
  if (request.protocol_type && request.protocol_type != group.protocol_type) {
    return ErrorCode::inconsistent_group_protocol;
  }
  if (request.protocol_name && request.protocol_name != group.protocol) return ErrorCode::inconsistent_group_protocol;
  switch (group.state) {
    case GroupState::empty:
    case GroupState::dead:
      return ErrorCode::unknown_member_id;
    case GroupState::preparing_rebalance:
      return ErrorCode::rebalance_in_progress;
    case GroupState::completing_rebalance:
    case GroupState::stable:
      break;
  }
  return ErrorCode::none;
}

/// Whether the leader's assignment takes account of partitions that have been added. Asked once for each change.
bool knows_new_partitions(Group& group,
                          const std::vector<wire::SyncGroupRequest::SyncGroupRequestAssignment>& assignments) {
  const auto added = std::exchange(group.new_partitions, {});
  if (added.empty() || !group.is_consumer_group()) return true;
  std::map<std::string, Bytes> by_member;
  for (const auto& a : assignments) by_member[a.member_id] = a.assignment;
  return covers(by_member, added);
}

void store_assignment(const Group& group, std::vector<wire::SyncGroupRequest::SyncGroupRequestAssignment> assignments,
                      Actions& actions) {
  GroupWrite write{GroupWrite::Why::assignment, group.generation, {}, {}};
  for (auto& a : assignments) write.assignments[a.member_id] = std::move(a.assignment);
  for (const auto& [id, member] : group.members()) write.assignments.try_emplace(id);
  actions.writes.push_back(std::move(write));
}

void assignment_stored(Group& group, GroupWrite& write, ErrorCode error, const Moment& moment, Actions& actions) {
  // Another rebalance may have begun meanwhile.
  if (group.state != GroupState::completing_rebalance || group.generation != write.generation) return;
  if (error != ErrorCode::none) {
    LOG(WARNING) << "The assignment of group " << group.id << " could not be stored: " << wire::name(error);
    for (const auto& [id, member] : group.members()) group.find(id)->assignment.clear();
    answer_syncs(group, error, moment, actions);
    return prepare_rebalance(group, moment, actions);
  }
  for (const auto& [id, member] : group.members()) group.find(id)->assignment = std::move(write.assignments[id]);
  answer_syncs(group, ErrorCode::none, moment, actions);
  enter(group, GroupState::stable, moment);
}

void replacement_stored(Group& group, const StaticReplacement& replaced, ErrorCode error, const Moment& moment,
                        Actions& actions) {
  Member* member = group.find(replaced.new_id);
  // It may have left, or a rebalance may have answered it.
  if (member == nullptr || member->join_request != replaced.join_request) return;
  if (error != ErrorCode::none) {
    LOG(WARNING) << "The new id of static member " << replaced.instance_id << " of group " << group.id
                 << " could not be stored: " << wire::name(error);
    auto response = join_result(group, *member, false);
    response.error_code = error;
    response.member_id = "";
    response.leader = replaced.former_leader.value_or("");
    answer_join(group, *member, std::move(response), actions);
    group.set_protocols(*member, replaced.former_protocols);
    member->rebalance_timeout_ms = replaced.former_rebalance_timeout_ms;
    member->session_timeout_ms = replaced.former_session_timeout_ms;
    renew_session(group, group.rename(replaced.new_id, replaced.old_id), moment);
    return;
  }
  auto response = join_result(group, *member, replaced.may_skip_assignment);
  if (replaced.may_skip_assignment) {
    response.skip_assignment = group.is_leader(member->id);
  } else {
    // Named its own id, a client of that age would take itself for the leader and compute an assignment.
    response.leader = replaced.former_leader.value_or("");
  }
  answer_join(group, *member, std::move(response), actions);
  renew_session(group, *member, moment);
}

}  // namespace

void sync(Group& group, SyncEvent event, const Moment& moment, Actions& actions) {
  if (auto error = check(group, event.body); error != ErrorCode::none) {
    wire::SyncGroupResponse response;
    response.error_code = error;
    actions.syncs.push_back({event.request, std::move(response)});
    return;
  }
  Member& member = *group.find(event.body.member_id);
  // An earlier sync of the same member, from a connection that it has given up.
  answer_sync(group, member, ErrorCode::rebalance_in_progress, actions);
  member.sync_request = event.request;
  remove_pending_sync(group, member.id);
  if (group.state == GroupState::stable) {
    answer_sync(group, member, ErrorCode::none, actions);
    return renew_session(group, member, moment);
  }
  if (!group.is_leader(member.id)) return;
  if (knows_new_partitions(group, event.body.assignments)) {
    return store_assignment(group, std::move(event.body.assignments), actions);
  }
  LOG(INFO) << "Group " << group.id << ": the assignment lacks partitions that exist; its leader " << member.id
            << " is to look for new metadata";
  actions.closed_syncs.push_back(std::exchange(member.sync_request, 0));
  group.pending_sync.insert(member.id);
  group.sync_deadline_ms = moment.mono_ms + group.rebalance_timeout_ms();
  group.wake_at(group.sync_deadline_ms);
}

void stored(Group& group, GroupWrite write, ErrorCode error, const Moment& moment, Actions& actions) {
  if (group.state == GroupState::dead) return;
  switch (write.why) {
    case GroupWrite::Why::assignment:
      return assignment_stored(group, write, error, moment, actions);
    case GroupWrite::Why::static_member_replaced:
      return replacement_stored(group, write.replacement, error, moment, actions);
    case GroupWrite::Why::became_empty:
      LOG_IF(WARNING, error != ErrorCode::none)
          << "That group " << group.id << " is empty could not be stored: " << wire::name(error);
      return;
  }
}

}  // namespace meerkat::group
