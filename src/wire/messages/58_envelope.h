// Envelope (key 58): a request that one broker forwards for a client (KIP-590).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

struct EnvelopeRequest {
  static constexpr int16_t kKey = 58;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  Bytes request_data;                                // header and body of the forwarded request
  std::optional<Bytes> request_principal = Bytes{};  // DefaultPrincipalData; null from a controller
  Bytes client_host_address;

  static void fields(auto& m, auto& io) {
    io("RequestData", m.request_data);
    io("RequestPrincipal", m.request_principal);
    io("ClientHostAddress", m.client_host_address);
  }
};

struct EnvelopeResponse {
  static constexpr int16_t kKey = 58;
  static constexpr Versions kVersions = only(0);
  static constexpr int16_t kFlexible = 0;

  std::optional<Bytes> response_data;
  ErrorCode error_code = ErrorCode::none;

  static void fields(auto& m, auto& io) {
    io("ResponseData", m.response_data);
    io("ErrorCode", m.error_code);
  }
};

}  // namespace meerkat::wire
