// DescribeClientQuotas (key 48): the quotas that a filter of entities matches (KIP-546).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 flexible.
struct DescribeClientQuotasRequest {
  static constexpr int16_t kKey = 48;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 1;

  struct ComponentData {
    std::string entity_type;
    int8_t match_type = 0;  // 0 exact name, 1 the default entity, 2 any
    std::optional<std::string> match = "";

    static void fields(auto& m, auto& io) {
      io("EntityType", m.entity_type);
      io("MatchType", m.match_type);
      io("Match", m.match);
    }
  };

  std::vector<ComponentData> components;
  bool strict = false;

  static void fields(auto& m, auto& io) {
    io("Components", m.components);
    io("Strict", m.strict);
  }
};

/// v1 flexible.
struct DescribeClientQuotasResponse {
  static constexpr int16_t kKey = 48;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 1;

  struct EntityData {
    std::string entity_type;
    std::optional<std::string> entity_name = "";

    static void fields(auto& m, auto& io) {
      io("EntityType", m.entity_type);
      io("EntityName", m.entity_name);
    }
  };

  struct ValueData {
    std::string key;
    double value = 0;

    static void fields(auto& m, auto& io) {
      io("Key", m.key);
      io("Value", m.value);
    }
  };

  struct EntryData {
    std::vector<EntityData> entity;
    std::vector<ValueData> values;

    static void fields(auto& m, auto& io) {
      io("Entity", m.entity);
      io("Values", m.values);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  std::optional<std::vector<EntryData>> entries = std::vector<EntryData>{};

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("Entries", m.entries);
  }
};

}  // namespace meerkat::wire
