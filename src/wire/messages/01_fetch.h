// Fetch (key 1): read record batches; consumers and followers alike.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 a limit for the whole response (KIP-74), v4 isolation level (KIP-98), v5 the follower's log start offset
/// (KIP-107), v7 fetch sessions (KIP-227), v9 leader epoch (KIP-320), v11 rack (KIP-392), v12 flexible and last
/// fetched epoch (KIP-595), v13 topic ids (KIP-516), v15 replica epoch (KIP-903), v17 the replica's directory
/// (KIP-853).
struct FetchRequest {
  static constexpr int16_t kKey = 1;
  static constexpr Versions kVersions = between(0, 17);
  static constexpr int16_t kFlexible = 12;

  struct ReplicaState {
    int32_t replica_id = -1;  // -1: a consumer
    int64_t replica_epoch = -1;

    static void fields(auto& m, auto& io) {
      io("ReplicaId", m.replica_id);
      io("ReplicaEpoch", m.replica_epoch);
    }
  };

  struct FetchPartition {
    int32_t partition = 0;
    int32_t current_leader_epoch = -1;  // -1: not known
    int64_t fetch_offset = 0;
    int32_t last_fetched_epoch = -1;
    int64_t log_start_offset = -1;  // of the follower; -1 from a consumer
    int32_t partition_max_bytes = 0;
    Uuid replica_directory_id;

    static void fields(auto& m, auto& io) {
      io("Partition", m.partition);
      io("CurrentLeaderEpoch", m.current_leader_epoch, since(9), ignorable);
      io("FetchOffset", m.fetch_offset);
      io("LastFetchedEpoch", m.last_fetched_epoch, since(12));
      io("LogStartOffset", m.log_start_offset, since(5), ignorable);
      io("PartitionMaxBytes", m.partition_max_bytes);
      io.tag(0, "ReplicaDirectoryId", m.replica_directory_id, since(17), ignorable);
    }
  };

  struct FetchTopic {
    std::string topic;
    Uuid topic_id;
    std::vector<FetchPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic, between(0, 12), ignorable);
      io("TopicId", m.topic_id, since(13), ignorable);
      io("Partitions", m.partitions);
    }
  };

  struct ForgottenTopic {
    std::string topic;
    Uuid topic_id;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic, between(7, 12), ignorable);
      io("TopicId", m.topic_id, since(13), ignorable);
      io("Partitions", m.partitions);
    }
  };

  std::optional<std::string> cluster_id;
  int32_t replica_id = -1;  // -1: a consumer
  ReplicaState replica_state;
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  int32_t max_bytes = 0x7fffffff;
  int8_t isolation_level = 0;  // 0 read_uncommitted, 1 read_committed
  int32_t session_id = 0;
  int32_t session_epoch = -1;  // -1: no session
  std::vector<FetchTopic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  std::string rack_id;

  static void fields(auto& m, auto& io) {
    io.tag(0, "ClusterId", m.cluster_id, since(12), ignorable);
    io("ReplicaId", m.replica_id, between(0, 14));
    io.tag(1, "ReplicaState", m.replica_state, since(15));
    io("MaxWaitMs", m.max_wait_ms);
    io("MinBytes", m.min_bytes);
    io("MaxBytes", m.max_bytes, since(3), ignorable);
    io("IsolationLevel", m.isolation_level, since(4), ignorable);
    io("SessionId", m.session_id, since(7), ignorable);
    io("SessionEpoch", m.session_epoch, since(7), ignorable);
    io("Topics", m.topics);
    io("ForgottenTopicsData", m.forgotten_topics_data, since(7));
    io("RackId", m.rack_id, since(11), ignorable);
  }
};

/// v1 throttle time, v4 last stable offset and aborted transactions (KIP-98), v5 log start offset, v7 fetch
/// sessions (KIP-227), v11 a nearer replica to read from (KIP-392), v12 flexible and diverging epoch (KIP-595),
/// v13 topic ids (KIP-516), v16 where new leaders listen (KIP-951).
struct FetchResponse {
  static constexpr int16_t kKey = 1;
  static constexpr Versions kVersions = between(0, 17);
  static constexpr int16_t kFlexible = 12;

  struct EpochEndOffset {
    int32_t epoch = -1;
    int64_t end_offset = -1;

    static void fields(auto& m, auto& io) {
      io("Epoch", m.epoch);
      io("EndOffset", m.end_offset);
    }
  };

  struct LeaderIdAndEpoch {
    int32_t leader_id = -1;
    int32_t leader_epoch = -1;

    static void fields(auto& m, auto& io) {
      io("LeaderId", m.leader_id);
      io("LeaderEpoch", m.leader_epoch);
    }
  };

  struct SnapshotId {
    int64_t end_offset = -1;
    int32_t epoch = -1;

    static void fields(auto& m, auto& io) {
      io("EndOffset", m.end_offset);
      io("Epoch", m.epoch);
    }
  };

  struct AbortedTransaction {
    int64_t producer_id = 0;
    int64_t first_offset = 0;

    static void fields(auto& m, auto& io) {
      io("ProducerId", m.producer_id);
      io("FirstOffset", m.first_offset);
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    int64_t high_watermark = 0;
    int64_t last_stable_offset = -1;
    int64_t log_start_offset = -1;
    EpochEndOffset diverging_epoch;
    LeaderIdAndEpoch current_leader;
    SnapshotId snapshot_id;
    std::optional<std::vector<AbortedTransaction>> aborted_transactions = std::vector<AbortedTransaction>{};
    int32_t preferred_read_replica = -1;
    RecordsField records;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
      io("HighWatermark", m.high_watermark);
      io("LastStableOffset", m.last_stable_offset, since(4), ignorable);
      io("LogStartOffset", m.log_start_offset, since(5), ignorable);
      io.tag(0, "DivergingEpoch", m.diverging_epoch, since(12));
      io.tag(1, "CurrentLeader", m.current_leader, since(12));
      io.tag(2, "SnapshotId", m.snapshot_id, since(12));
      io("AbortedTransactions", m.aborted_transactions, since(4), ignorable);
      io("PreferredReadReplica", m.preferred_read_replica, since(11));
      io("Records", m.records);
    }
  };

  struct FetchableTopicResponse {
    std::string topic;
    Uuid topic_id;
    std::vector<PartitionData> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic, between(0, 12), ignorable);
      io("TopicId", m.topic_id, since(13), ignorable);
      io("Partitions", m.partitions);
    }
  };

  struct NodeEndpoint {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;

    static void fields(auto& m, auto& io) {
      io("NodeId", m.node_id);
      io("Host", m.host);
      io("Port", m.port);
      io("Rack", m.rack);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  int32_t session_id = 0;
  std::vector<FetchableTopicResponse> responses;
  std::vector<NodeEndpoint> node_endpoints;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io("ErrorCode", m.error_code, since(7), ignorable);
    io("SessionId", m.session_id, since(7));
    io("Responses", m.responses);
    io.tag(0, "NodeEndpoints", m.node_endpoints, since(16));
  }
};

}  // namespace meerkat::wire
