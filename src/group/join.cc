// JoinGroup.
#include "group/rebalance.h"

namespace meerkat::group {

using wire::ErrorCode;

namespace {

bool accepts(Group& group, const std::string& member_id, const Moment& moment) {
  const auto limit = static_cast<size_t>(moment.settings.max_size);
  switch (group.state) {
    case GroupState::empty:
    case GroupState::dead:
      return true;
    case GroupState::preparing_rebalance: {
      // More members than may be can be known here: the first ones to join again stay.
      const Member* member = group.find(member_id);
      return (member != nullptr && member->join_request != 0) || group.joined_count() < limit;
    }
    case GroupState::completing_rebalance:
    case GroupState::stable:
      break;
  }
  return group.has(member_id) || group.members().size() < limit;
}

bool same_protocols(const Member& member, const std::vector<Protocol>& protocols) {
  return std::equal(member.protocols.begin(), member.protocols.end(), protocols.begin(), protocols.end(),
                    [](const Protocol& a, const Protocol& b) { return a.name == b.name && a.metadata == b.metadata; });
}

void add_member(Group& group, const std::string& member_id, JoinEvent& event, const Moment& moment, Actions& actions) {
  Member member;
  member.id = member_id;
  member.instance_id = event.body.group_instance_id;
  member.client_id = std::move(event.client_id);
  member.client_host = std::move(event.client_host);
  member.rebalance_timeout_ms = event.body.rebalance_timeout_ms;
  member.session_timeout_ms = event.body.session_timeout_ms;
  member.protocols = std::move(event.body.protocols);
  member.join_request = event.request;
  member.is_new = true;
  if (group.state == GroupState::preparing_rebalance && group.generation == 0) group.new_member_added = true;
  renew_session(group, group.add(std::move(member), event.body.protocol_type), moment);
  maybe_prepare_rebalance(group, moment, actions);
}

/// Takes over what the member says anew, and lets its join wait.
void update_member(Group& group, Member& member, JoinEvent& event, Actions& actions) {
  group.set_protocols(member, std::move(event.body.protocols));
  member.rebalance_timeout_ms = event.body.rebalance_timeout_ms;
  member.session_timeout_ms = event.body.session_timeout_ms;
  // An earlier join of the same member, from a connection that it has given up.
  fail_join(group, member, member.id, ErrorCode::rebalance_in_progress, actions);
  group.set_join_request(member, event.request);
}

/// A static member has come back without its id (KIP-345): it gets a new one, and whoever used the old is fenced.
void replace_static_member(Group& group, const std::string& new_id, JoinEvent& event, const Moment& moment,
                           Actions& actions) {
  StaticReplacement replacement;
  replacement.instance_id = *event.body.group_instance_id;
  replacement.old_id = *group.static_member(replacement.instance_id);
  replacement.new_id = new_id;
  replacement.join_request = event.request;
  replacement.former_leader = group.leader;
  replacement.may_skip_assignment = event.version >= 9;
  Member& old = *group.find(replacement.old_id);
  fail_join(group, old, old.id, ErrorCode::fenced_instance_id, actions);
  answer_sync(group, old, ErrorCode::fenced_instance_id, actions);
  replacement.former_protocols = old.protocols;
  replacement.former_rebalance_timeout_ms = old.rebalance_timeout_ms;
  replacement.former_session_timeout_ms = old.session_timeout_ms;

  Member& member = group.rename(replacement.old_id, new_id);
  update_member(group, member, event, actions);
  renew_session(group, member, moment);
  if (group.state == GroupState::completing_rebalance) return prepare_rebalance(group, moment, actions);
  if (group.state != GroupState::stable) return;
  if (group.protocol != group.select_protocol()) return prepare_rebalance(group, moment, actions);
  // Nobody else needs to know; but the new id must survive us.
  GroupWrite write{GroupWrite::Why::static_member_replaced, group.generation, {}, std::move(replacement)};
  for (const auto& [id, m] : group.members()) write.assignments[id] = m.assignment;
  actions.writes.push_back(std::move(write));
}

void join_as_new(Group& group, JoinEvent& event, const Moment& moment, Actions& actions) {
  if (group.state == GroupState::dead) {
    actions.joins.push_back({event.request, join_error("", ErrorCode::coordinator_not_available)});
    return;
  }
  if (!group.supports(event.body.protocol_type, event.body.protocols)) {
    actions.joins.push_back({event.request, join_error("", ErrorCode::inconsistent_group_protocol)});
    return;
  }
  const auto& instance_id = event.body.group_instance_id;
  const std::string member_id = (instance_id ? *instance_id : event.client_id) + "-" + event.unique_suffix;
  if (instance_id) {
    if (group.static_member(*instance_id) != nullptr) {
      return replace_static_member(group, member_id, event, moment, actions);
    }
    return add_member(group, member_id, event, moment, actions);
  }
  constexpr int16_t kFirstWithKnownMemberId = 4;
  if (event.version < kFirstWithKnownMemberId) return add_member(group, member_id, event, moment, actions);
  const int64_t deadline = moment.mono_ms + event.body.session_timeout_ms;
  group.pending_members[member_id] = deadline;
  group.wake_at(deadline);
  actions.joins.push_back({event.request, join_error(member_id, ErrorCode::member_id_required)});
}

void join_again(Group& group, JoinEvent& event, const Moment& moment, Actions& actions) {
  const std::string member_id = event.body.member_id;
  const auto refuse = [&](ErrorCode error) { actions.joins.push_back({event.request, join_error(member_id, error)}); };
  if (group.state == GroupState::dead) return refuse(ErrorCode::coordinator_not_available);
  if (!group.supports(event.body.protocol_type, event.body.protocols)) {
    return refuse(ErrorCode::inconsistent_group_protocol);
  }
  if (group.pending_members.contains(member_id)) {
    // Such ids are given to dynamic members only.
    if (event.body.group_instance_id) return refuse(ErrorCode::unknown_server_error);
    return add_member(group, member_id, event, moment, actions);
  }
  if (auto error = check_member(group, member_id, event.body.group_instance_id); error != ErrorCode::none) {
    return refuse(error);
  }
  Member& member = *group.find(member_id);
  const bool same = same_protocols(member, event.body.protocols);
  const auto answer_at_once = [&](bool with_members) {
    actions.joins.push_back({event.request, join_result(group, member, with_members)});
  };
  switch (group.state) {
    case GroupState::completing_rebalance:
      // It did not get the answer to its last join.
      if (same) return answer_at_once(true);
      break;
    case GroupState::stable:
      // The leader wants a new assignment; others may have lost an answer.
      if (same && !group.is_leader(member_id)) return answer_at_once(false);
      break;
    case GroupState::preparing_rebalance:
      break;
    case GroupState::empty:
    case GroupState::dead:
      return refuse(ErrorCode::unknown_member_id);
  }
  update_member(group, member, event, actions);
  maybe_prepare_rebalance(group, moment, actions);
}

}  // namespace

void join(Group& group, JoinEvent event, const Moment& moment, Actions& actions) {
  if (event.version == 0) event.body.rebalance_timeout_ms = event.body.session_timeout_ms;
  if (!accepts(group, event.body.member_id, moment)) {
    if (Member* member = group.find(event.body.member_id)) {
      fail_join(group, *member, "", ErrorCode::group_max_size_reached, actions);
      answer_sync(group, *member, ErrorCode::group_max_size_reached, actions);
    }
    group.remove(event.body.member_id);
    actions.joins.push_back({event.request, join_error("", ErrorCode::group_max_size_reached)});
  } else if (event.body.member_id.empty()) {
    join_as_new(group, event, moment, actions);
  } else {
    join_again(group, event, moment, actions);
  }
  maybe_complete_join(group, moment, actions);
}

}  // namespace meerkat::group
