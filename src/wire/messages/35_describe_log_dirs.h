// DescribeLogDirs (key 35): sizes of replicas and log directories of a broker (KIP-113).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible.
struct DescribeLogDirsRequest {
  static constexpr int16_t kKey = 35;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 2;

  struct DescribableLogDirTopic {
    std::string topic;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  std::optional<std::vector<DescribableLogDirTopic>> topics = std::vector<DescribableLogDirTopic>{};

  static void fields(auto& m, auto& io) { io("Topics", m.topics); }
};

/// v2 flexible, v3 a top-level error, v4 size and free space of the volume (KIP-827).
struct DescribeLogDirsResponse {
  static constexpr int16_t kKey = 35;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 2;

  struct DescribeLogDirsPartition {
    int32_t partition_index = 0;
    int64_t partition_size = 0;
    int64_t offset_lag = 0;
    bool is_future_key = false;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("PartitionSize", m.partition_size);
      io("OffsetLag", m.offset_lag);
      io("IsFutureKey", m.is_future_key);
    }
  };

  struct DescribeLogDirsTopic {
    std::string name;
    std::vector<DescribeLogDirsPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  struct DescribeLogDirsResult {
    ErrorCode error_code = ErrorCode::none;
    std::string log_dir;
    std::vector<DescribeLogDirsTopic> topics;
    int64_t total_bytes = -1;
    int64_t usable_bytes = -1;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("LogDir", m.log_dir);
      io("Topics", m.topics);
      io("TotalBytes", m.total_bytes, since(4), ignorable);
      io("UsableBytes", m.usable_bytes, since(4), ignorable);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<DescribeLogDirsResult> results;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code, since(3), ignorable);
    io("Results", m.results);
  }
};

}  // namespace meerkat::wire
