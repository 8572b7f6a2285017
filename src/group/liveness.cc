// Heartbeats, commits, leaving, and what happens to members of whom nothing is heard.
#include <glog/logging.h>

#include "group/rebalance.h"

namespace meerkat::group {

using wire::ErrorCode;

ErrorCode heartbeat(Group& group, const std::string& member_id, const std::optional<std::string>& instance_id,
                    int32_t generation, const Moment& moment) {
  if (group.state == GroupState::dead) return ErrorCode::coordinator_not_available;
  if (auto error = check_member(group, member_id, instance_id); error != ErrorCode::none) return error;
  if (generation != group.generation) return ErrorCode::illegal_generation;
  renew_session(group, *group.find(member_id), moment);
  return group.state == GroupState::preparing_rebalance ? ErrorCode::rebalance_in_progress : ErrorCode::none;
}

ErrorCode may_commit(Group& group, const std::string& member_id, const std::optional<std::string>& instance_id,
                     int32_t generation, bool transactional, const Moment& moment) {
  if (group.state == GroupState::dead) return ErrorCode::coordinator_not_available;
  // Somebody who manages partitions alone and only stores offsets here.
  if (generation < 0 && group.state == GroupState::empty) return ErrorCode::none;
  if (generation < 0 && member_id.empty() && !instance_id) {
    return transactional ? ErrorCode::none : ErrorCode::unknown_member_id;
  }
  if (auto error = check_member(group, member_id, instance_id); error != ErrorCode::none) return error;
  if (generation != group.generation) return ErrorCode::illegal_generation;
  if (transactional) return ErrorCode::none;
  if (group.state == GroupState::completing_rebalance) return ErrorCode::rebalance_in_progress;
  renew_session(group, *group.find(member_id), moment);
  return ErrorCode::none;
}

ErrorCode leave(Group& group, const wire::LeaveGroupRequest::MemberIdentity& who, const Moment& moment,
                Actions& actions) {
  std::string member_id = who.member_id;
  if (member_id.empty()) {
    const std::string* holder = who.group_instance_id ? group.static_member(*who.group_instance_id) : nullptr;
    if (holder == nullptr) return ErrorCode::unknown_member_id;
    member_id = *holder;
  } else if (group.pending_members.contains(member_id)) {
    remove_pending_member(group, member_id, moment, actions);
    return ErrorCode::none;
  } else if (auto error = check_member(group, member_id, who.group_instance_id); error != ErrorCode::none) {
    return error;
  }
  LOG(INFO) << "Member " << member_id << " leaves group " << group.id << ": " << who.reason.value_or("no reason given");
  remove_member(group, member_id, moment, actions);
  return ErrorCode::none;
}

namespace {

void expire_pending_members(Group& group, const Moment& moment, Actions& actions) {
  std::vector<std::string> due;
  for (const auto& [id, deadline] : group.pending_members) {
    if (deadline <= moment.mono_ms) due.push_back(id);
  }
  for (const auto& id : due) remove_pending_member(group, id, moment, actions);
}

void expire_sessions(Group& group, const Moment& moment, Actions& actions) {
  std::vector<std::string> due;
  for (const auto& [id, member] : group.members()) {
    if (member.session_deadline_ms <= moment.mono_ms) due.push_back(id);
  }
  for (const auto& id : due) {
    Member* member = group.find(id);
    // Removing the ones before it may have completed a rebalance.
    if (member == nullptr || member->session_deadline_ms > moment.mono_ms) continue;
    if (!member->is_new && (member->join_request != 0 || member->sync_request != 0)) {
      // It waits for us; its session begins anew with the answer.
      member->session_deadline_ms = kNever;
      continue;
    }
    LOG(INFO) << "Member " << id << " of group " << group.id << " has not been heard of within its session timeout";
    remove_member(group, id, moment, actions);
  }
}

void expire_syncs(Group& group, const Moment& moment, Actions& actions) {
  if (group.sync_deadline_ms > moment.mono_ms) return;
  group.sync_deadline_ms = kNever;
  if (group.state != GroupState::completing_rebalance && group.state != GroupState::stable) return;
  const auto missing = std::move(group.pending_sync);
  group.pending_sync.clear();
  if (missing.empty()) return;
  LOG(INFO) << "Group " << group.id << ": " << missing.size() << " members have not sent their SyncGroup";
  for (const auto& id : missing) group.remove(id);
  prepare_rebalance(group, moment, actions);
}

}  // namespace

void expire(Group& group, const Moment& moment, Actions& actions) {
  if (group.state == GroupState::dead) return;
  expire_pending_members(group, moment, actions);
  expire_sessions(group, moment, actions);
  expire_syncs(group, moment, actions);
  if (group.join_wait && group.join_wait->deadline_ms <= moment.mono_ms) on_join_deadline(group, moment, actions);
  group.recompute_wake();
}

void loaded(Group& group, const Moment& moment, Actions& actions) {
  std::vector<std::string> ids;
  for (const auto& [id, member] : group.members()) ids.push_back(id);
  for (const auto& id : ids) renew_session(group, *group.find(id), moment);
  if (group.members().size() > static_cast<size_t>(moment.settings.max_size)) {
    // group.max.size was lowered: the rebalance sends the surplus away after they have committed.
    prepare_rebalance(group, moment, actions);
  }
}

void unload(Group& group, ErrorCode error, const Moment& moment, Actions& actions) {
  for (const auto& [id, unused] : group.members()) {
    Member& member = *group.find(id);
    fail_join(group, member, id, error, actions);
    answer_sync(group, member, error, actions);
  }
  group.join_wait.reset();
  group.pending_sync.clear();
  enter(group, GroupState::dead, moment);
}

std::vector<TopicPartition> expire_offsets(Group& group, const Moment& moment) {
  const int64_t now = moment.wall_ms;
  const int64_t retention = moment.settings.offsets_retention_ms;
  const auto is_due = [&](const CommittedOffset& value, int64_t since) {
    return value.expire_timestamp_ms ? now >= *value.expire_timestamp_ms : now - since >= retention;
  };
  if (!group.protocol_type) {  // nobody ever joined it
    return group.offsets.remove_if(
        [&](const auto&, int32_t, const auto& value) { return is_due(value, value.commit_timestamp_ms); });
  }
  if (group.state == GroupState::empty) {
    return group.offsets.remove_if([&](const auto&, int32_t, const auto& value) {
      return is_due(value, group.state_timestamp_ms.value_or(value.commit_timestamp_ms));
    });
  }
  const auto& subscribed = group.subscribed_topics();
  if (group.state != GroupState::stable || !group.is_consumer_group() || !subscribed) return {};
  return group.offsets.remove_if([&](const auto& topic, int32_t, const auto& value) {
    return !subscribed->contains(topic) && is_due(value, value.commit_timestamp_ms);
  });
}

}  // namespace meerkat::group
