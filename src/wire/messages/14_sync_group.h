// SyncGroup (key 14): the leader hands in the assignment, each member receives its part.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 group.instance.id (KIP-345), v4 flexible, v5 protocol type and name (KIP-559).
struct SyncGroupRequest {
  static constexpr int16_t kKey = 14;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 4;

  struct SyncGroupRequestAssignment {
    std::string member_id;
    Bytes assignment;

    static void fields(auto& m, auto& io) {
      io("MemberId", m.member_id);
      io("Assignment", m.assignment);
    }
  };

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<SyncGroupRequestAssignment> assignments;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("GenerationId", m.generation_id);
    io("MemberId", m.member_id);
    io("GroupInstanceId", m.group_instance_id, since(3));
    io("ProtocolType", m.protocol_type, since(5), ignorable);
    io("ProtocolName", m.protocol_name, since(5), ignorable);
    io("Assignments", m.assignments);
  }
};

/// v1 throttle time, v4 flexible, v5 protocol type and name (KIP-559).
struct SyncGroupResponse {
  static constexpr int16_t kKey = 14;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 4;

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Bytes assignment;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("ErrorCode", m.error_code);
    io("ProtocolType", m.protocol_type, since(5), ignorable);
    io("ProtocolName", m.protocol_name, since(5), ignorable);
    io("Assignment", m.assignment);
  }
};

}  // namespace meerkat::wire
