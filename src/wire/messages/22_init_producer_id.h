// InitProducerId (key 22): a producer id and epoch for an idempotent or transactional producer (KIP-98).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v2 flexible, v3 the producer's present id and epoch, to go on after an error (KIP-360), v4 the client
/// understands PRODUCER_FENCED (KIP-588), v5 TRANSACTION_ABORTABLE (KIP-890).
struct InitProducerIdRequest {
  static constexpr int16_t kKey = 22;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 2;

  std::optional<std::string> transactional_id = "";
  int32_t transaction_timeout_ms = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;

  static void fields(auto& m, auto& io) {
    io("TransactionalId", m.transactional_id);
    io("TransactionTimeoutMs", m.transaction_timeout_ms);
    io("ProducerId", m.producer_id, since(3));
    io("ProducerEpoch", m.producer_epoch, since(3));
  }
};

/// v2 flexible.
struct InitProducerIdResponse {
  static constexpr int16_t kKey = 22;
  static constexpr Versions kVersions = between(0, 5);
  static constexpr int16_t kFlexible = 2;

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  int64_t producer_id = -1;
  int16_t producer_epoch = 0;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ProducerId", m.producer_id);
    io("ProducerEpoch", m.producer_epoch);
  }
};

}  // namespace meerkat::wire
