// SaslHandshake (key 17): choose a SASL mechanism.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 the tokens that follow travel as SaslAuthenticate requests, not as bare frames (KIP-152). Never flexible.
struct SaslHandshakeRequest {
  static constexpr int16_t kKey = 17;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = kNeverFlexible;

  std::string mechanism;

  static void fields(auto& m, auto& io) { io("Mechanism", m.mechanism); }
};

/// Lists the mechanisms that are on offer.
struct SaslHandshakeResponse {
  static constexpr int16_t kKey = 17;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = kNeverFlexible;

  ErrorCode error_code = ErrorCode::none;
  std::vector<std::string> mechanisms;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("Mechanisms", m.mechanisms);
  }
};

}  // namespace meerkat::wire
