// OffsetFetch (key 9): the positions that consumer groups have stored.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v0 reads from ZooKeeper, v2 null means all topics (KIP-88), v6 flexible, v7 require_stable (KIP-447), v8
/// several groups at once (KIP-709), v9 member id and epoch (KIP-848).
struct OffsetFetchRequest {
  static constexpr int16_t kKey = 9;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 6;

  struct OffsetFetchRequestTopic {
    std::string name;
    std::vector<int32_t> partition_indexes;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionIndexes", m.partition_indexes);
    }
  };

  struct OffsetFetchRequestTopics {
    std::string name;
    std::vector<int32_t> partition_indexes;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("PartitionIndexes", m.partition_indexes);
    }
  };

  struct OffsetFetchRequestGroup {
    std::string group_id;
    std::optional<std::string> member_id;
    int32_t member_epoch = -1;
    std::optional<std::vector<OffsetFetchRequestTopics>> topics = std::vector<OffsetFetchRequestTopics>{};

    static void fields(auto& m, auto& io) {
      io("GroupId", m.group_id);
      io("MemberId", m.member_id, since(9), ignorable);
      io("MemberEpoch", m.member_epoch, since(9), ignorable);
      io("Topics", m.topics);
    }
  };

  std::string group_id;
  std::optional<std::vector<OffsetFetchRequestTopic>> topics = std::vector<OffsetFetchRequestTopic>{};
  std::vector<OffsetFetchRequestGroup> groups;
  bool require_stable = false;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id, between(0, 7));
    io("Topics", m.topics, between(0, 7), nullable_since(2));
    io("Groups", m.groups, since(8));
    io("RequireStable", m.require_stable, since(7));
  }
};

/// v2 a top-level error (KIP-88), v3 throttle time, v5 leader epoch (KIP-320), v6 flexible, v8 several groups
/// at once (KIP-709).
struct OffsetFetchResponse {
  static constexpr int16_t kKey = 9;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 6;

  struct OffsetFetchResponsePartition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;  // -1: none
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata = "";
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("CommittedOffset", m.committed_offset);
      io("CommittedLeaderEpoch", m.committed_leader_epoch, since(5), ignorable);
      io("Metadata", m.metadata);
      io("ErrorCode", m.error_code);
    }
  };

  struct OffsetFetchResponseTopic {
    std::string name;
    std::vector<OffsetFetchResponsePartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  struct OffsetFetchResponsePartitions {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;  // -1: none
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata = "";
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("CommittedOffset", m.committed_offset);
      io("CommittedLeaderEpoch", m.committed_leader_epoch);
      io("Metadata", m.metadata);
      io("ErrorCode", m.error_code);
    }
  };

  struct OffsetFetchResponseTopics {
    std::string name;
    std::vector<OffsetFetchResponsePartitions> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  struct OffsetFetchResponseGroup {
    std::string group_id;
    std::vector<OffsetFetchResponseTopics> topics;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("GroupId", m.group_id);
      io("Topics", m.topics);
      io("ErrorCode", m.error_code);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<OffsetFetchResponseTopic> topics;
  ErrorCode error_code = ErrorCode::none;
  std::vector<OffsetFetchResponseGroup> groups;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(3), ignorable);
    io("Topics", m.topics, between(0, 7));
    io("ErrorCode", m.error_code, between(2, 7), ignorable);
    io("Groups", m.groups, since(8));
  }
};

}  // namespace meerkat::wire
