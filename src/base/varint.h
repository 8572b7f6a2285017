// Unsigned varints: seven bits a byte, the least significant first, the high bit set on all bytes but the last.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace meerkat {

/// Bytes of the longest varint of 32 bits.
constexpr size_t kMaxUvarintSize = 5;

/// Bytes that `value` takes, 1 to 5.
constexpr size_t uvarint_size(uint32_t value) { return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7; }

/// Writes `value` at `to`, where uvarint_size(value) bytes must be writable; the position after it.
inline uint8_t* write_uvarint(uint8_t* to, uint32_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<uint8_t>(value);
  return to;
}

/// Reads a varint from [at, end); the position after it, or null if it is cut off or longer than five bytes. Bits of
/// the fifth byte above the 32nd are dropped, as Kafka does.
inline const uint8_t* read_uvarint(const uint8_t* at, const uint8_t* end, uint32_t& out) {
  uint32_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (at == end) return nullptr;
    uint8_t byte = *at++;
    value |= static_cast<uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      out = value;
      return at;
    }
  }
  return nullptr;
}

}  // namespace meerkat
