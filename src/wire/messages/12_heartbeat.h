// Heartbeat (key 12): a member shows that it lives and learns of rebalances.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 group.instance.id (KIP-345), v4 flexible.
struct HeartbeatRequest {
  static constexpr int16_t kKey = 12;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("GenerationId", m.generation_id);
    io("MemberId", m.member_id);
    io("GroupInstanceId", m.group_instance_id, since(3));
  }
};

/// v1 throttle time, v4 flexible.
struct HeartbeatResponse {
  static constexpr int16_t kKey = 12;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("ErrorCode", m.error_code);
  }
};

}  // namespace meerkat::wire
