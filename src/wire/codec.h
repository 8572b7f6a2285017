// Encoding and decoding of messages. Users of a message need this header and the message's; the code is made once for
// each message in messages/*.cc (from codec_impl.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/result.h"

namespace meerkat::wire {

class UnknownTags;

/// Decodes a message of a version that M::kVersions has. Lengths are checked before anything is allocated; RecordsField
/// members point into `body`, everything else is copied. Bytes left over after the message are not an error, as they
/// are none to Kafka; `used` (if given) tells how many bytes the message took. Strings that are not UTF-8 come out as
/// Java reads them, with U+FFFD for what is malformed. Tagged fields that we do not know are skipped, or kept in
/// `unknown` if that is given.
template <class M>
Result<M> decode(ByteView body, int16_t version, size_t* used = nullptr, UnknownTags* unknown = nullptr);

/// Appends the message to `out`; records go in by reference (RecordsField::owner and files keep them alive). A value
/// that the version cannot carry (see `ignorable`) is left out and logged: use try_encode where the version is the
/// peer's choice and the loss matters.
template <class M>
void encode(const M& message, int16_t version, Chain& out);

/// The same, but refuses (and leaves `out` alone) where the version cannot carry what the message says, or where a null
/// stands in a field that is not nullable in this version.
template <class M>
Status try_encode(const M& message, int16_t version, Chain& out, const UnknownTags* unknown = nullptr);

/// Encoded into one buffer of its own, records copied: for keys and values of records, and for tests.
template <class M>
Bytes encode_bytes(const M& message, int16_t version);

/// With the version as an int16 in front, as consumer protocol metadata and coordinator records carry it.
template <class M>
Bytes encode_versioned(const M& message, int16_t version);

/// Reads the leading int16 version and then the message. A version above M::kVersions is read as the highest we know
/// where `newer_as_latest` (consumer protocol metadata, KIP-429), else refused; a negative one always.
template <class M>
Result<M> decode_versioned(ByteView bytes, bool newer_as_latest = false);

}  // namespace meerkat::wire
