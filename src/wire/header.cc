#include "wire/header.h"

#include "wire/codec_impl.h"

MEERKAT_WIRE_CODEC(RequestHeader)
MEERKAT_WIRE_CODEC(ResponseHeader)

namespace meerkat::wire {

Result<RequestHeader> decode_request_header(ByteView frame, size_t* used) {
  constexpr size_t kFixed = 8;  // key, version, correlation id
  if (frame.size() < kFixed) return fail("a request of " + std::to_string(frame.size()) + " bytes has no header");
  auto key = load_be<int16_t>(frame.data());
  auto version = load_be<int16_t>(frame.data() + 2);
  const ApiInfo* api = find_api(key);
  if (api == nullptr) return fail("there is no API of key " + std::to_string(key));
  auto header = decode<RequestHeader>(frame, api->request_header_version(version), used);
  if (header.ok() && !header->client_id) header->client_id.emplace();
  return header;
}

Result<ResponseHeader> decode_response_header(ByteView frame, ApiKey key, int16_t api_version, size_t* used) {
  return decode<ResponseHeader>(frame, api_info(key).response_header_version(api_version), used);
}

ResponseHeaderBytes::ResponseHeaderBytes(int32_t correlation_id, ApiKey key, int16_t api_version) {
  store_be(bytes_, correlation_id);
  if (api_info(key).response_header_version(api_version) == 0) return;
  bytes_[sizeof correlation_id] = 0;  // no tagged fields
  size_ = sizeof bytes_;
}

Bytes encode_request_header(const RequestHeader& header) {
  const ApiInfo* api = find_api(header.request_api_key);
  int16_t version = api ? api->request_header_version(header.request_api_version) : 1;
  return encode_bytes(header, version);
}

}  // namespace meerkat::wire
