// DeleteRecords (key 21): move the log start offset of partitions up (KIP-107).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible. Offset -1 stands for the high watermark.
struct DeleteRecordsRequest {
  static constexpr int16_t kKey = 21;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct DeleteRecordsPartition {
    int32_t partition_index = 0;
    int64_t offset = 0;  // -1: the high watermark

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("Offset", m.offset);
    }
  };

  struct DeleteRecordsTopic {
    std::string name;
    std::vector<DeleteRecordsPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  std::vector<DeleteRecordsTopic> topics;
  int32_t timeout_ms = 0;

  static void fields(auto& m, auto& io) {
    io("Topics", m.topics);
    io("TimeoutMs", m.timeout_ms);
  }
};

/// v2 flexible.
struct DeleteRecordsResponse {
  static constexpr int16_t kKey = 21;
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  struct DeleteRecordsPartitionResult {
    int32_t partition_index = 0;
    int64_t low_watermark = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("LowWatermark", m.low_watermark);
      io("ErrorCode", m.error_code);
    }
  };

  struct DeleteRecordsTopicResult {
    std::string name;
    std::vector<DeleteRecordsPartitionResult> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
