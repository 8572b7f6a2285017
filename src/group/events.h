// What can happen to a group, and what follows: each event changes the group and fills in actions for the caller to
// carry out. No I/O, no clock, no randomness; one file an event. The rules are those of Kafka's classic protocol.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "group/group.h"
#include "group/settings.h"
#include "wire/error.h"
#include "wire/messages/11_join_group.h"
#include "wire/messages/13_leave_group.h"
#include "wire/messages/14_sync_group.h"

namespace meerkat::group {

/// The moment of an event, and the rules in force.
struct Moment {
  const Settings& settings;
  int64_t mono_ms = 0;
  int64_t wall_ms = 0;
};

struct JoinAnswer {
  RequestId request = 0;
  wire::JoinGroupResponse response;
};
struct SyncAnswer {
  RequestId request = 0;
  wire::SyncGroupResponse response;
};

/// How to undo the replacement of a static member whose record could not be written, and what its join is to hear.
struct StaticReplacement {
  std::string instance_id;
  std::string old_id;
  std::string new_id;
  RequestId join_request = 0;
  std::optional<std::string> former_leader;
  std::vector<Protocol> former_protocols;
  int32_t former_rebalance_timeout_ms = 0;
  int32_t former_session_timeout_ms = 0;
  bool may_skip_assignment = false;  // JoinGroup v9 (KIP-814)
};

/// The group's record is to be appended. To be handed back to stored() with the outcome.
struct GroupWrite {
  enum class Why { assignment, became_empty, static_member_replaced };
  Why why = Why::assignment;
  int32_t generation = 0;
  std::map<std::string, Bytes> assignments;  // of every member
  StaticReplacement replacement;             // for static_member_replaced
};

struct Actions {
  std::vector<JoinAnswer> joins;
  std::vector<SyncAnswer> syncs;
  std::vector<GroupWrite> writes;
  /// SyncGroups that get no answer: their connections are closed.
  std::vector<RequestId> closed_syncs;
};

struct JoinEvent {
  RequestId request = 0;
  int16_t version = 0;
  wire::JoinGroupRequest body;
  std::string client_id;
  std::string client_host;
  std::string unique_suffix;  // a fresh random UUID, for a member id if one is needed
};
/// The answer comes at once, or when the rebalance is over.
void join(Group& group, JoinEvent event, const Moment& moment, Actions& actions);

struct SyncEvent {
  RequestId request = 0;
  wire::SyncGroupRequest body;
};
void sync(Group& group, SyncEvent event, const Moment& moment, Actions& actions);

/// A topic was seen to change. Groups that subscribe to it rebalance at once; their members learn by their next
/// heartbeat. A leader that then hands in an assignment without the new partitions works from old metadata: its
/// connection is closed instead of an answer, once, upon which clients ask for fresh metadata, and join again.
void topic_changed(Group& group, const std::string& topic, const TopicChange& change, const Moment& moment,
                   Actions& actions);

/// The record of a write is in the log, or is not.
void stored(Group& group, GroupWrite write, wire::ErrorCode error, const Moment& moment, Actions& actions);

wire::ErrorCode heartbeat(Group& group, const std::string& member_id, const std::optional<std::string>& instance_id,
                          int32_t generation, const Moment& moment);

/// One member of LeaveGroup.
wire::ErrorCode leave(Group& group, const wire::LeaveGroupRequest::MemberIdentity& who, const Moment& moment,
                      Actions& actions);

/// Whether a member may commit offsets; shows that it lives. `transactional`: TxnOffsetCommit, which may come from
/// nobody in particular.
wire::ErrorCode may_commit(Group& group, const std::string& member_id, const std::optional<std::string>& instance_id,
                           int32_t generation, bool transactional, const Moment& moment);

/// Deadlines have passed: sessions, joins, syncs. To be called at Group::wake_ms().
void expire(Group& group, const Moment& moment, Actions& actions);

/// The group was read from the log: sessions begin anew.
void loaded(Group& group, const Moment& moment, Actions& actions);

/// The group moves away or is deleted: whoever waits gets `error`.
void unload(Group& group, wire::ErrorCode error, const Moment& moment, Actions& actions);

/// Offsets whose time is up (offsets.retention.minutes), removed.
std::vector<TopicPartition> expire_offsets(Group& group, const Moment& moment);

}  // namespace meerkat::group
