// Steps of a rebalance that several events share. Private to the events.
#pragma once

#include "group/events.h"

namespace meerkat::group {

/// Answers a member that waits for its join, if it does.
void answer_join(Group& group, Member& member, wire::JoinGroupResponse response, Actions& actions);
/// The same with an error.
void fail_join(Group& group, Member& member, const std::string& member_id, wire::ErrorCode error, Actions& actions);
wire::JoinGroupResponse join_error(const std::string& member_id, wire::ErrorCode error);
/// What a member hears of the present generation; the leader with all members' metadata if `with_members`.
wire::JoinGroupResponse join_result(const Group& group, const Member& member, bool with_members);

/// Answers a member that waits for its assignment, if it does, with that or with an error.
void answer_sync(const Group& group, Member& member, wire::ErrorCode error, Actions& actions);
/// Answers all that wait for their assignments.
void answer_syncs(Group& group, wire::ErrorCode error, const Moment& moment, Actions& actions);

void enter(Group& group, GroupState state, const Moment& moment);
/// The member has shown that it lives.
void renew_session(Group& group, Member& member, const Moment& moment);

/// From Empty, Stable or CompletingRebalance; nothing in other states.
void maybe_prepare_rebalance(Group& group, const Moment& moment, Actions& actions);
void prepare_rebalance(Group& group, const Moment& moment, Actions& actions);
/// Ends the wait for joins if everybody is there.
void maybe_complete_join(Group& group, const Moment& moment, Actions& actions);
/// Ends it, or extends an initial wait, at its deadline.
void on_join_deadline(Group& group, const Moment& moment, Actions& actions);
/// The member has sent its SyncGroup.
void remove_pending_sync(Group& group, const std::string& member_id);
/// Takes a member out, which starts a rebalance or may end the wait of one.
void remove_member(Group& group, const std::string& member_id, const Moment& moment, Actions& actions);
void remove_pending_member(Group& group, const std::string& member_id, const Moment& moment, Actions& actions);

/// UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID for who is not, or not any more, a member.
wire::ErrorCode check_member(const Group& group, const std::string& member_id,
                             const std::optional<std::string>& instance_id);

}  // namespace meerkat::group
