// ListGroups (key 16): the groups that this broker coordinates.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 flexible, v4 filter by state (KIP-518), v5 filter by type (KIP-848).
struct ListGroupsRequest {
  static constexpr int16_t kKey = 16;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 3;

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;

  static void fields(auto& m, auto& io) {
    io("StatesFilter", m.states_filter, since(4));
    io("TypesFilter", m.types_filter, since(5));
  }
};

/// v1 throttle time, v3 flexible, v4 state (KIP-518), v5 type (KIP-848).
struct ListGroupsResponse {
  static constexpr int16_t kKey = 16;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 3;

  struct ListedGroup {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;

    static void fields(auto& m, auto& io) {
      io("GroupId", m.group_id);
      io("ProtocolType", m.protocol_type);
      io("GroupState", m.group_state, since(4), ignorable);
      io("GroupType", m.group_type, since(5), ignorable);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<ListedGroup> groups;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("ErrorCode", m.error_code);
    io("Groups", m.groups);
  }
};

}  // namespace meerkat::wire
