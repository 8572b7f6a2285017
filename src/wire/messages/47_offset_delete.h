// OffsetDelete (key 47): remove stored positions of a group (KIP-496). Never flexible.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct OffsetDeleteRequest {
  static constexpr int16_t kKey = 47;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = kNeverFlexible;

  struct OffsetDeleteRequestPartition {
    int32_t partition_index = 0;

    static void fields(auto& m, auto& io) { io("PartitionIndex", m.partition_index); }
  };

  struct OffsetDeleteRequestTopic {
    std::string name;
    std::vector<OffsetDeleteRequestPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  std::string group_id;
  std::vector<OffsetDeleteRequestTopic> topics;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("Topics", m.topics);
  }
};

struct OffsetDeleteResponse {
  static constexpr int16_t kKey = 47;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = kNeverFlexible;

  struct OffsetDeleteResponsePartition {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  struct OffsetDeleteResponseTopic {
    std::string name;
    std::vector<OffsetDeleteResponsePartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  int32_t throttle_time_ms = 0;
  std::vector<OffsetDeleteResponseTopic> topics;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
