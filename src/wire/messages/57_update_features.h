// UpdateFeatures (key 57): change finalized features (KIP-584).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 upgrade type and validate_only.
struct UpdateFeaturesRequest {
  static constexpr int16_t kKey = 57;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 0;

  struct FeatureUpdateKey {
    std::string feature;
    int16_t max_version_level = 0;
    bool allow_downgrade = false;
    int8_t upgrade_type = 1;  // 1 upgrade, 2 safe downgrade, 3 unsafe downgrade

    static void fields(auto& m, auto& io) {
      io("Feature", m.feature);
      io("MaxVersionLevel", m.max_version_level);
      io("AllowDowngrade", m.allow_downgrade, only(0));
      io("UpgradeType", m.upgrade_type, since(1));
    }
  };

  int32_t timeout_ms = 60000;
  std::vector<FeatureUpdateKey> feature_updates;
  bool validate_only = false;

  static void fields(auto& m, auto& io) {
    io("timeoutMs", m.timeout_ms);
    io("FeatureUpdates", m.feature_updates);
    io("ValidateOnly", m.validate_only, since(1));
  }
};

struct UpdateFeaturesResponse {
  static constexpr int16_t kKey = 57;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 0;

  struct UpdatableFeatureResult {
    std::string feature;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";

    static void fields(auto& m, auto& io) {
      io("Feature", m.feature);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  std::vector<UpdatableFeatureResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
