#include "base/uuid.h"

#include <gtest/gtest.h>

namespace meerkat {
namespace {

TEST(Uuid, PrintsAndParsesKafkasForm) {
  Uuid id;
  for (size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<uint8_t>(i * 17);
  EXPECT_EQ(id.to_string(), "ABEiM0RVZneImaq7zN3u_w");
  EXPECT_EQ(Uuid::parse("ABEiM0RVZneImaq7zN3u_w"), id);
  EXPECT_EQ(Uuid{}.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
}

TEST(Uuid, RefusesOtherText) {
  EXPECT_FALSE(Uuid::parse("short"));
  EXPECT_FALSE(Uuid::parse("ABEiM0RVZneImaq7zN3u+w"));
}

TEST(Uuid, RandomOnesDifferAndDoNotStartWithADash) {
  for (int i = 0; i < 1000; ++i) {
    Uuid id = Uuid::random();
    EXPECT_NE(id.to_string()[0], '-');
    EXPECT_EQ(Uuid::parse(id.to_string()), id);
  }
}

}  // namespace
}  // namespace meerkat
