// OffsetForLeaderEpoch (key 23): where a leader epoch ended (KIP-101).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 current leader epoch (KIP-320), v3 replica id (KIP-392), v4 flexible.
struct OffsetForLeaderEpochRequest {
  static constexpr int16_t kKey = 23;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  struct OffsetForLeaderPartition {
    int32_t partition = 0;
    int32_t current_leader_epoch = -1;
    int32_t leader_epoch = 0;

    static void fields(auto& m, auto& io) {
      io("Partition", m.partition);
      io("CurrentLeaderEpoch", m.current_leader_epoch, since(2), ignorable);
      io("LeaderEpoch", m.leader_epoch);
    }
  };

  struct OffsetForLeaderTopic {
    std::string topic;
    std::vector<OffsetForLeaderPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  int32_t replica_id = -2;  // -1 a consumer, -2 a debugging one that may look past the high watermark
  std::vector<OffsetForLeaderTopic> topics;

  static void fields(auto& m, auto& io) {
    io("ReplicaId", m.replica_id, since(3), ignorable);
    io("Topics", m.topics);
  }
};

/// v1 leader epoch (KIP-279), v2 throttle time, v4 flexible.
struct OffsetForLeaderEpochResponse {
  static constexpr int16_t kKey = 23;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 4;

  struct EpochEndOffset {
    ErrorCode error_code = ErrorCode::none;
    int32_t partition = 0;
    int32_t leader_epoch = -1;
    int64_t end_offset = -1;  // -1: the epoch is not known

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("Partition", m.partition);
      io("LeaderEpoch", m.leader_epoch, since(1), ignorable);
      io("EndOffset", m.end_offset);
    }
  };

  struct OffsetForLeaderTopicResult {
    std::string topic;
    std::vector<EpochEndOffset> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderTopicResult> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(2), ignorable);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
