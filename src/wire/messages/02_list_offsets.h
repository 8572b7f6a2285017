// ListOffsets (key 2): the offset that belongs to a timestamp, or the first or last one.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 one offset instead of a list (KIP-79), v2 isolation level (KIP-98), v4 leader epoch (KIP-320), v6
/// flexible. Special timestamps: -1 latest, -2 earliest, -3 greatest timestamp from v7 (KIP-734), -4 earliest
/// local from v8 (KIP-405), -5 latest tiered from v9 (KIP-1005).
struct ListOffsetsRequest {
  static constexpr int16_t kKey = 2;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 6;

  struct ListOffsetsPartition {
    int32_t partition_index = 0;
    int32_t current_leader_epoch = -1;
    int64_t timestamp = 0;
    int32_t max_num_offsets = 1;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("CurrentLeaderEpoch", m.current_leader_epoch, since(4), ignorable);
      io("Timestamp", m.timestamp);
      io("MaxNumOffsets", m.max_num_offsets, only(0));
    }
  };

  struct ListOffsetsTopic {
    std::string name;
    std::vector<ListOffsetsPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t replica_id = 0;      // -1: a consumer
  int8_t isolation_level = 0;  // 0 read_uncommitted, 1 read_committed
  std::vector<ListOffsetsTopic> topics;

  static void fields(auto& m, auto& io) {
    io("ReplicaId", m.replica_id);
    io("IsolationLevel", m.isolation_level, since(2));
    io("Topics", m.topics);
  }
};

/// v1 one offset and its timestamp instead of a list (KIP-79), v2 throttle time, v4 leader epoch (KIP-320), v6
/// flexible.
struct ListOffsetsResponse {
  static constexpr int16_t kKey = 2;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 6;

  struct ListOffsetsPartitionResponse {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::vector<int64_t> old_style_offsets;
    int64_t timestamp = -1;
    int64_t offset = -1;
    int32_t leader_epoch = -1;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
      io("OldStyleOffsets", m.old_style_offsets, only(0));
      io("Timestamp", m.timestamp, since(1));
      io("Offset", m.offset, since(1));
      io("LeaderEpoch", m.leader_epoch, since(4));
    }
  };

  struct ListOffsetsTopicResponse {
    std::string name;
    std::vector<ListOffsetsPartitionResponse> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsTopicResponse> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(2), ignorable);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
