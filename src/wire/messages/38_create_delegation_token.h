// CreateDelegationToken (key 38): a token that stands for its owner (KIP-48).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible, v3 for another owner (KIP-373).
struct CreateDelegationTokenRequest {
  static constexpr int16_t kKey = 38;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct CreatableRenewers {
    std::string principal_type;
    std::string principal_name;

    static void fields(auto& m, auto& io) {
      io("PrincipalType", m.principal_type);
      io("PrincipalName", m.principal_name);
    }
  };

  std::optional<std::string> owner_principal_type = "";
  std::optional<std::string> owner_principal_name = "";
  std::vector<CreatableRenewers> renewers;
  int64_t max_lifetime_ms = 0;

  static void fields(auto& m, auto& io) {
    io("OwnerPrincipalType", m.owner_principal_type, since(3));
    io("OwnerPrincipalName", m.owner_principal_name, since(3));
    io("Renewers", m.renewers);
    io("MaxLifetimeMs", m.max_lifetime_ms);
  }
};

/// v2 flexible, v3 who asked for it (KIP-373).
struct CreateDelegationTokenResponse {
  static constexpr int16_t kKey = 38;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  ErrorCode error_code = ErrorCode::none;
  std::string principal_type;
  std::string principal_name;
  std::string token_requester_principal_type;
  std::string token_requester_principal_name;
  int64_t issue_timestamp_ms = 0;
  int64_t expiry_timestamp_ms = 0;
  int64_t max_timestamp_ms = 0;
  std::string token_id;
  Bytes hmac;
  int32_t throttle_time_ms = 0;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("PrincipalType", m.principal_type);
    io("PrincipalName", m.principal_name);
    io("TokenRequesterPrincipalType", m.token_requester_principal_type, since(3));
    io("TokenRequesterPrincipalName", m.token_requester_principal_name, since(3));
    io("IssueTimestampMs", m.issue_timestamp_ms);
    io("ExpiryTimestampMs", m.expiry_timestamp_ms);
    io("MaxTimestampMs", m.max_timestamp_ms);
    io("TokenId", m.token_id);
    io("Hmac", m.hmac);
    io("ThrottleTimeMs", m.throttle_time_ms);
  }
};

}  // namespace meerkat::wire
