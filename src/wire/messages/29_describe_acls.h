// DescribeAcls (key 29): the ACLs that a filter matches (KIP-140).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 pattern types (KIP-290), v2 flexible, v3 user resources (KIP-373).
struct DescribeAclsRequest {
  static constexpr int16_t kKey = 29;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  int8_t resource_type_filter = 0;
  std::optional<std::string> resource_name_filter = "";
  int8_t pattern_type_filter = 3;
  std::optional<std::string> principal_filter = "";
  std::optional<std::string> host_filter = "";
  int8_t operation = 0;
  int8_t permission_type = 0;

  static void fields(auto& m, auto& io) {
    io("ResourceTypeFilter", m.resource_type_filter);
    io("ResourceNameFilter", m.resource_name_filter);
    io("PatternTypeFilter", m.pattern_type_filter, since(1));
    io("PrincipalFilter", m.principal_filter);
    io("HostFilter", m.host_filter);
    io("Operation", m.operation);
    io("PermissionType", m.permission_type);
  }
};

/// v1 pattern types (KIP-290), v2 flexible, v3 user resources (KIP-373).
struct DescribeAclsResponse {
  static constexpr int16_t kKey = 29;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct AclDescription {
    std::string principal;
    std::string host;
    int8_t operation = 0;
    int8_t permission_type = 0;

    static void fields(auto& m, auto& io) {
      io("Principal", m.principal);
      io("Host", m.host);
      io("Operation", m.operation);
      io("PermissionType", m.permission_type);
    }
  };

  struct DescribeAclsResource {
    int8_t resource_type = 0;
    std::string resource_name;
    int8_t pattern_type = 3;
    std::vector<AclDescription> acls;

    static void fields(auto& m, auto& io) {
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
      io("PatternType", m.pattern_type, since(1));
      io("Acls", m.acls);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  std::vector<DescribeAclsResource> resources;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("Resources", m.resources);
  }
};

}  // namespace meerkat::wire
