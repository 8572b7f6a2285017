// CreateAcls (key 30): add ACLs (KIP-140).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 pattern types (KIP-290), v2 flexible, v3 user resources (KIP-373).
struct CreateAclsRequest {
  static constexpr int16_t kKey = 30;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct AclCreation {
    int8_t resource_type = 0;
    std::string resource_name;
    int8_t resource_pattern_type = 3;
    std::string principal;
    std::string host;
    int8_t operation = 0;
    int8_t permission_type = 0;

    static void fields(auto& m, auto& io) {
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
      io("ResourcePatternType", m.resource_pattern_type, since(1));
      io("Principal", m.principal);
      io("Host", m.host);
      io("Operation", m.operation);
      io("PermissionType", m.permission_type);
    }
  };

  std::vector<AclCreation> creations;

  static void fields(auto& m, auto& io) { io("Creations", m.creations); }
};

/// v2 flexible.
struct CreateAclsResponse {
  static constexpr int16_t kKey = 30;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct AclCreationResult {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AclCreationResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
