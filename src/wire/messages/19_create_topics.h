// CreateTopics (key 19): the controller creates topics.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 validate_only, v4 -1 stands for the broker's default of partitions and replicas (KIP-464), v5 flexible,
/// v6 may be throttled (KIP-599).
struct CreateTopicsRequest {
  static constexpr int16_t kKey = 19;
  static constexpr Versions kVersions = between(0, 7);
  static constexpr int16_t kFlexible = 5;

  struct CreatableReplicaAssignment {
    int32_t partition_index = 0;
    std::vector<int32_t> broker_ids;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("BrokerIds", m.broker_ids);
    }
  };

  struct CreatableTopicConfig {
    std::string name;
    std::optional<std::string> value = "";

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Value", m.value);
    }
  };

  struct CreatableTopic {
    std::string name;
    int32_t num_partitions = 0;      // -1: the broker's default, or an assignment follows
    int16_t replication_factor = 0;  // -1: the broker's default, or an assignment follows
    std::vector<CreatableReplicaAssignment> assignments;
    std::vector<CreatableTopicConfig> configs;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("NumPartitions", m.num_partitions);
      io("ReplicationFactor", m.replication_factor);
      io("Assignments", m.assignments);
      io("Configs", m.configs);
    }
  };

  std::vector<CreatableTopic> topics;
  int32_t timeout_ms = 60000;
  bool validate_only = false;

  static void fields(auto& m, auto& io) {
    io("Topics", m.topics);
    io("timeoutMs", m.timeout_ms);
    io("validateOnly", m.validate_only, since(1));
  }
};

/// v1 error message, v2 throttle time, v5 flexible; what was created, with its configuration (KIP-525), v7
/// topic id (KIP-516).
struct CreateTopicsResponse {
  static constexpr int16_t kKey = 19;
  static constexpr Versions kVersions = between(0, 7);
  static constexpr int16_t kFlexible = 5;

  struct CreatableTopicConfigs {
    std::string name;
    std::optional<std::string> value = "";
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Value", m.value);
      io("ReadOnly", m.read_only);
      io("ConfigSource", m.config_source);
      io("IsSensitive", m.is_sensitive);
    }
  };

  struct CreatableTopicResult {
    std::string name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message = "";
    ErrorCode topic_config_error_code = ErrorCode::none;
    int32_t num_partitions = -1;
    int16_t replication_factor = -1;
    std::optional<std::vector<CreatableTopicConfigs>> configs = std::vector<CreatableTopicConfigs>{};

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("TopicId", m.topic_id, since(7), ignorable);
      io("ErrorCode", m.error_code);
      io("ErrorMessage", m.error_message, since(1), ignorable);
      io.tag(0, "TopicConfigErrorCode", m.topic_config_error_code, since(5), ignorable);
      io("NumPartitions", m.num_partitions, since(5), ignorable);
      io("ReplicationFactor", m.replication_factor, since(5), ignorable);
      io("Configs", m.configs, since(5), ignorable);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<CreatableTopicResult> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(2), ignorable);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
