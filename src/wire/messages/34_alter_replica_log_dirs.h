// AlterReplicaLogDirs (key 34): move replicas between the log directories of a broker (KIP-113).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible.
struct AlterReplicaLogDirsRequest {
  static constexpr int16_t kKey = 34;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct AlterReplicaLogDirTopic {
    std::string name;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  struct AlterReplicaLogDir {
    std::string path;
    std::vector<AlterReplicaLogDirTopic> topics;

    static void fields(auto& m, auto& io) {
      io("Path", m.path);
      io("Topics", m.topics);
    }
  };

  std::vector<AlterReplicaLogDir> dirs;

  static void fields(auto& m, auto& io) { io("Dirs", m.dirs); }
};

/// v2 flexible.
struct AlterReplicaLogDirsResponse {
  static constexpr int16_t kKey = 34;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct AlterReplicaLogDirPartitionResult {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  struct AlterReplicaLogDirTopicResult {
    std::string topic_name;
    std::vector<AlterReplicaLogDirPartitionResult> partitions;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AlterReplicaLogDirTopicResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
