// DeleteAcls (key 31): remove the ACLs that filters match (KIP-140).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 pattern types (KIP-290), v2 flexible, v3 user resources (KIP-373).
struct DeleteAclsRequest {
  static constexpr int16_t kKey = 31;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct DeleteAclsFilter {
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

  std::vector<DeleteAclsFilter> filters;

  static void fields(auto& m, auto& io) { io("Filters", m.filters); }
};

/// v1 pattern types (KIP-290), v2 flexible, v3 user resources (KIP-373).
struct DeleteAclsResponse {
  static constexpr int16_t kKey = 31;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct DeleteAclsMatchingAcl {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    int8_t resource_type = 0;
    std::string resource_name;
    int8_t pattern_type = 3;
    std::string principal;
    std::string host;
    int8_t operation = 0;
    int8_t permission_type = 0;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
      io("PatternType", m.pattern_type, since(1));
      io("Principal", m.principal);
      io("Host", m.host);
      io("Operation", m.operation);
      io("PermissionType", m.permission_type);
    }
  };

  struct DeleteAclsFilterResult {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<DeleteAclsMatchingAcl> matching_acls;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("MatchingAcls", m.matching_acls);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeleteAclsFilterResult> filter_results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("FilterResults", m.filter_results);
  }
};

}  // namespace meerkat::wire
