// Encoding and decoding of messages. Users of a message need this header and the message's; the code is made once for
// each message in messages/*.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/result.h"
#include "wire/unknown_tags.h"
#include "wire/writer.h"

namespace meerkat::wire {

/// Decodes a message of a version that M::kVersions has into a fresh `out`. Lengths are checked before anything is
/// allocated; RecordsField members point into `body`, everything else is copied. Bytes left over after the message are
/// not an error, as they are none to Kafka; `used` (if given) tells how many bytes the message took. Strings that are
/// not UTF-8 come out as Java reads them, with U+FFFD for what is malformed. Tagged fields that we do not know are
/// skipped, or kept in `unknown` if that is given. After an error `out` holds a part of the message.
template <class M>
Status decode_into(M& out, ByteView body, int16_t version, size_t* used = nullptr, UnknownTags* unknown = nullptr);

/// The same, as a value.
template <class M>
Result<M> decode(ByteView body, int16_t version, size_t* used = nullptr) {
  Result<M> out{M{}};
  if (auto status = decode_into(*out, body, version, used); !status) return status.failure();
  return out;
}

/// Writes a message's fields; Writer::failed() tells whether the version can carry them all.
template <class M>
void write_fields(const M& message, Writer& out);

/// Logs that a message lost something on its way out.
void report_loss(std::string_view message, const Writer& out);

/// Appends the message to `out`, with `prefix` (a header) before it in the same buffer; records go in by reference,
/// kept alive by RecordsField::owner and files (without an owner they are copied). A value that the version cannot
/// carry (see `ignorable`) is left out and logged: use try_encode where the loss would matter.
template <class M>
void encode(const M& message, int16_t version, Chain& out, ByteView prefix = {}) {
  Writer writer(version, version >= M::kFlexible);
  writer.bytes(prefix);
  write_fields(message, writer);
  if (writer.failed()) report_loss(__PRETTY_FUNCTION__, writer);
  writer.move_to(out);
}

/// The same, but refuses (and leaves `out` alone) where the version cannot carry what the message says, or where a null
/// stands in a field that is not nullable in this version.
template <class M>
Status try_encode(const M& message, int16_t version, Chain& out, ByteView prefix = {},
                  const UnknownTags* unknown = nullptr) {
  if (!M::kVersions.has(version)) return fail("the message has no version " + std::to_string(version));
  Writer writer(version, version >= M::kFlexible, unknown);
  writer.bytes(prefix);
  write_fields(message, writer);
  if (writer.failed()) return fail(writer.error());
  writer.move_to(out);
  return {};
}

/// Encoded into one buffer of its own, records copied: for small things, and for tests. Loss is logged.
template <class M>
Bytes encode_bytes(const M& message, int16_t version, ByteView prefix = {}) {
  Writer writer(version, version >= M::kFlexible);
  writer.bytes(prefix);
  write_fields(message, writer);
  if (writer.failed()) report_loss(__PRETTY_FUNCTION__, writer);
  return writer.flatten();
}

/// With the version as an int16 in front, as consumer protocol metadata and coordinator records carry it.
template <class M>
Bytes encode_versioned(const M& message, int16_t version) {
  uint8_t prefix[sizeof version];
  store_be(prefix, version);
  return encode_bytes(message, version, prefix);
}

/// Reads the int16 version in front and then the message; `version` (if given) gets it. A version that M does not have
/// is refused, but where `newer_as_newest` a newer one is read as the newest known (consumer protocol metadata).
template <class M>
Result<M> decode_versioned(ByteView bytes, bool newer_as_newest = false, int16_t* version = nullptr) {
  if (bytes.size() < sizeof(int16_t)) return fail("the version in front is cut off");
  auto found = load_be<int16_t>(bytes.data());
  if (version != nullptr) *version = found;
  if (newer_as_newest && found > M::kVersions.last) found = M::kVersions.last;
  return decode<M>(bytes.subspan(sizeof found), found);
}

}  // namespace meerkat::wire
