// LeaderAndIsr (key 4): the controller tells a broker which partitions it leads and follows.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 is_new (KIP-112), v2 broker epoch and partitions grouped by topic (KIP-380), v3 adding and removing
/// replicas (KIP-455), v4 flexible, v5 topic ids and full or incremental type (KIP-516), v6 leader recovery
/// state (KIP-704), v7 controller of a KRaft quorum (KIP-866).
struct LeaderAndIsrRequest {
  static constexpr int16_t kKey = 4;
  static constexpr Versions kVersions = between(0, 7);
  static constexpr int16_t kFlexible = 4;

  struct LeaderAndIsrPartitionState {
    std::string topic_name;
    int32_t partition_index = 0;
    int32_t controller_epoch = 0;
    int32_t leader = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> isr;
    int32_t partition_epoch = 0;  // version of the partition's state znode
    std::vector<int32_t> replicas;
    std::vector<int32_t> adding_replicas;
    std::vector<int32_t> removing_replicas;
    bool is_new = false;
    int8_t leader_recovery_state = 0;  // 0 recovered, 1 recovering after an unclean election

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name, between(0, 1), ignorable);
      io("PartitionIndex", m.partition_index);
      io("ControllerEpoch", m.controller_epoch);
      io("Leader", m.leader);
      io("LeaderEpoch", m.leader_epoch);
      io("Isr", m.isr);
      io("PartitionEpoch", m.partition_epoch);
      io("Replicas", m.replicas);
      io("AddingReplicas", m.adding_replicas, since(3), ignorable);
      io("RemovingReplicas", m.removing_replicas, since(3), ignorable);
      io("IsNew", m.is_new, since(1), ignorable);
      io("LeaderRecoveryState", m.leader_recovery_state, since(6));
    }
  };

  struct LeaderAndIsrTopicState {
    std::string topic_name;
    Uuid topic_id;
    std::vector<LeaderAndIsrPartitionState> partition_states;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("TopicId", m.topic_id, since(5), ignorable);
      io("PartitionStates", m.partition_states);
    }
  };

  struct LeaderAndIsrLiveLeader {
    int32_t broker_id = 0;
    std::string host_name;
    int32_t port = 0;

    static void fields(auto& m, auto& io) {
      io("BrokerId", m.broker_id);
      io("HostName", m.host_name);
      io("Port", m.port);
    }
  };

  int32_t controller_id = 0;
  bool is_kraft_controller = false;
  int32_t controller_epoch = 0;
  int64_t broker_epoch = -1;
  int8_t type = 0;  // 0 unknown, 1 incremental, 2 full
  std::vector<LeaderAndIsrPartitionState> ungrouped_partition_states;
  std::vector<LeaderAndIsrTopicState> topic_states;
  std::vector<LeaderAndIsrLiveLeader> live_leaders;

  static void fields(auto& m, auto& io) {
    io("ControllerId", m.controller_id);
    io("isKRaftController", m.is_kraft_controller, since(7));
    io("ControllerEpoch", m.controller_epoch);
    io("BrokerEpoch", m.broker_epoch, since(2), ignorable);
    io("Type", m.type, since(5));
    io("UngroupedPartitionStates", m.ungrouped_partition_states, between(0, 1));
    io("TopicStates", m.topic_states, since(2));
    io("LiveLeaders", m.live_leaders);
  }
};

/// v4 flexible, v5 by topic id (KIP-516).
struct LeaderAndIsrResponse {
  static constexpr int16_t kKey = 4;
  static constexpr Versions kVersions = between(0, 7);
  static constexpr int16_t kFlexible = 4;

  struct LeaderAndIsrPartitionError {
    std::string topic_name;
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name, between(0, 4), ignorable);
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  struct LeaderAndIsrTopicError {
    Uuid topic_id;
    std::vector<LeaderAndIsrPartitionError> partition_errors;

    static void fields(auto& m, auto& io) {
      io("TopicId", m.topic_id);
      io("PartitionErrors", m.partition_errors);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<LeaderAndIsrPartitionError> partition_errors;
  std::vector<LeaderAndIsrTopicError> topics;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("PartitionErrors", m.partition_errors, between(0, 4));
    io("Topics", m.topics, since(5));
  }
};

}  // namespace meerkat::wire
