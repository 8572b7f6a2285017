// ConsumerGroupHeartbeat (key 68): the one request of the new group protocol (KIP-848).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct ConsumerGroupHeartbeatRequest {
  static constexpr int16_t kKey = 68;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("TopicId", m.topic_id);
      io("Partitions", m.partitions);
    }
  };

  std::string group_id;
  std::string member_id;
  int32_t member_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicPartitions>> topic_partitions;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("MemberId", m.member_id);
    io("MemberEpoch", m.member_epoch);
    io("InstanceId", m.instance_id);
    io("RackId", m.rack_id);
    io("RebalanceTimeoutMs", m.rebalance_timeout_ms);
    io("SubscribedTopicNames", m.subscribed_topic_names);
    io("ServerAssignor", m.server_assignor);
    io("TopicPartitions", m.topic_partitions);
  }
};

struct ConsumerGroupHeartbeatResponse {
  static constexpr int16_t kKey = 68;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("TopicId", m.topic_id);
      io("Partitions", m.partitions);
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;

    static void fields(auto& m, auto& io) { io("TopicPartitions", m.topic_partitions); }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  int32_t member_epoch = 0;
  int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("MemberId", m.member_id);
    io("MemberEpoch", m.member_epoch);
    io("HeartbeatIntervalMs", m.heartbeat_interval_ms);
    io("Assignment", m.assignment);
  }
};

}  // namespace meerkat::wire
