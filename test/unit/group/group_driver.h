// Drives one group through its events: keeps the time, hands out request ids, remembers answers.
#pragma once

#include <gtest/gtest.h>

#include "group/events.h"
#include "wire/codec.h"
#include "wire/messages/consumer_protocol.h"

namespace meerkat::group {

/// A member as it joins.
struct Who {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id = "client";
  int16_t version = 5;
  int32_t session_timeout_ms = 10'000;
  int32_t rebalance_timeout_ms = 60'000;
  std::vector<std::string> protocols = {"range"};
  std::string protocol_type = "consumer";
  std::string metadata;  // of each protocol; empty: a subscription to "t"
};

class GroupDriver {
 public:
  using ErrorCode = wire::ErrorCode;

  GroupDriver() { settings.initial_rebalance_delay_ms = 3000; }

  Moment now() const { return {settings, mono_ms, wall_ms + mono_ms}; }
  GroupState state() const { return group.state; }

  /// Sends a join; its answer is found by the id.
  RequestId join(const Who& who) {
    JoinEvent event;
    event.request = ++last_request;
    event.version = who.version;
    event.client_id = who.client_id;
    event.client_host = "/127.0.0.1";
    event.unique_suffix = std::to_string(last_request);
    event.body.group_id = group.id;
    event.body.member_id = who.member_id;
    event.body.group_instance_id = who.instance_id;
    event.body.session_timeout_ms = who.session_timeout_ms;
    event.body.rebalance_timeout_ms = who.rebalance_timeout_ms;
    event.body.protocol_type = who.protocol_type;
    for (const auto& p : who.protocols) event.body.protocols.push_back({p, metadata(who)});
    Actions actions;
    group::join(group, std::move(event), now(), actions);
    keep(std::move(actions));
    return last_request;
  }
  /// Joins as a client of v4 or later does: with the id that the first answer names.
  RequestId join_twice(Who who) {
    const auto first = answer(join(who));
    EXPECT_EQ(first.error_code, ErrorCode::member_id_required);
    who.member_id = first.member_id;
    return join(who);
  }

  RequestId sync(const std::string& member_id, std::map<std::string, std::string> assignments = {},
                 std::optional<int32_t> generation = {}) {
    SyncEvent event;
    event.request = ++last_request;
    event.body.member_id = member_id;
    event.body.generation_id = generation.value_or(group.generation);
    for (const auto& [id, a] : assignments) event.body.assignments.push_back({id, Bytes(a.begin(), a.end())});
    Actions actions;
    group::sync(group, std::move(event), now(), actions);
    keep(std::move(actions));
    return last_request;
  }
  ErrorCode heartbeat(const std::string& member_id, std::optional<std::string> instance = {}) {
    return group::heartbeat(group, member_id, instance, group.generation, now());
  }
  ErrorCode leave(const std::string& member_id, std::optional<std::string> instance = {}) {
    Actions actions;
    const auto code = group::leave(group, {member_id, instance, {}}, now(), actions);
    keep(std::move(actions));
    return code;
  }
  /// The record of the oldest write is in the log, or is not.
  void finish_write(ErrorCode error = ErrorCode::none) {
    ASSERT_FALSE(writes.empty());
    GroupWrite write = std::move(writes.front());
    writes.erase(writes.begin());
    Actions actions;
    stored(group, std::move(write), error, now(), actions);
    keep(std::move(actions));
  }
  /// Lets time pass, calling expire() whenever the group asks for it.
  void pass(int64_t ms) {
    const int64_t until = mono_ms + ms;
    while (group.wake_ms() <= until) {
      mono_ms = std::max(mono_ms, group.wake_ms());
      Actions actions;
      expire(group, now(), actions);
      keep(std::move(actions));
    }
    mono_ms = until;
  }

  bool answered(RequestId request) const { return joins.contains(request) || syncs.contains(request); }
  wire::JoinGroupResponse answer(RequestId request) {
    EXPECT_TRUE(joins.contains(request)) << "join " << request << " is not answered";
    return joins[request];
  }
  wire::SyncGroupResponse sync_answer(RequestId request) {
    EXPECT_TRUE(syncs.contains(request)) << "sync " << request << " is not answered";
    return syncs[request];
  }
  std::string assignment(RequestId request) {
    const Bytes bytes = sync_answer(request).assignment;
    return {bytes.begin(), bytes.end()};
  }

  /// A stable group of `count` dynamic members; their ids, the leader's first.
  std::vector<std::string> make_stable(int count, Who who = {}) {
    std::vector<RequestId> requests;
    for (int i = 0; i < count; ++i) requests.push_back(join_twice(who));
    pass(settings.initial_rebalance_delay_ms * (count + 1));
    std::vector<std::string> ids;
    std::map<std::string, std::string> assignments;
    for (auto request : requests) {
      const auto answered = answer(request);
      const bool leads = answered.leader == answered.member_id;
      ids.insert(leads ? ids.begin() : ids.end(), answered.member_id);
      assignments[answered.member_id] = "for " + answered.member_id;
    }
    for (const auto& id : ids) sync(id, id == ids.front() ? assignments : std::map<std::string, std::string>{});
    finish_write();
    EXPECT_EQ(group.state, GroupState::stable);
    return ids;
  }

  Settings settings;
  Group group{"g"};
  int64_t mono_ms = 1000;
  int64_t wall_ms = 1'700'000'000'000;
  std::map<RequestId, wire::JoinGroupResponse> joins;
  std::map<RequestId, wire::SyncGroupResponse> syncs;
  std::vector<GroupWrite> writes;
  RequestId last_request = 0;

 private:
  static Bytes metadata(const Who& who) {
    if (!who.metadata.empty()) return {who.metadata.begin(), who.metadata.end()};
    wire::ConsumerProtocolSubscription subscription;
    subscription.topics = {"t"};
    return wire::encode_versioned(subscription, 1);
  }
  void keep(Actions actions) {
    for (auto& a : actions.joins) {
      EXPECT_FALSE(answered(a.request)) << "request " << a.request << " is answered twice";
      joins[a.request] = std::move(a.response);
    }
    for (auto& a : actions.syncs) {
      EXPECT_FALSE(answered(a.request)) << "request " << a.request << " is answered twice";
      syncs[a.request] = std::move(a.response);
    }
    for (auto& w : actions.writes) writes.push_back(std::move(w));
  }
};

}  // namespace meerkat::group
