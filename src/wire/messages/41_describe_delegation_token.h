// DescribeDelegationToken (key 41): the tokens of given owners (KIP-48).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible. Null owners stand for all.
struct DescribeDelegationTokenRequest {
  static constexpr int16_t kKey = 41;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct DescribeDelegationTokenOwner {
    std::string principal_type;
    std::string principal_name;

    static void fields(auto& m, auto& io) {
      io("PrincipalType", m.principal_type);
      io("PrincipalName", m.principal_name);
    }
  };

  std::optional<std::vector<DescribeDelegationTokenOwner>> owners = std::vector<DescribeDelegationTokenOwner>{};

  static void fields(auto& m, auto& io) { io("Owners", m.owners); }
};

/// v2 flexible, v3 who asked for the token (KIP-373).
struct DescribeDelegationTokenResponse {
  static constexpr int16_t kKey = 41;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct DescribedDelegationTokenRenewer {
    std::string principal_type;
    std::string principal_name;

    static void fields(auto& m, auto& io) {
      io("PrincipalType", m.principal_type);
      io("PrincipalName", m.principal_name);
    }
  };

  struct DescribedDelegationToken {
    std::string principal_type;
    std::string principal_name;
    std::string token_requester_principal_type;
    std::string token_requester_principal_name;
    int64_t issue_timestamp = 0;
    int64_t expiry_timestamp = 0;
    int64_t max_timestamp = 0;
    std::string token_id;
    Bytes hmac;
    std::vector<DescribedDelegationTokenRenewer> renewers;

    static void fields(auto& m, auto& io) {
      io("PrincipalType", m.principal_type);
      io("PrincipalName", m.principal_name);
      io("TokenRequesterPrincipalType", m.token_requester_principal_type, since(3));
      io("TokenRequesterPrincipalName", m.token_requester_principal_name, since(3));
      io("IssueTimestamp", m.issue_timestamp);
      io("ExpiryTimestamp", m.expiry_timestamp);
      io("MaxTimestamp", m.max_timestamp);
      io("TokenId", m.token_id);
      io("Hmac", m.hmac);
      io("Renewers", m.renewers);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<DescribedDelegationToken> tokens;
  int32_t throttle_time_ms = 0;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("Tokens", m.tokens);
    io("ThrottleTimeMs", m.throttle_time_ms);
  }
};

}  // namespace meerkat::wire
