// JoinGroup (key 11): a member enters the group's next generation.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 rebalance timeout (KIP-62), v4 a new member must join twice, the second time with the id it was given
/// (KIP-394), v5 group.instance.id (KIP-345), v6 flexible, v8 the reason (KIP-800).
struct JoinGroupRequest {
  static constexpr int16_t kKey = 11;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 6;

  struct JoinGroupRequestProtocol {
    std::string name;
    Bytes metadata;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Metadata", m.metadata);
    }
  };

  std::string group_id;
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = -1;  // -1: use the session timeout
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<JoinGroupRequestProtocol> protocols;
  std::optional<std::string> reason;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("SessionTimeoutMs", m.session_timeout_ms);
    io("RebalanceTimeoutMs", m.rebalance_timeout_ms, since(1), ignorable);
    io("MemberId", m.member_id);
    io("GroupInstanceId", m.group_instance_id, since(5));
    io("ProtocolType", m.protocol_type);
    io("Protocols", m.protocols);
    io("Reason", m.reason, since(8), ignorable);
  }
};

/// v2 throttle time, v4 MEMBER_ID_REQUIRED (KIP-394), v5 group.instance.id (KIP-345), v6 flexible, v7 protocol
/// type (KIP-559), v9 the leader may be told to skip the assignment (KIP-814).
struct JoinGroupResponse {
  static constexpr int16_t kKey = 11;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 6;

  struct JoinGroupResponseMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    Bytes metadata;

    static void fields(auto& m, auto& io) {
      io("MemberId", m.member_id);
      io("GroupInstanceId", m.group_instance_id, since(5), ignorable);
      io("Metadata", m.metadata);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name = "";
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinGroupResponseMember> members;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(2), ignorable);
    io("ErrorCode", m.error_code);
    io("GenerationId", m.generation_id);
    io("ProtocolType", m.protocol_type, since(7), ignorable);
    io("ProtocolName", m.protocol_name, nullable_since(7));
    io("Leader", m.leader);
    io("SkipAssignment", m.skip_assignment, since(9));
    io("MemberId", m.member_id);
    io("Members", m.members);
  }
};

}  // namespace meerkat::wire
