// DescribeProducers (key 61): the active producers of partitions (KIP-664).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct DescribeProducersRequest {
  static constexpr int16_t kKey = 61;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct TopicRequest {
    std::string name;
    std::vector<int32_t> partition_indexes;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionIndexes", m.partition_indexes);
    }
  };

  std::vector<TopicRequest> topics;

  static void fields(auto& m, auto& io) { io("Topics", m.topics); }
};

struct DescribeProducersResponse {
  static constexpr int16_t kKey = 61;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct ProducerState {
    int64_t producer_id = 0;
    int32_t producer_epoch = 0;
    int32_t last_sequence = -1;
    int64_t last_timestamp = -1;
    int32_t coordinator_epoch = 0;
    int64_t current_txn_start_offset = -1;

    static void fields(auto& m, auto& io) {
      io("ProducerId", m.producer_id);
      io("ProducerEpoch", m.producer_epoch);
      io("LastSequence", m.last_sequence);
      io("LastTimestamp", m.last_timestamp);
      io("CoordinatorEpoch", m.coordinator_epoch);
      io("CurrentTxnStartOffset", m.current_txn_start_offset);
    }
  };

  struct PartitionResponse {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::vector<ProducerState> active_producers;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message);
      io("ActiveProducers", m.active_producers);
    }
  };

  struct TopicResponse {
    std::string name;
    std::vector<PartitionResponse> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<TopicResponse> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
