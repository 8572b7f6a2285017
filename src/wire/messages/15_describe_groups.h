// DescribeGroups (key 15): state and members of groups.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 authorized operations (KIP-430), v5 flexible.
struct DescribeGroupsRequest {
  static constexpr int16_t kKey = 15;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 5;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;

  static void fields(auto& m, auto& io) {
    io("Groups", m.groups);
    io("IncludeAuthorizedOperations", m.include_authorized_operations, since(3));
  }
};

/// v1 throttle time, v3 authorized operations (KIP-430), v4 group.instance.id (KIP-345), v5 flexible.
struct DescribeGroupsResponse {
  static constexpr int16_t kKey = 15;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 5;

  struct DescribedGroupMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    Bytes member_metadata;
    Bytes member_assignment;

    static void fields(auto& m, auto& io) {
      io("MemberId", m.member_id);
      io("GroupInstanceId", m.group_instance_id, since(4), ignorable);
      io("ClientId", m.client_id);
      io("ClientHost", m.client_host);
      io("MemberMetadata", m.member_metadata);
      io("MemberAssignment", m.member_assignment);
    }
  };

  struct DescribedGroup {
    ErrorCode error_code = ErrorCode::none;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<DescribedGroupMember> members;
    int32_t authorized_operations =
        std::numeric_limits<int32_t>::min();  // bit set by operation code; the default: not asked for

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("GroupId", m.group_id);
      io("GroupState", m.group_state);
      io("ProtocolType", m.protocol_type);
      io("ProtocolData", m.protocol_data);
      io("Members", m.members);
      io("AuthorizedOperations", m.authorized_operations, since(3));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("Groups", m.groups);
  }
};

}  // namespace meerkat::wire
