#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>

namespace meerkat {

namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli, bit-reversed

/// a(x) * b(x) modulo the polynomial; the highest bit of the word is x^0.
constexpr uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = uint32_t{1} << 31; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b & 1) ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

/// x^(8 * 2^i) for each i: what appending 2^i zero bytes multiplies a checksum by.
constexpr std::array<uint32_t, 64> make_powers() {
  std::array<uint32_t, 64> powers{};
  uint32_t p = uint32_t{1} << 23;  // x^8
  for (auto& out : powers) {
    out = p;
    p = multiply(p, p);
  }
  return powers;
}
constexpr auto kPowers = make_powers();

}  // namespace

uint32_t crc32c(ByteView data, uint32_t so_far) {
  constexpr size_t kMaxStep = size_t{1} << 30;  // isa-l takes an int
  uint32_t state = ~so_far;
  while (!data.empty()) {
    size_t n = std::min(data.size(), kMaxStep);
    state = crc32_iscsi(const_cast<uint8_t*>(data.data()), static_cast<int>(n), state);
    data = data.subspan(n);
  }
  return ~state;
}

uint32_t crc32c_join(uint32_t first, uint32_t second, uint64_t second_length) {
  for (size_t i = 0; second_length != 0; ++i, second_length >>= 1) {
    if (second_length & 1) first = multiply(kPowers[i], first);
  }
  return first ^ second;
}

uint32_t crc32(ByteView data, uint32_t so_far) { return crc32_gzip_refl(so_far, data.data(), data.size()); }

}  // namespace meerkat
