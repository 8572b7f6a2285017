// ElectLeaders (key 43): start elections of preferred or of unclean leaders (KIP-183).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 the kind of election (KIP-460), v2 flexible. Null stands for all partitions.
struct ElectLeadersRequest {
  static constexpr int16_t kKey = 43;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct TopicPartitions {
    std::string topic;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  int8_t election_type = 0;  // 0 preferred, 1 unclean
  std::optional<std::vector<TopicPartitions>> topic_partitions = std::vector<TopicPartitions>{};
  int32_t timeout_ms = 60000;

  static void fields(auto& m, auto& io) {
    io("ElectionType", m.election_type, since(1));
    io("TopicPartitions", m.topic_partitions);
    io("TimeoutMs", m.timeout_ms);
  }
};

/// v1 a top-level error (KIP-460), v2 flexible.
struct ElectLeadersResponse {
  static constexpr int16_t kKey = 43;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct PartitionResult {
    int32_t partition_id = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";

    static void fields(auto& m, auto& io) {
      io("PartitionId", m.partition_id);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
    }
  };

  struct ReplicaElectionResult {
    std::string topic;
    std::vector<PartitionResult> partition_result;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("PartitionResult", m.partition_result);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<ReplicaElectionResult> replica_election_results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code, since(1));
    io("ReplicaElectionResults", m.replica_election_results);
  }
};

}  // namespace meerkat::wire
