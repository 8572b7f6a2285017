// TxnOffsetCommit (key 28): store a group's positions as part of a transaction (KIP-98).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 leader epoch (KIP-320), v3 flexible; generation and member (KIP-447), v4 the client understands
/// TRANSACTION_ABORTABLE (KIP-890).
struct TxnOffsetCommitRequest {
  static constexpr int16_t kKey = 28;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 3;

  struct TxnOffsetCommitRequestPartition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> committed_metadata = "";

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("CommittedOffset", m.committed_offset);
      io("CommittedLeaderEpoch", m.committed_leader_epoch, since(2), ignorable);
      io("CommittedMetadata", m.committed_metadata);
    }
  };

  struct TxnOffsetCommitRequestTopic {
    std::string name;
    std::vector<TxnOffsetCommitRequestPartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  std::string transactional_id;
  std::string group_id;
  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::vector<TxnOffsetCommitRequestTopic> topics;

  static void fields(auto& m, auto& io) {
    io("TransactionalId", m.transactional_id);
    io("GroupId", m.group_id);
    io("ProducerId", m.producer_id);
    io("ProducerEpoch", m.producer_epoch);
    io("GenerationId", m.generation_id, since(3));
    io("MemberId", m.member_id, since(3));
    io("GroupInstanceId", m.group_instance_id, since(3));
    io("Topics", m.topics);
  }
};

/// v3 flexible.
struct TxnOffsetCommitResponse {
  static constexpr int16_t kKey = 28;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 3;

  struct TxnOffsetCommitResponsePartition {
    int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("ErrorCode", m.error_code);
    }
  };

  struct TxnOffsetCommitResponseTopic {
    std::string name;
    std::vector<TxnOffsetCommitResponsePartition> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<TxnOffsetCommitResponseTopic> topics;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("Topics", m.topics);
  }
};

}  // namespace meerkat::wire
