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
class ResponseHeaderBytes {
 public:
  ResponseHeaderBytes(int32_t correlation_id, ApiKey key, int16_t api_version);
  ByteView view() const { return {bytes_, size_}; }

 private:
  uint8_t bytes_[5];
  size_t size_ = 4;
};

/// The bytes of the header in front of a request; of version 1 for a key that we do not know.
Bytes encode_request_header(const RequestHeader& header);

/// A response frame: header and body.
template <class Response>
Chain encode_response(int32_t correlation_id, int16_t api_version, const Response& response) {
  Chain out;
  ResponseHeaderBytes header(correlation_id, static_cast<ApiKey>(Response::kKey), api_version);
  encode(response, api_version, out, header.view());
  return out;
}
/// The response to `request`. `api_version` is that of the body, which differs from the request's only where
/// ApiVersions answers a version that it does not have.
template <class Response>
Chain encode_response(const RequestHeader& request, int16_t api_version, const Response& response) {
  return encode_response(request.correlation_id, api_version, response);
}

/// A request frame: header and body. Refuses what the version cannot carry.
template <class Request>
Result<Chain> encode_request(int32_t correlation_id, std::optional<std::string> client_id, int16_t api_version,
                             const Request& request) {
  Chain out;
  Bytes header = encode_request_header({Request::kKey, api_version, correlation_id, std::move(client_id)});
  if (auto status = try_encode(request, api_version, out, header); !status) return status.failure();
  return out;
}

}  // namespace meerkat::wire
