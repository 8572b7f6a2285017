// LeaveGroup (key 13): members leave the group.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 several members at once, by group.instance.id too (KIP-345), v4 flexible, v5 the reason (KIP-800).
struct LeaveGroupRequest {
  static constexpr int16_t kKey = 13;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 4;

  struct MemberIdentity {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;

    static void fields(auto& m, auto& io) {
      io("MemberId", m.member_id);
      io("GroupInstanceId", m.group_instance_id);
      io("Reason", m.reason, since(5), ignorable);
    }
  };

  std::string group_id;
  std::string member_id;
  std::vector<MemberIdentity> members;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("MemberId", m.member_id, between(0, 2));
    io("Members", m.members, since(3));
  }
};

/// v1 throttle time, v3 several members at once (KIP-345), v4 flexible.
struct LeaveGroupResponse {
  static constexpr int16_t kKey = 13;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 4;

  struct MemberResponse {
    std::string member_id;
    std::optional<std::string> group_instance_id = "";
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("MemberId", m.member_id);
      io("GroupInstanceId", m.group_instance_id);
      io("ErrorCode", m.error_code);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<MemberResponse> members;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("ErrorCode", m.error_code);
    io("Members", m.members, since(3));
  }
};

}  // namespace meerkat::wire
