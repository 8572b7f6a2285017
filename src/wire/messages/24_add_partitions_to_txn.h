// AddPartitionsToTxn (key 24): partitions enter a transaction, or a leader asks whether they have (KIP-98,
// KIP-890).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 flexible; up to here for clients. v4 several transactions at once and verify_only, for brokers (KIP-890).
struct AddPartitionsToTxnRequest {
  static constexpr int16_t kKey = 24;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 3;

  struct AddPartitionsToTxnTopic {
    std::string name;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("Partitions", m.partitions);
    }
  };

  struct AddPartitionsToTxnTransaction {
    std::string transactional_id;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    bool verify_only = false;
    std::vector<AddPartitionsToTxnTopic> topics;

    static void fields(auto& m, auto& io) {
      io("TransactionalId", m.transactional_id);
      io("ProducerId", m.producer_id);
      io("ProducerEpoch", m.producer_epoch);
      io("VerifyOnly", m.verify_only);
      io("Topics", m.topics);
    }
  };

  std::vector<AddPartitionsToTxnTransaction> transactions;
  std::string v3_and_below_transactional_id;
  int64_t v3_and_below_producer_id = 0;
  int16_t v3_and_below_producer_epoch = 0;
  std::vector<AddPartitionsToTxnTopic> v3_and_below_topics;

  static void fields(auto& m, auto& io) {
    io("Transactions", m.transactions, since(4));
    io("V3AndBelowTransactionalId", m.v3_and_below_transactional_id, between(0, 3));
    io("V3AndBelowProducerId", m.v3_and_below_producer_id, between(0, 3));
    io("V3AndBelowProducerEpoch", m.v3_and_below_producer_epoch, between(0, 3));
    io("V3AndBelowTopics", m.v3_and_below_topics, between(0, 3));
  }
};

/// v3 flexible, v4 several transactions at once (KIP-890).
struct AddPartitionsToTxnResponse {
  static constexpr int16_t kKey = 24;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 3;

  struct AddPartitionsToTxnPartitionResult {
    int32_t partition_index = 0;
    ErrorCode partition_error_code = ErrorCode::none;

    static void fields(auto& m, auto& io) {
      io("PartitionIndex", m.partition_index);
      io("PartitionErrorCode", m.partition_error_code);
    }
  };

  struct AddPartitionsToTxnTopicResult {
    std::string name;
    std::vector<AddPartitionsToTxnPartitionResult> results_by_partition;

    static void fields(auto& m, auto& io) {
      io("Name", m.name);
      io("ResultsByPartition", m.results_by_partition);
    }
  };

  struct AddPartitionsToTxnResult {
    std::string transactional_id;
    std::vector<AddPartitionsToTxnTopicResult> topic_results;

    static void fields(auto& m, auto& io) {
      io("TransactionalId", m.transactional_id);
      io("TopicResults", m.topic_results);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<AddPartitionsToTxnResult> results_by_transaction;
  std::vector<AddPartitionsToTxnTopicResult> results_by_topic_v3_and_below;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code, since(4), ignorable);
    io("ResultsByTransaction", m.results_by_transaction, since(4));
    io("ResultsByTopicV3AndBelow", m.results_by_topic_v3_and_below, between(0, 3));
  }
};

}  // namespace meerkat::wire
