// AlterUserScramCredentials (key 51): set and delete SCRAM credentials of users (KIP-554).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct AlterUserScramCredentialsRequest {
  static constexpr int16_t kKey = 51;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct ScramCredentialDeletion {
    std::string name;
    int8_t mechanism = 0;  // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Mechanism", m.mechanism);
    }
  };

  struct ScramCredentialUpsertion {
    std::string name;
    int8_t mechanism = 0;  // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
    int32_t iterations = 0;
    Bytes salt;
    Bytes salted_password;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Mechanism", m.mechanism);
      io("Iterations", m.iterations);
      io("Salt", m.salt);
      io("SaltedPassword", m.salted_password);
    }
  };

  std::vector<ScramCredentialDeletion> deletions;
  std::vector<ScramCredentialUpsertion> upsertions;

  static void fields(auto& m, auto& io) {
    io("Deletions", m.deletions);
    io("Upsertions", m.upsertions);
  }
};

struct AlterUserScramCredentialsResponse {
  static constexpr int16_t kKey = 51;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct AlterUserScramCredentialsResult {
    std::string user;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";

    static void fields(auto& m, auto& io) {
      io("User", m.user);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AlterUserScramCredentialsResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
