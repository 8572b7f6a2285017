// AlterConfigs (key 33): replace the dynamic configuration of resources (KIP-133).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible.
struct AlterConfigsRequest {
  static constexpr int16_t kKey = 33;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct AlterableConfig {
    std::string name;
    std::optional<std::string> value = "";

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Value", m.value);
    }
  };

  struct AlterConfigsResource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<AlterableConfig> configs;

    static void fields(auto& m, auto& io) {
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
      io("Configs", m.configs);
    }
  };

  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;

  static void fields(auto& m, auto& io) {
    io("Resources", m.resources);
    io("ValidateOnly", m.validate_only);
  }
};

/// v2 flexible.
struct AlterConfigsResponse {
  static constexpr int16_t kKey = 33;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct AlterConfigsResourceResponse {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    int8_t resource_type = 0;
    std::string resource_name;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Responses", m.responses);
  }
};

}  // namespace meerkat::wire
