#include "replica/throttle.h"

#include <gtest/gtest.h>

namespace meerkat::replica {
namespace {

TEST(Throttle, ComparesTheRateOverTheWindowWithTheLimit) {
  ManualClock clock;
  Throttle throttle(clock, 11, 1000);
  throttle.record(1'000'000);
  EXPECT_FALSE(throttle.exceeded()) << "there is no limit";
  throttle.set_limit(100'000);
  EXPECT_TRUE(throttle.exceeded()) << "counted from the first";
  clock.advance_ms(9'999);
  EXPECT_TRUE(throttle.exceeded());
  clock.advance_ms(1);
  EXPECT_FALSE(throttle.exceeded()) << "1,000,000 bytes in 10 s are the limit, and not more";
  throttle.record(200'000);
  EXPECT_TRUE(throttle.exceeded());
  clock.advance_ms(1'000);
  EXPECT_TRUE(throttle.exceeded()) << "the first sample has left the window, the second stands for one second";
  clock.advance_ms(1'000);
  EXPECT_FALSE(throttle.exceeded());
  throttle.set_limit(0);
  EXPECT_TRUE(throttle.exceeded());
  clock.advance_ms(11'000);
  EXPECT_FALSE(throttle.exceeded()) << "nothing in the window";
}

TEST(Throttle, ReplicasAreListedOrAllAreMeant) {
  const struct {
    std::vector<std::string> list;
    int32_t partition, broker;
    bool throttled;
  } cases[] = {
      {{}, 0, 1, false},
      {{"*"}, 7, 9, true},
      {{"0:1", "1:2"}, 0, 1, true},
      {{"0:1", "1:2"}, 1, 2, true},
      {{"0:1", "1:2"}, 1, 1, false},
      {{"10:1"}, 1, 1, false},
      {{"none"}, 0, 1, false},
  };
  for (const auto& c : cases) EXPECT_EQ(is_throttled(c.list, c.partition, c.broker), c.throttled);
}

}  // namespace
}  // namespace meerkat::replica
