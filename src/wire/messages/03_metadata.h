// Metadata (key 3): brokers, topics, partitions and their leaders.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 null means all topics (in v0 an empty list does), v4 auto creation can be declined (KIP-204), v8
/// authorized operations (KIP-430), v9 flexible, v10 topic ids (KIP-516; asking by id works from v12), v11
/// cluster operations moved to DescribeCluster (KIP-700).
struct MetadataRequest {
  static constexpr int16_t kKey = 3;
  static constexpr Versions kVersions = between(0, 12);
  static constexpr int16_t kFlexible = 9;

  struct MetadataRequestTopic {
    Uuid topic_id;
    std::optional<std::string> name = "";

    static void fields(auto& m, auto& io) {
      io("TopicId", m.topic_id, since(10), ignorable);
      io("Name", m.name, nullable_since(10));
    }
  };

  std::optional<std::vector<MetadataRequestTopic>> topics = std::vector<MetadataRequestTopic>{};  // null: all (v1+)
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;

  static void fields(auto& m, auto& io) {
    io("Topics", m.topics, nullable_since(1));
    io("AllowAutoTopicCreation", m.allow_auto_topic_creation, since(4));
    io("IncludeClusterAuthorizedOperations", m.include_cluster_authorized_operations, between(8, 10));
    io("IncludeTopicAuthorizedOperations", m.include_topic_authorized_operations, since(8));
  }
};

/// v1 racks, controller and internal flag, v2 cluster id (KIP-78), v3 throttle time, v5 offline replicas
/// (KIP-112), v7 leader epochs (KIP-320), v8 authorized operations (KIP-430), v9 flexible, v10 topic ids
/// (KIP-516), v12 the name may be null when asked by id.
struct MetadataResponse {
  static constexpr int16_t kKey = 3;
  static constexpr Versions kVersions = between(0, 12);
  static constexpr int16_t kFlexible = 9;

  struct MetadataResponseBroker {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;

    static void fields(auto& m, auto& io) {
      io("NodeId", m.node_id);
      io("Host", m.host);
      io("Port", m.port);
      io("Rack", m.rack, since(1), ignorable);
    }
  };

  struct MetadataResponsePartition {
    ErrorCode error_code = ErrorCode::none;
    int32_t partition_index = 0;
    int32_t leader_id = 0;  // -1: none
    int32_t leader_epoch = -1;
    std::vector<int32_t> replica_nodes;
    std::vector<int32_t> isr_nodes;
    std::vector<int32_t> offline_replicas;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("PartitionIndex", m.partition_index);
      io("LeaderId", m.leader_id);
      io("LeaderEpoch", m.leader_epoch, since(7), ignorable);
      io("ReplicaNodes", m.replica_nodes);
      io("IsrNodes", m.isr_nodes);
      io("OfflineReplicas", m.offline_replicas, since(5), ignorable);
    }
  };

  struct MetadataResponseTopic {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> name = "";
    Uuid topic_id;
    bool is_internal = false;
    std::vector<MetadataResponsePartition> partitions;
    int32_t topic_authorized_operations =
        std::numeric_limits<int32_t>::min();  // bit set by operation code; the default: not asked for

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("Name", m.name, nullable_since(12));
      io("TopicId", m.topic_id, since(10), ignorable);
      io("IsInternal", m.is_internal, since(1), ignorable);
      io("Partitions", m.partitions);
      io("TopicAuthorizedOperations", m.topic_authorized_operations, since(8));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<MetadataResponseBroker> brokers;
  std::optional<std::string> cluster_id;
  int32_t controller_id = -1;  // -1: not known
  std::vector<MetadataResponseTopic> topics;
  int32_t cluster_authorized_operations =
      std::numeric_limits<int32_t>::min();  // bit set by operation code; the default: not asked for

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(3), ignorable);
    io("Brokers", m.brokers);
    io("ClusterId", m.cluster_id, since(2), ignorable);
    io("ControllerId", m.controller_id, since(1), ignorable);
    io("Topics", m.topics);
    io("ClusterAuthorizedOperations", m.cluster_authorized_operations, between(8, 10));
  }
};

}  // namespace meerkat::wire
