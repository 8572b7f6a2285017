// Changing the format of stored records for readers that know only an older one (KIP-31, KIP-32, KIP-98: what each
// magic can say). Up-conversion happens on append, in validate.h.
#pragma once

#include "base/bytes.h"
#include "record/batch.h"
#include "wire/error.h"

namespace meerkat::record {

/// The magic that a Fetch request of this version reads at most: 0 before v2, 1 before v4, else 2.
constexpr int8_t max_magic_of_fetch(int16_t fetch_version) {
  if (fetch_version < 2) return kMagic0;
  return fetch_version < 4 ? kMagic1 : kMagic2;
}

struct DownConverted {
  Bytes bytes;
  int32_t records = 0;  // converted ones
};

/// Converts a run of batches to `to_magic` (0 or 1). Batches that are old enough are copied as they are, control
/// batches and headers are dropped. `first_offset` is the fetch offset: records below it are left out of uncompressed
/// batches, since each becomes a batch of its own there. An incomplete last batch is dropped; at a zstd batch the
/// result ends. Errors: unsupported_compression_type for zstd in front, corrupt_message for bytes that cannot be read.
wire::Outcome<DownConverted> down_convert(ByteView run, int8_t to_magic, int64_t first_offset);

}  // namespace meerkat::record
