// FindCoordinator (key 10): which broker coordinates a group or a transactional id.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 transactional ids too (KIP-98), v3 flexible, v4 several keys at once (KIP-699), v5 the client understands
/// TRANSACTION_ABORTABLE (KIP-890), v6 share groups (KIP-932).
struct FindCoordinatorRequest {
  static constexpr int16_t kKey = 10;
  static constexpr Versions kVersions = between(0, 6);
  static constexpr int16_t kFlexible = 3;

  std::string key;
  int8_t key_type = 0;  // 0 group, 1 transactional id, 2 share group
  std::vector<std::string> coordinator_keys;

  static void fields(auto& m, auto& io) {
    io("Key", m.key, between(0, 3));
    io("KeyType", m.key_type, since(1));
    io("CoordinatorKeys", m.coordinator_keys, since(4));
  }
};

/// v1 throttle time and error message, v3 flexible, v4 several keys at once (KIP-699).
struct FindCoordinatorResponse {
  static constexpr int16_t kKey = 10;
  static constexpr Versions kVersions = between(0, 6);
  static constexpr int16_t kFlexible = 3;

  struct Coordinator {
    std::string key;
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";

    static void fields(auto& m, auto& io) {
      io("Key", m.key);
      io("NodeId", m.node_id);
      io("Host", m.host);
      io("Port", m.port);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  int32_t node_id = 0;
  std::string host;
  int32_t port = 0;
  std::vector<Coordinator> coordinators;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("ErrorCode", m.error_code, between(0, 3));
    io("ErrorMessage", m.error_message, between(1, 3), ignorable);
    io("NodeId", m.node_id, between(0, 3));
    io("Host", m.host, between(0, 3));
    io("Port", m.port, between(0, 3));
    io("Coordinators", m.coordinators, since(4));
  }
};

}  // namespace meerkat::wire
