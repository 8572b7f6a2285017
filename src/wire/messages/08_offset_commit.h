// OffsetCommit (key 8): a consumer group stores its positions.
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v0 stores in ZooKeeper, v1 generation and member, v2 to v4 retention time, v6 leader epoch (KIP-320), v7
/// group.instance.id (KIP-345), v8 flexible, v9 the member epoch of the new group protocol (KIP-848).
struct OffsetCommitRequest {
  static constexpr int16_t kKey = 8;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 8;

  struct OffsetCommitRequestPartition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    int64_t commit_timestamp = -1;
    std::optional<std::string> committed_metadata = "";

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("CommittedOffset", m.committed_offset);
      io("CommittedLeaderEpoch", m.committed_leader_epoch, since(6), ignorable);
      io("CommitTimestamp", m.commit_timestamp, only(1));
      io("CommittedMetadata", m.committed_metadata);
    }
  };

  struct OffsetCommitRequestTopic {
    std::string name;
    std::vector<OffsetCommitRequestPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  std::string group_id;
  int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  int64_t retention_time_ms = -1;
  std::vector<OffsetCommitRequestTopic> topics;

  static void fields(auto& m, auto& io) {
    io("GroupId", m.group_id);
    io("GenerationIdOrMemberEpoch", m.generation_id_or_member_epoch, since(1), ignorable);
    io("MemberId", m.member_id, since(1), ignorable);
    io("GroupInstanceId", m.group_instance_id, since(7));
    io("RetentionTimeMs", m.retention_time_ms, between(2, 4), ignorable);
    io("Topics", m.topics);
  }
};

/// v3 throttle time, v8 flexible, v9 may answer GROUP_ID_NOT_FOUND and STALE_MEMBER_EPOCH (KIP-848).
struct OffsetCommitResponse {
  static constexpr int16_t kKey = 8;
  static constexpr Versions kVersions = between(0, 9);
  static constexpr int16_t kFlexible = 8;

  struct OffsetCommitResponsePartition {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  struct OffsetCommitResponseTopic {
    std::string name;
    std::vector<OffsetCommitResponsePartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<OffsetCommitResponseTopic> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms, since(3), ignorable);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
