// Records of __consumer_offsets that hold a group. An int16 version stands in front of key and value.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct GroupMetadataKey {
  static constexpr Versions kVersions = only(2);
  static constexpr int16_t kFlexible = kNeverFlexible;

  std::string group;

  static void fields(auto& m, auto& io) { io("group", m.group); }
};

/// v1 rebalance timeout (KIP-62), v2 time of the last state change (KIP-211), v3 group.instance.id (KIP-345),
/// v4 flexible (KIP-915; read, never written in ZooKeeper mode).
struct GroupMetadataValue {
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  struct MemberMetadata {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout = -1;
    int32_t session_timeout = 0;
    Bytes subscription;
    Bytes assignment;

    static void fields(auto& m, auto& io) {
      io("memberId", m.member_id);
      io("groupInstanceId", m.group_instance_id, since(3), ignorable);
      io("clientId", m.client_id);
      io("clientHost", m.client_host);
      io("rebalanceTimeout", m.rebalance_timeout, since(1), ignorable);
      io("sessionTimeout", m.session_timeout);
      io("subscription", m.subscription);
      io("assignment", m.assignment);
    }
  };

  std::string protocol_type;
  int32_t generation = 0;
  std::optional<std::string> protocol = "";
  std::optional<std::string> leader = "";
  int64_t current_state_timestamp = -1;
  std::vector<MemberMetadata> members;

  static void fields(auto& m, auto& io) {
    io("protocolType", m.protocol_type);
    io("generation", m.generation);
    io("protocol", m.protocol);
    io("leader", m.leader);
    io("currentStateTimestamp", m.current_state_timestamp, since(2), ignorable);
    io("members", m.members);
  }
};

}  // namespace meerkat::wire
