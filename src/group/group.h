// A group of the classic protocol: its members and its state. Plain data with the bookkeeping that keeps it consistent;
// what happens to it is in events.h.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "group/offset_book.h"
#include "group/topic_changes.h"
#include "wire/messages/11_join_group.h"

namespace meerkat::group {

/// Empty: no members, maybe offsets. PreparingRebalance: members are joining. CompletingRebalance: the leader works out
/// the assignment. Dead: being removed or moved to another coordinator.
enum class GroupState : uint8_t { empty, preparing_rebalance, completing_rebalance, stable, dead };
/// As on the wire: "Empty", "PreparingRebalance", …
std::string_view name(GroupState state);

/// A request that waits for its answer; 0: none.
using RequestId = uint64_t;
using Protocol = wire::JoinGroupRequest::JoinGroupRequestProtocol;
/// Never, as a deadline. Deadlines are monotonic milliseconds.
inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
/// The protocol type of consumers.
inline constexpr std::string_view kConsumerProtocol = "consumer";

struct Member {
  std::string id;
  std::optional<std::string> instance_id;  // group.instance.id of a static member (KIP-345)
  std::string client_id;
  std::string client_host;  // "/127.0.0.1"
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::vector<Protocol> protocols;  // in the order of preference
  Bytes assignment;

  RequestId join_request = 0;
  RequestId sync_request = 0;
  /// Has not been through a rebalance yet: it may wait long for its first one, but not for ever.
  bool is_new = false;
  int64_t session_deadline_ms = kNever;

  bool is_static() const { return instance_id.has_value(); }
  /// The metadata it gave for a protocol; empty if it does not support that.
  const Bytes& metadata(std::string_view protocol) const;
};

/// Waiting for members to join: until all known ones have, or, for a group that was empty, for the initial delay.
struct JoinWait {
  int64_t deadline_ms = kNever;
  bool initial = false;      // everybody may still come: do not end before the deadline
  int32_t delay_ms = 0;      // of an initial wait: how long this round lasts
  int32_t remaining_ms = 0;  // and by how much it may still be extended
};

class Group {
 public:
  explicit Group(std::string group_id) : id(std::move(group_id)) {}

  const std::string id;
  GroupState state = GroupState::empty;
  std::optional<int64_t> state_timestamp_ms;  // wall; when the state was entered
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;  // selected for this generation
  int32_t generation = 0;
  std::optional<std::string> leader;
  OffsetBook offsets;

  // ---- Rebalance in progress
  std::optional<JoinWait> join_wait;
  bool new_member_added = false;       // since the initial wait's present round began
  std::set<std::string> pending_sync;  // members of this generation that have not sent SyncGroup
  int64_t sync_deadline_ms = kNever;
  /// Dynamic members that were given an id and are expected to join with it (KIP-394), and until when.
  std::map<std::string, int64_t> pending_members;
  /// Partitions that ZooKeeper has and that no assignment has given out yet; the leader may not know them, either.
  std::map<std::string, NewPartitions> new_partitions;

  // ---- Members
  const std::map<std::string, Member>& members() const { return members_; }
  Member* find(std::string_view member_id);
  bool has(std::string_view member_id) const { return members_.contains(std::string(member_id)); }
  /// The id of the member that holds an instance id.
  const std::string* static_member(const std::string& instance_id) const;
  bool is_leader(std::string_view member_id) const { return leader == member_id; }
  Member& add(Member member, std::string_view protocol_type_of_group);
  /// Whoever waits for an answer must have had it. The leader's place goes to somebody else. Pending ones are removed,
  /// too.
  void remove(const std::string& member_id);
  void set_protocols(Member& member, std::vector<Protocol> protocols);
  /// Gives a static member another id; it keeps its place and its assignment.
  Member& rename(const std::string& old_id, const std::string& new_id);

  // ---- Joining
  void set_join_request(Member& member, RequestId request);
  size_t joined_count() const { return joined_; }
  bool all_joined() const { return joined_ == members_.size() && pending_members.empty(); }
  /// The longest of its members'.
  int32_t rebalance_timeout_ms() const;

  // ---- Protocols
  /// Whether a member of that type with those protocols fits in: all members must have one in common.
  bool supports(std::string_view type, const std::vector<Protocol>& protocols) const;
  /// Each member votes for its first choice among those that all support. There must be members.
  std::string select_protocol() const;
  bool is_consumer_group() const { return protocol_type == kConsumerProtocol; }
  /// Topics the members subscribe to; nothing if that is unknown (no consumers, or metadata of another kind).
  const std::optional<std::set<std::string>>& subscribed_topics() const { return subscribed_; }
  void update_subscribed_topics();

  // ---- Deadlines
  /// When expire() has to be called next; never later than the earliest deadline.
  int64_t wake_ms() const { return wake_; }
  void wake_at(int64_t deadline_ms) { wake_ = std::min(wake_, deadline_ms); }
  void recompute_wake();

 private:
  void count_protocols(const Member& member, int by);

  std::map<std::string, Member> members_;
  std::map<std::string, std::string> static_members_;      // instance id → member id
  std::map<std::string, size_t, std::less<>> supporters_;  // protocol → members that support it
  std::optional<std::set<std::string>> subscribed_;
  size_t joined_ = 0;  // members with a join_request
  int64_t wake_ = kNever;
};

}  // namespace meerkat::group
