// Private to the record room: the zig-zag varints within records of magic 2.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"

namespace meerkat::record {

/// Bytes of the longest encodings.
constexpr size_t kMaxVarint = 5;
constexpr size_t kMaxVarlong = 10;

constexpr uint64_t zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
constexpr int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

/// Bytes that the value takes.
constexpr size_t varint_size(int64_t v) { return (static_cast<size_t>(std::bit_width(zigzag(v) | 1)) + 6) / 7; }

/// Reads up to `max_bytes` from `at`; the position after it, or nullptr if the value does not end there or before
/// `end`.
template <size_t max_bytes>
inline const uint8_t* read_unsigned(const uint8_t* at, const uint8_t* end, uint64_t& out) {
  uint64_t value = 0;
  for (size_t i = 0; i < max_bytes && at != end; ++i) {
    uint8_t byte = *at++;
    value |= uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      out = value;
      return at;
    }
  }
  return nullptr;
}

/// Reads a value of one or two bytes, which nearly all are, without a loop; nullptr for all others.
inline const uint8_t* read_short(const uint8_t* at, const uint8_t* end, uint32_t& out) {
  if (end - at < 2) return nullptr;
  uint32_t low = at[0];
  uint32_t high = at[1];
  out = low < 0x80 ? low : (low & 0x7f) | high << 7;
  if (low < 0x80) return at + 1;
  return high < 0x80 ? at + 2 : nullptr;
}

/// A 32-bit varint. As in Kafka, bits that do not fit are dropped.
inline const uint8_t* read_varint(const uint8_t* at, const uint8_t* end, int32_t& out) {
  uint32_t low;
  if (const uint8_t* after = read_short(at, end, low)) [[likely]] {
    out = static_cast<int32_t>(unzigzag(low));
    return after;
  }
  uint64_t raw;
  at = read_unsigned<kMaxVarint>(at, end, raw);
  if (at != nullptr) out = static_cast<int32_t>(unzigzag(static_cast<uint32_t>(raw)));
  return at;
}

/// A 64-bit varint.
inline const uint8_t* read_varlong(const uint8_t* at, const uint8_t* end, int64_t& out) {
  uint32_t low;
  if (const uint8_t* after = read_short(at, end, low)) [[likely]] {
    out = unzigzag(low);
    return after;
  }
  uint64_t raw;
  at = read_unsigned<kMaxVarlong>(at, end, raw);
  if (at != nullptr) out = unzigzag(raw);
  return at;
}

/// Writes `v` at `to`, where varint_size(v) bytes must be writable; the position after it.
inline uint8_t* write_varint(uint8_t* to, int64_t v) {
  uint64_t raw = zigzag(v);
  for (; raw >= 0x80; raw >>= 7) *to++ = static_cast<uint8_t>(raw) | 0x80;
  *to++ = static_cast<uint8_t>(raw);
  return to;
}

}  // namespace meerkat::record
