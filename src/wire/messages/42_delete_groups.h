// DeleteGroups (key 42): delete empty groups with their offsets (KIP-229).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible.
struct DeleteGroupsRequest {
  static constexpr int16_t kKey = 42;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  std::vector<std::string> groups_names;

  static void fields(auto& m, auto& io) { io("GroupsNames", m.groups_names); }
};

/// v2 flexible.
struct DeleteGroupsResponse {
  static constexpr int16_t kKey = 42;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct DeletableGroupResult {
    std::string group_id;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("GroupId", m.group_id);
      io("ErrorCode", m.error_code);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeletableGroupResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
