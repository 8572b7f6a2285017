// AlterPartition (key 56): a leader asks the controller to change the ISR (KIP-497).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 leader recovery state (KIP-704), v2 topic ids (KIP-841), v3 broker epochs beside the new ISR (KIP-903).
struct AlterPartitionRequest {
  static constexpr int16_t kKey = 56;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 0;

  struct BrokerState {
    int32_t broker_id = 0;
    int64_t broker_epoch = -1;

    static void fields(auto& m, auto& io) {
      io("BrokerId", m.broker_id);
      io("BrokerEpoch", m.broker_epoch);
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> new_isr;
    std::vector<BrokerState> new_isr_with_epochs;
    int8_t leader_recovery_state = 0;  // 0 recovered, 1 recovering after an unclean election
    int32_t partition_epoch = 0;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("LeaderEpoch", m.leader_epoch);
      io("NewIsr", m.new_isr, between(0, 2));
      io("NewIsrWithEpochs", m.new_isr_with_epochs, since(3));
      io("LeaderRecoveryState", m.leader_recovery_state, since(1));
      io("PartitionEpoch", m.partition_epoch);
    }
  };

  struct TopicData {
    std::string topic_name;
    Uuid topic_id;
    std::vector<PartitionData> partitions;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name, between(0, 1), ignorable);
      io("TopicId", m.topic_id, since(2), ignorable);
      io("Partitions", m.partitions);
    }
  };

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  std::vector<TopicData> topics;

  static void fields(auto& m, auto& io) {
    io("BrokerId", m.broker_id);
    io("BrokerEpoch", m.broker_epoch);
    io("Topics", m.topics);
  }
};

/// v1 leader recovery state (KIP-704), v2 topic ids (KIP-841).
struct AlterPartitionResponse {
  static constexpr int16_t kKey = 56;
  static constexpr Versions kVersions = between(0, 3);
  static constexpr int16_t kFlexible = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> isr;
    int8_t leader_recovery_state = 0;
    int32_t partition_epoch = 0;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
      io("LeaderId", m.leader_id);
      io("LeaderEpoch", m.leader_epoch);
      io("Isr", m.isr);
      io("LeaderRecoveryState", m.leader_recovery_state, since(1), ignorable);
      io("PartitionEpoch", m.partition_epoch);
    }
  };

  struct TopicData {
    std::string topic_name;
    Uuid topic_id;
    std::vector<PartitionData> partitions;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name, between(0, 1), ignorable);
      io("TopicId", m.topic_id, since(2), ignorable);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<TopicData> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
