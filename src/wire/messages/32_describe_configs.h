// DescribeConfigs (key 32): configuration of topics, brokers and loggers (KIP-133).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 synonyms (KIP-226), v3 documentation (KIP-569), v4 flexible.
struct DescribeConfigsRequest {
  static constexpr int16_t kKey = 32;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  struct DescribeConfigsResource {
    int8_t resource_type = 0;  // 2 topic, 4 broker, 8 broker logger
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys = std::vector<std::string>{};  // null: all

    static void fields(auto& m, auto& io) {
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
      io("ConfigurationKeys", m.configuration_keys);
    }
  };

  std::vector<DescribeConfigsResource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;

  static void fields(auto& m, auto& io) {
    io("Resources", m.resources);
    io("IncludeSynonyms", m.include_synonyms, since(1));
    io("IncludeDocumentation", m.include_documentation, since(3));
  }
};

/// v1 source and synonyms (KIP-226), v3 type and documentation (KIP-569), v4 flexible.
struct DescribeConfigsResponse {
  static constexpr int16_t kKey = 32;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  struct DescribeConfigsSynonym {
    std::string name;
    std::optional<std::string> value = "";
    int8_t source = 0;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Value", m.value);
      io("Source", m.source);
    }
  };

  struct DescribeConfigsResourceResult {
    std::string name;
    std::optional<std::string> value = "";
    bool read_only = false;
    bool is_default = false;
    int8_t config_source = -1;  // 1 topic, 2 broker, 3 all brokers, 4 file, 5 default, 6 logger
    bool is_sensitive = false;
    std::vector<DescribeConfigsSynonym> synonyms;
    int8_t config_type = 0;
    std::optional<std::string> documentation = "";

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Value", m.value);
      io("ReadOnly", m.read_only);
      io("IsDefault", m.is_default, only(0));
      io("ConfigSource", m.config_source, since(1), ignorable);
      io("IsSensitive", m.is_sensitive);
      io("Synonyms", m.synonyms, since(1), ignorable);
      io("ConfigType", m.config_type, since(3), ignorable);
      io("Documentation", m.documentation, since(3), ignorable);
    }
  };

  struct DescribeConfigsResult {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<DescribeConfigsResourceResult> configs;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("ResourceType", m.resource_type);
      io("ResourceName", m.resource_name);
      io("Configs", m.configs);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
