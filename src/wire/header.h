// Request and response headers, and whole frames (without the length in front, which is net's).
#pragma once

#include "wire/api.h"
#include "wire/codec.h"
#include "wire/message.h"

namespace meerkat::wire {

/// v0 only in front of ControlledShutdown v0, v1 adds the client id, v2 tagged fields (KIP-482).
struct RequestHeader {
  static constexpr Versions kVersions = between(0, 2);
  static constexpr int16_t kFlexible = 2;

  int16_t request_api_key = 0;
  int16_t request_api_version = 0;
  int32_t correlation_id = 0;
  std::optional<std::string> client_id = "";

  ApiKey api_key() const { return static_cast<ApiKey>(request_api_key); }

  static void fields(auto& m, auto& io) {
    io("RequestApiKey", m.request_api_key);
    io("RequestApiVersion", m.request_api_version);
    io("CorrelationId", m.correlation_id);
    io("ClientId", m.client_id, since(1), ignorable, never_compact);
  }
};

/// v1 adds tagged fields (KIP-482).
struct ResponseHeader {
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 1;

  int32_t correlation_id = 0;

  static void fields(auto& m, auto& io) { io("CorrelationId", m.correlation_id); }
};

/// Reads the header of a request frame; the body starts at `*used`. Fails for an API key that we do not know and for
/// bytes that are no header: the connection is to be closed. A version beyond our range is no failure here, because
/// ApiVersions has an answer to it. A null client id comes out as an empty one.
Result<RequestHeader> decode_request_header(ByteView frame, size_t* used);

/// Reads the header of a response to a request of this key and version; the body starts at `*used`.
Result<ResponseHeader> decode_response_header(ByteView frame, ApiKey key, int16_t api_version, size_t* used);

/// The bytes of the header in front of a response.
void encode_response_header(int32_t correlation_id, ApiKey key, int16_t api_version, Chain& out);
/// The bytes of the header in front of a request.
void encode_request_header(const RequestHeader& header, Chain& out);

/// A response frame: header and body.
template <class Response>
Chain encode_response(int32_t correlation_id, int16_t api_version, const Response& response) {
  Chain out;
  encode_response_header(correlation_id, static_cast<ApiKey>(Response::kKey), api_version, out);
  encode(response, api_version, out);
  return out;
}
template <class Response>
Chain encode_response(const RequestHeader& request, int16_t api_version, const Response& response) {
  return encode_response(request.correlation_id, api_version, response);
}

/// A request frame: header and body. Refuses what the version cannot carry.
template <class Request>
Result<Chain> encode_request(int32_t correlation_id, std::optional<std::string> client_id, int16_t api_version,
                             const Request& request) {
  Chain out;
  encode_request_header({Request::kKey, api_version, correlation_id, std::move(client_id)}, out);
  if (auto status = try_encode(request, api_version, out); !status) return status.failure();
  return out;
}

}  // namespace meerkat::wire
