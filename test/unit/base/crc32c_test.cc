#include "base/crc32c.h"

#include <gtest/gtest.h>

namespace meerkat {
namespace {

Bytes pattern(size_t n) {
  Bytes bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
  return bytes;
}

/// The definition, bit by bit.
uint32_t slow_crc(ByteView data, uint32_t polynomial) {
  uint32_t crc = ~0U;
  for (uint8_t byte : data) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = (crc & 1) ? (crc >> 1) ^ polynomial : crc >> 1;
  }
  return ~crc;
}

TEST(Crc32c, CheckValueOfTheStandards) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926U);
}

TEST(Crc32c, AgreesWithTheDefinitionAtEveryLengthAndAlignment) {
  Bytes bytes = pattern(700);
  for (size_t n = 0; n < bytes.size(); n += 1 + n / 40) {
    ByteView view = ByteView(bytes).subspan(n % 9).first(std::min(n, bytes.size() - n % 9));
    EXPECT_EQ(crc32c(view), slow_crc(view, 0x82f63b78)) << n;
    EXPECT_EQ(crc32(view), slow_crc(view, 0xedb88320)) << n;
  }
}

TEST(Crc32c, GoesOnFromAnEarlierResult) {
  Bytes bytes = pattern(5000);
  ByteView all(bytes);
  for (size_t cut : {0UL, 1UL, 22UL, 4095UL, 5000UL}) {
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
    EXPECT_EQ(crc32(all.subspan(cut), crc32(all.first(cut))), crc32(all));
  }
}

TEST(Crc32c, JoinsNeighbours) {
  Bytes bytes = pattern(70000);
  ByteView all(bytes);
  for (size_t cut : {0UL, 1UL, 22UL, 1000UL, 65535UL, 69999UL, 70000UL}) {
    uint32_t tail = crc32c(all.subspan(cut));
    EXPECT_EQ(crc32c_join(crc32c(all.first(cut)), tail, all.size() - cut), crc32c(all)) << cut;
  }
}

}  // namespace
}  // namespace meerkat
