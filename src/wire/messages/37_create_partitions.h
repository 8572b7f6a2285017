// CreatePartitions (key 37): raise the number of partitions of topics (KIP-195).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible, v3 may be throttled (KIP-599).
struct CreatePartitionsRequest {
  static constexpr int16_t kKey = 37;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct CreatePartitionsAssignment {
    std::vector<int32_t> broker_ids;

    static void fields(auto& m, auto& io) { io("BrokerIds", m.broker_ids); }
  };

  struct CreatePartitionsTopic {
    std::string name;
    int32_t count = 0;
    std::optional<std::vector<CreatePartitionsAssignment>> assignments = std::vector<CreatePartitionsAssignment>{};

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Count", m.count);
      io("Assignments", m.assignments);
    }
  };

  std::vector<CreatePartitionsTopic> topics;
  int32_t timeout_ms = 0;
  bool validate_only = false;

  static void fields(auto& m, auto& io) {
    io("Topics", m.topics);
    io("TimeoutMs", m.timeout_ms);
    io("ValidateOnly", m.validate_only);
  }
};

/// v2 flexible.
struct CreatePartitionsResponse {
  static constexpr int16_t kKey = 37;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 2;

  struct CreatePartitionsTopicResult {
    std::string name;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
