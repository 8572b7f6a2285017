// ListTransactions (key 66): the transactions that this broker coordinates (KIP-664).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 only those that run longer than a given time (KIP-994).
struct ListTransactionsRequest {
  static constexpr int16_t kKey = 66;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 0;

  std::vector<std::string> state_filters;
  std::vector<int64_t> producer_id_filters;
  int64_t duration_filter = -1;

  static void fields(auto& m, auto& io) {
    io("StateFilters", m.state_filters);
    io("ProducerIdFilters", m.producer_id_filters);
    io("DurationFilter", m.duration_filter, since(1));
  }
};

struct ListTransactionsResponse {
  static constexpr int16_t kKey = 66;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 0;

  struct TransactionState {
    std::string transactional_id;
    int64_t producer_id = 0;
    std::string transaction_state;

    static void fields(auto& m, auto& io) {
      io("TransactionalId", m.transactional_id);
      io("ProducerId", m.producer_id);
      io("TransactionState", m.transaction_state);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<std::string> unknown_state_filters;
  std::vector<TransactionState> transaction_states;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("UnknownStateFilters", m.unknown_state_filters);
    io("TransactionStates", m.transaction_states);
  }
};

}  // namespace meerkat::wire
