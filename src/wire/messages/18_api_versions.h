// ApiVersions (key 18): which APIs and versions a broker offers.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 flexible and the client's name and version (KIP-511), v4 features may start at version 0 (KIP-584).
struct ApiVersionsRequest {
  static constexpr int16_t kKey = 18;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 3;

  std::string client_software_name;
  std::string client_software_version;

  static void fields(auto& m, auto& io) {
    io("ClientSoftwareName", m.client_software_name, since(3), ignorable);
    io("ClientSoftwareVersion", m.client_software_version, since(3), ignorable);
  }
};

/// v1 throttle time, v3 flexible body (never header) and features (KIP-584). The answer to a version that is
/// too new is a v0 body with UNSUPPORTED_VERSION and the range of ApiVersions itself (KIP-511).
struct ApiVersionsResponse {
  static constexpr int16_t kKey = 18;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 3;

  struct ApiVersion {
    int16_t api_key = 0;
    int16_t min_version = 0;
    int16_t max_version = 0;

    static void fields(auto& m, auto& io) {
      io("ApiKey", m.api_key);
      io("MinVersion", m.min_version);
      io("MaxVersion", m.max_version);
    }
  };

  struct SupportedFeatureKey {
    std::string name;
    int16_t min_version = 0;
    int16_t max_version = 0;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("MinVersion", m.min_version);
      io("MaxVersion", m.max_version);
    }
  };

  struct FinalizedFeatureKey {
    std::string name;
    int16_t max_version_level = 0;
    int16_t min_version_level = 0;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("MaxVersionLevel", m.max_version_level);
      io("MinVersionLevel", m.min_version_level);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<ApiVersion> api_keys;
  int32_t throttle_time_ms = 0;
  std::vector<SupportedFeatureKey> supported_features;
  int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeatureKey> finalized_features;
  bool zk_migration_ready = false;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("ApiKeys", m.api_keys);
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io.tag(0, "SupportedFeatures", m.supported_features, since(3), ignorable);
    io.tag(1, "FinalizedFeaturesEpoch", m.finalized_features_epoch, since(3), ignorable);
    io.tag(2, "FinalizedFeatures", m.finalized_features, since(3), ignorable);
    io.tag(3, "ZkMigrationReady", m.zk_migration_ready, since(3), ignorable);
  }
};

}  // namespace meerkat::wire
