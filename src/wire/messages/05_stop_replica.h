// StopReplica (key 5): the controller tells a broker to stop replicas, and to delete them.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 broker epoch and partitions grouped by topic (KIP-380), v2 flexible, v3 leader epoch and delete flag for
/// each partition (KIP-570), v4 controller of a KRaft quorum (KIP-866).
struct StopReplicaRequest {
  static constexpr int16_t kKey = 5;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 2;

  struct StopReplicaPartitionV0 {
    std::string topic_name;
    int32_t partition_index = 0;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("PartitionIndex", m.partition_index);
    }
  };

  struct StopReplicaTopicV1 {
    std::string name;
    std::vector<int32_t> partition_indexes;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionIndexes", m.partition_indexes);
    }
  };

  struct StopReplicaPartitionState {
    int32_t partition_index = 0;
    int32_t leader_epoch = -1;
    bool delete_partition = false;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("LeaderEpoch", m.leader_epoch);
      io("DeletePartition", m.delete_partition);
    }
  };

  struct StopReplicaTopicState {
    std::string topic_name;
    std::vector<StopReplicaPartitionState> partition_states;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("PartitionStates", m.partition_states);
    }
  };

  int32_t controller_id = 0;
  bool is_kraft_controller = false;
  int32_t controller_epoch = 0;
  int64_t broker_epoch = -1;
  bool delete_partitions = false;
  std::vector<StopReplicaPartitionV0> ungrouped_partitions;
  std::vector<StopReplicaTopicV1> topics;
  std::vector<StopReplicaTopicState> topic_states;

  static void fields(auto& m, auto& io) {
    io("ControllerId", m.controller_id);
    io("isKRaftController", m.is_kraft_controller, since(4));
    io("ControllerEpoch", m.controller_epoch);
    io("BrokerEpoch", m.broker_epoch, since(1), ignorable);
    io("DeletePartitions", m.delete_partitions, between(0, 2));
    io("UngroupedPartitions", m.ungrouped_partitions, only(0));
    io("Topics", m.topics, between(1, 2));
    io("TopicStates", m.topic_states, since(3));
  }
};

/// v2 flexible, v3 may answer FENCED_LEADER_EPOCH (KIP-570).
struct StopReplicaResponse {
  static constexpr int16_t kKey = 5;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 2;

  struct StopReplicaPartitionError {
    std::string topic_name;
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<StopReplicaPartitionError> partition_errors;

  static void fields(auto& m, auto& io) {
    io("ErrorCode", m.error_code);
    io("PartitionErrors", m.partition_errors);
  }
};

}  // namespace meerkat::wire
