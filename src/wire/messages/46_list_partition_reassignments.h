// ListPartitionReassignments (key 46): the reassignments under way (KIP-455).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// Null stands for all topics.
struct ListPartitionReassignmentsRequest {
  static constexpr int16_t kKey = 46;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct ListPartitionReassignmentsTopics {
    std::string name;
    std::vector<int32_t> partition_indexes;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionIndexes", m.partition_indexes);
    }
  };

  int32_t timeout_ms = 60000;
  std::optional<std::vector<ListPartitionReassignmentsTopics>> topics;

  static void fields(auto& m, auto& io) {
    io("TimeoutMs", m.timeout_ms);
    io("Topics", m.topics);
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr int16_t kKey = 46;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct OngoingPartitionReassignment {
    int32_t partition_index = 0;
    std::vector<int32_t> replicas;
    std::vector<int32_t> adding_replicas;
    std::vector<int32_t> removing_replicas;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("Replicas", m.replicas);
      io("AddingReplicas", m.adding_replicas);
      io("RemovingReplicas", m.removing_replicas);
    }
  };

  struct OngoingTopicReassignment {
    std::string name;
    std::vector<OngoingPartitionReassignment> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message = "";
  std::vector<OngoingTopicReassignment> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
