// AlterPartitionReassignments (key 45): move partitions to other brokers, or stop moving them (KIP-455).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// Null replicas cancel a reassignment.
struct AlterPartitionReassignmentsRequest {
  static constexpr int16_t kKey = 45;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct ReassignablePartition {
    int32_t partition_index = 0;
    std::optional<std::vector<int32_t>> replicas;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("Replicas", m.replicas);
    }
  };

  struct ReassignableTopic {
    std::string name;
    std::vector<ReassignablePartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t timeout_ms = 60000;
  std::vector<ReassignableTopic> topics;

  static void fields(auto& m, auto& io) {
    io("TimeoutMs", m.timeout_ms);
    io("Topics", m.topics);
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr int16_t kKey = 45;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct ReassignablePartitionResponse {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  struct ReassignableTopicResponse {
    std::string name;
    std::vector<ReassignablePartitionResponse> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  std::vector<ReassignableTopicResponse> responses;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("Responses", m.responses);
  }
};

}  // namespace meerkat::wire
