// DescribeTransactions (key 65): state of transactional ids (KIP-664).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct DescribeTransactionsRequest {
  static constexpr int16_t kKey = 65;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  std::vector<std::string> transactional_ids;

  static void fields(auto& m, auto& io) { io("TransactionalIds", m.transactional_ids); }
};

struct DescribeTransactionsResponse {
  static constexpr int16_t kKey = 65;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  struct TopicData {
    std::string topic;
    std::vector<int32_t> partitions;

    static void fields(auto& m, auto& io) {
      io("Topic", m.topic);
      io("Partitions", m.partitions);
    }
  };

  struct TransactionState {
    ErrorCode error_code = ErrorCode::none;
    std::string transactional_id;
    std::string transaction_state;
    int32_t transaction_timeout_ms = 0;
    int64_t transaction_start_time_ms = 0;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    std::vector<TopicData> topics;

    static void fields(auto& m, auto& io) {
      io("ErrorCode", m.error_code);
      io("TransactionalId", m.transactional_id);
      io("TransactionState", m.transaction_state);
      io("TransactionTimeoutMs", m.transaction_timeout_ms);
      io("TransactionStartTimeMs", m.transaction_start_time_ms);
      io("ProducerId", m.producer_id);
      io("ProducerEpoch", m.producer_epoch);
      io("Topics", m.topics);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<TransactionState> transaction_states;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("TransactionStates", m.transaction_states);
  }
};

}  // namespace meerkat::wire
