// What the fuzzers of requests and responses share: one decoder, chosen by key and version.
#pragma once

#include <cstdlib>

#include "wire/codec.h"

namespace meerkat::wire {

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// Decodes arbitrary bytes. What is accepted must survive: written again and read again it yields the same bytes.
template <class M>
void check_body(ByteView body, int16_t version) {
  size_t used = 0;
  auto decoded = decode<M>(body, version, &used);
  require(used <= body.size());
  if (!decoded.ok()) return;
  Chain once;
  require(try_encode(*decoded, version, once).ok());
  Bytes bytes = once.flatten();
  auto again = decode<M>(bytes, version, &used);
  require(again.ok() && used == bytes.size());
  Chain twice;
  require(try_encode(*again, version, twice).ok());
  require(twice.flatten() == bytes);
}

}  // namespace meerkat::wire
