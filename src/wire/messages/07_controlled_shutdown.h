// ControlledShutdown (key 7): a broker asks the controller to move its leaderships away.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v0 comes with request header v0, which has no client id. v2 broker epoch (KIP-380), v3 flexible.
struct ControlledShutdownRequest {
  static constexpr int16_t kKey = 7;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 3;

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;

  static void fields(auto& m, auto& io) {
    io("BrokerId", m.broker_id);
    io("BrokerEpoch", m.broker_epoch, since(2), ignorable);
  }
};

/// v3 flexible.
struct ControlledShutdownResponse {
  static constexpr int16_t kKey = 7;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 3;

  struct RemainingPartition {
    std::string topic_name;
    int32_t partition_index = 0;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("PartitionIndex", m.partition_index);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<RemainingPartition> remaining_partitions;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("RemainingPartitions", m.remaining_partitions);
  }
};

}  // namespace meerkat::wire
