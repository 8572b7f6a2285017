// A member of a group, as a pure state machine: what it knows of itself, and what each answer of the coordinator means.
#pragma once

#include <optional>
#include <string>

#include "wire/error.h"
#include "wire/messages/11_join_group.h"
#include "wire/messages/14_sync_group.h"

namespace meerkat::client {

/// What is asked of a group's coordinator.
enum class GroupCall { join, sync, heartbeat, commit, fetch_offsets };

/// What an answer means to the one that asked.
enum class Verdict {
  ok,
  retry,       // the same again, after a while
  look_up,     // the coordinator is another one: find it, then the same again
  rejoin,      // a rebalance is going on: join it
  start_over,  // it is no member any more: its partitions are lost, it joins as a new one
  failed       // nothing will help
};
Verdict judge(GroupCall call, wire::ErrorCode error);

/// Plain transitions; no I/O, no clock. Used under the owner's lock.
class Membership {
 public:
  /// unjoined: no generation. joined: JoinGroup is answered, the assignment is not known. stable: it is.
  enum class State { unjoined, joined, stable };

  State state() const { return state_; }
  /// Whether JoinGroup is due.
  bool must_join() const { return state_ == State::unjoined || rejoin_; }
  const std::string& member_id() const { return member_id_; }
  int32_t generation() const { return generation_; }
  const std::string& protocol() const { return protocol_; }
  bool leads() const { return leads_; }
  /// The generation that the partitions in hand are of; -1: they are nobody's word any more.
  int32_t owned_generation() const { return owned_generation_; }

  /// The subscription or the topics have changed.
  void want_rejoin() { rejoin_ = true; }
  Verdict on_join(const wire::JoinGroupResponse& response);
  Verdict on_sync(const wire::SyncGroupResponse& response);
  /// Of a heartbeat or commit that was sent in the present generation.
  Verdict on_answer(GroupCall call, wire::ErrorCode error) { return apply(judge(call, error)); }
  /// It has left, or was silent for longer than it may be.
  void forget();

 private:
  Verdict apply(Verdict verdict);

  State state_ = State::unjoined;
  bool rejoin_ = false;
  bool leads_ = false;
  std::string member_id_;
  int32_t generation_ = -1;
  int32_t owned_generation_ = -1;
  std::string protocol_;
};

}  // namespace meerkat::client
