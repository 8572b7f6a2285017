// Feeds arbitrary frames to the response decoders, as our outbound connections and the client library would. The first
// two bytes choose API and version; and the metadata that group members and coordinators exchange, by keys no API has.
#include "test/fuzz/any_body.h"
#include "wire/header.h"
#include "wire/messages/all.h"

namespace meerkat::wire {
namespace {

template <class M>
void check_versioned(ByteView bytes) {
  auto decoded = decode_versioned<M>(bytes, true);
  if (!decoded.ok()) return;
  require(decode_versioned<M>(encode_versioned(*decoded, M::kVersions.last)).ok());
}

void check_records(uint8_t choice, ByteView bytes) {
  switch (choice) {
    case 200:
      return check_versioned<ConsumerProtocolSubscription>(bytes);
    case 201:
      return check_versioned<ConsumerProtocolAssignment>(bytes);
    case 202:
      return check_versioned<DefaultPrincipalData>(bytes);
    case 203:
      return check_versioned<OffsetCommitKey>(bytes);
    case 204:
      return check_versioned<OffsetCommitValue>(bytes);
    case 205:
      return check_versioned<GroupMetadataKey>(bytes);
    case 206:
      return check_versioned<GroupMetadataValue>(bytes);
    case 207:
      return check_versioned<TransactionLogKey>(bytes);
    case 208:
      return check_versioned<TransactionLogValue>(bytes);
    default:
      return;
  }
}

void check_frame(uint8_t key, int16_t version, ByteView frame) {
  const ApiInfo* api = find_api(key);
  if (api == nullptr) return check_records(key, frame);
  size_t used = 0;
  if (!decode_response_header(frame, api->key, version, &used).ok()) return;
  require(used <= frame.size());
  ByteView body = frame.subspan(used);
  switch (api->key) {
#define X(key, name, Name) \
  case ApiKey::name:       \
    return check_body<Name##Response>(body, version);
    MEERKAT_APIS(X)
#undef X
  }
}

}  // namespace
}  // namespace meerkat::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  meerkat::wire::check_frame(data[0], data[1], {data + 2, size - 2});
  return 0;
}
