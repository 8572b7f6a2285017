// AllocateProducerIds (key 67): a broker takes a block of producer ids from the controller (KIP-730).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct AllocateProducerIdsRequest {
  static constexpr int16_t kKey = 67;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;

  static void fields(auto& m, auto& io) {
    io("BrokerId", m.broker_id);
    io("BrokerEpoch", m.broker_epoch);
  }
};

struct AllocateProducerIdsResponse {
  static constexpr int16_t kKey = 67;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  int64_t producer_id_start = 0;
  int32_t producer_id_len = 0;

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ProducerIdStart", m.producer_id_start);
    io("ProducerIdLen", m.producer_id_len);
  }
};

}  // namespace meerkat::wire
