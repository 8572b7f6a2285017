// UpdateMetadata (key 6): the controller tells a broker the state of partitions and the live brokers.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 several endpoints a broker (KIP-103), v2 rack (KIP-36), v3 listener names (KIP-103), v4 offline replicas
/// (KIP-112), v5 broker epoch and partitions grouped by topic (KIP-380), v6 flexible, v7 topic ids (KIP-516),
/// v8 controller of a KRaft quorum and type (KIP-866).
struct UpdateMetadataRequest {
  static constexpr int16_t kKey = 6;
  static constexpr Versions kVersions = between(0, 8);
  static constexpr int16_t kFlexible = 6;

  struct UpdateMetadataPartitionState {
    std::string topic_name;
    int32_t partition_index = 0;
    int32_t controller_epoch = 0;
    int32_t leader = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> isr;
    int32_t zk_version = 0;  // version of the partition's state znode
    std::vector<int32_t> replicas;
    std::vector<int32_t> offline_replicas;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name, between(0, 4), ignorable);
      io("PartitionIndex", m.partition_index);
      io("ControllerEpoch", m.controller_epoch);
      io("Leader", m.leader);
      io("LeaderEpoch", m.leader_epoch);
      io("Isr", m.isr);
      io("ZkVersion", m.zk_version);
      io("Replicas", m.replicas);
      io("OfflineReplicas", m.offline_replicas, since(4), ignorable);
    }
  };

  struct UpdateMetadataTopicState {
    std::string topic_name;
    Uuid topic_id;
    std::vector<UpdateMetadataPartitionState> partition_states;

    static void fields(auto& m, auto& io) {
      io("TopicName", m.topic_name);
      io("TopicId", m.topic_id, since(7), ignorable);
      io("PartitionStates", m.partition_states);
    }
  };

  struct UpdateMetadataEndpoint {
    int32_t port = 0;
    std::string host;
    std::string listener;
    int16_t security_protocol = 0;

    static void fields(auto& m, auto& io) {
      io("Port", m.port);
      io("Host", m.host);
      io("Listener", m.listener, since(3), ignorable);
      io("SecurityProtocol", m.security_protocol);
    }
  };

  struct UpdateMetadataBroker {
    int32_t id = 0;
    std::string v0_host;
    int32_t v0_port = 0;
    std::vector<UpdateMetadataEndpoint> endpoints;
    std::optional<std::string> rack = "";

    static void fields(auto& m, auto& io) {
      io("Id", m.id);
      io("V0Host", m.v0_host, only(0), ignorable);
      io("V0Port", m.v0_port, only(0), ignorable);
      io("Endpoints", m.endpoints, since(1), ignorable);
      io("Rack", m.rack, since(2), ignorable);
    }
  };

  int32_t controller_id = 0;
  bool is_kraft_controller = false;
  int8_t type = 0;  // 0 unknown, 1 incremental, 2 full
  int32_t controller_epoch = 0;
  int64_t broker_epoch = -1;
  std::vector<UpdateMetadataPartitionState> ungrouped_partition_states;
  std::vector<UpdateMetadataTopicState> topic_states;
  std::vector<UpdateMetadataBroker> live_brokers;

  static void fields(auto& m, auto& io) {
    io("ControllerId", m.controller_id);
    io("isKRaftController", m.is_kraft_controller, since(8));
    io.tag(0, "Type", m.type, since(8));
    io("ControllerEpoch", m.controller_epoch);
    io("BrokerEpoch", m.broker_epoch, since(5), ignorable);
    io("UngroupedPartitionStates", m.ungrouped_partition_states, between(0, 4));
    io("TopicStates", m.topic_states, since(5));
    io("LiveBrokers", m.live_brokers);
  }
};

/// v6 flexible.
struct UpdateMetadataResponse {
  static constexpr int16_t kKey = 6;
  static constexpr Versions kVersions = between(0, 8);
  static constexpr int16_t kFlexible = 6;

  ErrorCode error_code = ErrorCode::none;

  static void fields(auto& m, auto& io) { io("ErrorCode", m.error_code); }
};

}  // namespace meerkat::wire
