// AddOffsetsToTxn (key 25): a group's offsets enter a transaction (KIP-98).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v3 flexible, v4 the client understands TRANSACTION_ABORTABLE (KIP-890).
struct AddOffsetsToTxnRequest {
  static constexpr int16_t kKey = 25;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 3;

  std::string transactional_id;
  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  std::string group_id;

  static void fields(auto& m, auto& io) {
    io("TransactionalId", m.transactional_id);
    io("ProducerId", m.producer_id);
    io("ProducerEpoch", m.producer_epoch);
    io("GroupId", m.group_id);
  }
};

/// v3 flexible.
struct AddOffsetsToTxnResponse {
  static constexpr int16_t kKey = 25;
  static constexpr Versions kVersions = between(0, 4);
  static constexpr int16_t kFlexible = 3;

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
  }
};

}  // namespace meerkat::wire
