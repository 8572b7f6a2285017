#include "group/rebalance.h"

#include <glog/logging.h>

#include <algorithm>
#include <cassert>

namespace meerkat::group {

using wire::ErrorCode;

namespace {

/// How long a new member may wait for its first rebalance to end.
constexpr int64_t kNewMemberJoinTimeoutMs = 5 * 60 * 1000;

void wait_for_joins(Group& group, const Moment& moment, Actions& actions) {
  group.join_wait = JoinWait{.deadline_ms = moment.mono_ms + group.rebalance_timeout_ms()};
  group.wake_at(group.join_wait->deadline_ms);
  maybe_complete_join(group, moment, actions);
}

void wait_initially(Group& group, const Moment& moment, int32_t delay_ms, int32_t remaining_ms) {
  group.join_wait = JoinWait{
      .deadline_ms = moment.mono_ms + delay_ms, .initial = true, .delay_ms = delay_ms, .remaining_ms = remaining_ms};
  group.wake_at(group.join_wait->deadline_ms);
}

/// A leader that did not join in time gives its place to somebody who did. False: nobody joined.
bool elect_leader_that_joined(Group& group) {
  if (!group.leader) return false;
  if (group.find(*group.leader)->join_request != 0) return true;
  for (const auto& [id, member] : group.members()) {
    if (member.join_request == 0) continue;
    group.leader = id;
    return true;
  }
  return false;
}

void next_generation(Group& group, const Moment& moment) {
  ++group.generation;
  if (group.members().empty()) {
    group.new_partitions.clear();
    group.protocol.reset();
    enter(group, GroupState::empty, moment);
  } else {
    group.protocol = group.select_protocol();
    enter(group, GroupState::completing_rebalance, moment);
  }
  group.update_subscribed_topics();
  group.pending_sync.clear();
}

void complete_join(Group& group, const Moment& moment, Actions& actions) {
  group.join_wait.reset();
  std::vector<std::string> absent;
  for (const auto& [id, member] : group.members()) {
    if (member.join_request == 0 && !member.is_static()) absent.push_back(id);
  }
  for (const auto& id : absent) group.remove(id);
  if (!elect_leader_that_joined(group) && !group.members().empty()) {
    // Only static members are left, and none of them is here: their sessions decide.
    wait_for_joins(group, moment, actions);
    return;
  }
  next_generation(group, moment);
  if (group.state == GroupState::empty) {
    LOG(INFO) << "Group " << group.id << " is empty in generation " << group.generation;
    actions.writes.push_back({GroupWrite::Why::became_empty, group.generation, {}, {}});
    return;
  }
  LOG(INFO) << "Group " << group.id << ": generation " << group.generation << " has " << group.members().size()
            << " members";
  std::vector<std::string> ids;
  for (const auto& [id, member] : group.members()) ids.push_back(id);
  for (const auto& id : ids) {
    Member& member = *group.find(id);
    if (member.join_request != 0) answer_join(group, member, join_result(group, member, true), actions);
    member.is_new = false;
    renew_session(group, member, moment);
    group.pending_sync.insert(id);
  }
  group.sync_deadline_ms = moment.mono_ms + group.rebalance_timeout_ms();
  group.wake_at(group.sync_deadline_ms);
}

}  // namespace

wire::JoinGroupResponse join_error(const std::string& member_id, ErrorCode error) {
  wire::JoinGroupResponse response;
  response.error_code = error;
  response.member_id = member_id;
  response.protocol_name = std::nullopt;
  return response;
}

wire::JoinGroupResponse join_result(const Group& group, const Member& member, bool with_members) {
  wire::JoinGroupResponse response;
  response.generation_id = group.generation;
  response.protocol_type = group.protocol_type;
  response.protocol_name = group.protocol;
  response.leader = group.leader.value_or("");
  response.member_id = member.id;
  if (with_members && group.is_leader(member.id)) {
    for (const auto& [id, m] : group.members()) {
      response.members.push_back({id, m.instance_id, m.metadata(group.protocol.value_or(""))});
    }
  }
  return response;
}

void answer_join(Group& group, Member& member, wire::JoinGroupResponse response, Actions& actions) {
  if (member.join_request == 0) return;
  actions.joins.push_back({member.join_request, std::move(response)});
  group.set_join_request(member, 0);
}

void fail_join(Group& group, Member& member, const std::string& member_id, ErrorCode error, Actions& actions) {
  answer_join(group, member, join_error(member_id, error), actions);
}

void answer_sync(const Group& group, Member& member, ErrorCode error, Actions& actions) {
  if (member.sync_request == 0) return;
  wire::SyncGroupResponse response;
  response.error_code = error;
  if (error == ErrorCode::none) {
    response.protocol_type = group.protocol_type;
    response.protocol_name = group.protocol;
    response.assignment = member.assignment;
  }
  actions.syncs.push_back({member.sync_request, std::move(response)});
  member.sync_request = 0;
}

void answer_syncs(Group& group, ErrorCode error, const Moment& moment, Actions& actions) {
  for (const auto& [id, unused] : group.members()) {
    Member& member = *group.find(id);
    if (member.sync_request == 0) continue;
    answer_sync(group, member, error, actions);
    renew_session(group, member, moment);
  }
}

void enter(Group& group, GroupState state, const Moment& moment) {
  group.state = state;
  group.state_timestamp_ms = moment.wall_ms;
}

void renew_session(Group& group, Member& member, const Moment& moment) {
  member.session_deadline_ms = moment.mono_ms + (member.is_new ? kNewMemberJoinTimeoutMs : member.session_timeout_ms);
  group.wake_at(member.session_deadline_ms);
}

void maybe_prepare_rebalance(Group& group, const Moment& moment, Actions& actions) {
  if (group.state == GroupState::preparing_rebalance || group.state == GroupState::dead) return;
  prepare_rebalance(group, moment, actions);
}

void prepare_rebalance(Group& group, const Moment& moment, Actions& actions) {
  if (group.state == GroupState::completing_rebalance) {
    for (const auto& [id, member] : group.members()) group.find(id)->assignment.clear();
    answer_syncs(group, ErrorCode::rebalance_in_progress, moment, actions);
  }
  group.pending_sync.clear();
  group.sync_deadline_ms = kNever;
  const bool initial = group.state == GroupState::empty;
  enter(group, GroupState::preparing_rebalance, moment);
  if (!initial) return wait_for_joins(group, moment, actions);
  const int32_t delay = moment.settings.initial_rebalance_delay_ms;
  wait_initially(group, moment, delay, std::max(group.rebalance_timeout_ms() - delay, 0));
}

void maybe_complete_join(Group& group, const Moment& moment, Actions& actions) {
  if (group.state != GroupState::preparing_rebalance || !group.join_wait || group.join_wait->initial) return;
  if (group.all_joined()) complete_join(group, moment, actions);
}

void on_join_deadline(Group& group, const Moment& moment, Actions& actions) {
  const JoinWait wait = *group.join_wait;
  if (wait.initial && group.new_member_added && wait.remaining_ms > 0) {
    group.new_member_added = false;
    wait_initially(group, moment, std::min(moment.settings.initial_rebalance_delay_ms, wait.remaining_ms),
                   std::max(wait.remaining_ms - wait.delay_ms, 0));
    return;
  }
  complete_join(group, moment, actions);
}

void remove_pending_sync(Group& group, const std::string& member_id) {
  group.pending_sync.erase(member_id);
  if (group.pending_sync.empty()) group.sync_deadline_ms = kNever;
}

void remove_member(Group& group, const std::string& member_id, const Moment& moment, Actions& actions) {
  Member& member = *group.find(member_id);
  fail_join(group, member, "", ErrorCode::unknown_member_id, actions);
  answer_sync(group, member, ErrorCode::unknown_member_id, actions);
  group.remove(member_id);
  switch (group.state) {
    case GroupState::stable:
    case GroupState::completing_rebalance:
      return prepare_rebalance(group, moment, actions);
    case GroupState::preparing_rebalance:
      return maybe_complete_join(group, moment, actions);
    case GroupState::empty:
    case GroupState::dead:
      return;
  }
}

void remove_pending_member(Group& group, const std::string& member_id, const Moment& moment, Actions& actions) {
  group.pending_members.erase(member_id);
  maybe_complete_join(group, moment, actions);
}

ErrorCode check_member(const Group& group, const std::string& member_id,
                       const std::optional<std::string>& instance_id) {
  if (instance_id) {
    const std::string* holder = group.static_member(*instance_id);
    if (holder == nullptr) return ErrorCode::unknown_member_id;
    if (*holder != member_id) return ErrorCode::fenced_instance_id;
  }
  return group.has(member_id) ? ErrorCode::none : ErrorCode::unknown_member_id;
}

}  // namespace meerkat::group
