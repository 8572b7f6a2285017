// ExpireDelegationToken (key 40): end a token's life earlier (KIP-48).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible. A negative period ends it at once.
struct ExpireDelegationTokenRequest {
  static constexpr int16_t kKey = 40;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  Bytes hmac;
  int64_t expiry_time_period_ms = 0;

  static void fields(auto& m, auto& io) {
    io("Hmac", m.hmac);
    io("ExpiryTimePeriodMs", m.expiry_time_period_ms);
  }
};

/// v2 flexible.
struct ExpireDelegationTokenResponse {
  static constexpr int16_t kKey = 40;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  ErrorCode error_code = ErrorCode::none;
  int64_t expiry_timestamp_ms = 0;
  int32_t throttle_time_ms = 0;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("ExpiryTimestampMs", m.expiry_timestamp_ms);
    io("ThrottleTimeMs", m.throttle_time_ms);
  }
};

}  // namespace meerkat::wire
