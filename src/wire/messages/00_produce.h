// Produce (key 0): append record batches to partitions; the leader answers.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 transactional id and batches of magic 2 only (KIP-98), v7 zstd (KIP-110), v9 flexible, v11 the client
/// understands TRANSACTION_ABORTABLE (KIP-890). With acks 0 there is no response.
struct ProduceRequest {
  static constexpr int16_t kKey = 0;
  static constexpr Versions kVersions = between(0, 11);
  static constexpr int16_t kFlexible = 9;

  struct PartitionProduceData {
    int32_t index = 0;
    RecordsField records;

    static void fields(auto& m, auto& io) {
      io("Index", m.index);
      io("Records", m.records);
    }
  };

  struct TopicProduceData {
    std::string name;
    std::vector<PartitionProduceData> partition_data;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionData", m.partition_data);
    }
  };

  std::optional<std::string> transactional_id;
  int16_t acks = 0;  // 0 none, 1 the leader, -1 the full ISR
  int32_t timeout_ms = 0;
  std::vector<TopicProduceData> topic_data;

  static void fields(auto& m, auto& io) {
    io("TransactionalId", m.transactional_id, since(3));
    io("Acks", m.acks);
    io("TimeoutMs", m.timeout_ms);
    io("TopicData", m.topic_data);
  }
};

/// v1 throttle time, v2 log append time, v5 log start offset, v8 what was wrong with which record (KIP-467), v9
/// flexible, v10 the new leader and where it listens (KIP-951).
struct ProduceResponse {
  static constexpr int16_t kKey = 0;
  static constexpr Versions kVersions = between(0, 11);
  static constexpr int16_t kFlexible = 9;

  struct BatchIndexAndErrorMessage {
    int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message;

    static void fields(auto& m, auto& io) {
      io("BatchIndex", m.batch_index);
      io("BatchIndexErrorMessage", m.batch_index_error_message);
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

  struct PartitionProduceResponse {
    int32_t index = 0;
    ErrorCode error_code = ErrorCode::none;
    int64_t base_offset = 0;
    int64_t log_append_time_ms = -1;  // -1 unless the topic stamps with LogAppendTime
    int64_t log_start_offset = -1;
    std::vector<BatchIndexAndErrorMessage> record_errors;
    std::optional<std::string> error_message;
    LeaderIdAndEpoch current_leader;

    static void fields(auto& m, auto& io) {
      io("Index", m.index);
      io("ErrorCode", m.error_code);
      io("BaseOffset", m.base_offset);
      io("LogAppendTimeMs", m.log_append_time_ms, since(2), ignorable);
      io("LogStartOffset", m.log_start_offset, since(5), ignorable);
      io("RecordErrors", m.record_errors, since(8), ignorable);
      io("ErrorMessage", m.error_message, since(8), ignorable);
      io.tag(0, "CurrentLeader", m.current_leader, since(10));
    }
  };

  struct TopicProduceResponse {
    std::string name;
    std::vector<PartitionProduceResponse> partition_responses;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionResponses", m.partition_responses);
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

  std::vector<TopicProduceResponse> responses;
  int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;

  static void fields(auto& m, auto& io) {
    io("Responses", m.responses);
    io("ThrottleTimeMs", m.throttle_time_ms, since(1), ignorable);
    io.tag(0, "NodeEndpoints", m.node_endpoints, since(10));
  }
};

}  // namespace meerkat::wire
