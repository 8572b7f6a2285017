// SaslAuthenticate (key 36): one step of a SASL exchange (KIP-152).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible.
struct SaslAuthenticateRequest {
  static constexpr int16_t kKey = 36;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  Bytes auth_bytes;

  static void fields(auto& m, auto& io) { io("AuthBytes", m.auth_bytes); }
};

/// v1 lifetime of the session (KIP-368), v2 flexible.
struct SaslAuthenticateResponse {
  static constexpr int16_t kKey = 36;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  Bytes auth_bytes;
  int64_t session_lifetime_ms = 0;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("AuthBytes", m.auth_bytes);
    io("SessionLifetimeMs", m.session_lifetime_ms, since(1), ignorable);
  }
};

}  // namespace meerkat::wire
