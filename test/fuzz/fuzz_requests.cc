// Feeds arbitrary frames to the request header's decoder and to the decoder of the request that the header names.
#include "test/fuzz/any_body.h"
#include "wire/header.h"
#include "wire/messages/all.h"

namespace meerkat::wire {
namespace {

void check_frame(ByteView frame) {
  size_t used = 0;
  auto header = decode_request_header(frame, &used);
  if (!header.ok()) return;
  require(used <= frame.size());
  ByteView body = frame.subspan(used);
  switch (header->api_key()) {
#define X(key, name, Name) \
  case ApiKey::name:       \
    return check_body<Name##Request>(body, header->request_api_version);
    MEERKAT_APIS(X)
#undef X
  }
}

}  // namespace
}  // namespace meerkat::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  meerkat::wire::check_frame({data, size});
  return 0;
}
