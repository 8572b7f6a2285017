// Checksums of record batches: CRC-32C (Castagnoli) of magic 2, computed by the processor's instructions, and the
// CRC-32 of zlib that the older message formats carry.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace meerkat {

/// CRC-32C of `data`. To go on over more bytes pass the result so far: crc32c(b, crc32c(a)) == crc32c(ab).
uint32_t crc32c(ByteView data, uint32_t so_far = 0);

/// CRC-32C of two neighbouring pieces from their own checksums, without touching the bytes; O(log length of the
/// second).
uint32_t crc32c_join(uint32_t first, uint32_t second, uint64_t second_length);

/// zlib's CRC-32 of `data`; goes on from `so_far` in the same way.
uint32_t crc32(ByteView data, uint32_t so_far = 0);

}  // namespace meerkat
