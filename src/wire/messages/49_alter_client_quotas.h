// AlterClientQuotas (key 49): set and remove quotas of entities (KIP-546).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 flexible.
struct AlterClientQuotasRequest {
  static constexpr int16_t kKey = 49;
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

  struct OpData {
    std::string key;
    double value = 0;
    bool remove = false;

    static void fields(auto& m, auto& io) {
      io("Key", m.key);
      io("Value", m.value);
      io("Remove", m.remove);
    }
  };

  struct EntryData {
    std::vector<EntityData> entity;
    std::vector<OpData> ops;

    static void fields(auto& m, auto& io) {
      io("Entity", m.entity);
      io("Ops", m.ops);
    }
  };

  std::vector<EntryData> entries;
  bool validate_only = false;

  static void fields(auto& m, auto& io) {
    io("Entries", m.entries);
    io("ValidateOnly", m.validate_only);
  }
};

/// v1 flexible.
struct AlterClientQuotasResponse {
  static constexpr int16_t kKey = 49;
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

  struct EntryData {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    std::vector<EntityData> entity;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("Entity", m.entity);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<EntryData> entries;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Entries", m.entries);
  }
};

}  // namespace meerkat::wire
