// DescribeUserScramCredentials (key 50): which users have SCRAM credentials, without their secrets (KIP-554).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// Null or no users stand for all.
struct DescribeUserScramCredentialsRequest {
  static constexpr int16_t kKey = 50;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct UserName {
    std::string name;

    static void fields(auto& m, auto& io) { io("Name", m.name); }
  };

  std::optional<std::vector<UserName>> users = std::vector<UserName>{};

  static void fields(auto& m, auto& io) { io("Users", m.users); }
};

struct DescribeUserScramCredentialsResponse {
  static constexpr int16_t kKey = 50;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct CredentialInfo {
    int8_t mechanism = 0;
    int32_t iterations = 0;

    static void fields(auto& m, auto& io) {
      io("Mechanism", m.mechanism);
      io("Iterations", m.iterations);
    }
  };

  struct DescribeUserScramCredentialsResult {
    std::string user;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<CredentialInfo> credential_infos;

    static void fields(auto& m, auto& io) {
      io("User", m.user);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("CredentialInfos", m.credential_infos);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  std::vector<DescribeUserScramCredentialsResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
