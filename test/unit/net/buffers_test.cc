#include "net/buffers.h"

#include <gtest/gtest.h>

#include "net/memory_budget.h"

namespace meerkat::net {
namespace {

TEST(MemoryBudget, IsExhaustedAtItsLimitAndKeepsAReserve) {
  MemoryBudget budget(100);
  budget.take(99);
  EXPECT_FALSE(budget.exhausted());
  budget.take(1);
  EXPECT_TRUE(budget.exhausted());
  EXPECT_FALSE(budget.reserve_exhausted());
  budget.take(25);
  EXPECT_TRUE(budget.reserve_exhausted());
  budget.give(125);
  EXPECT_EQ(budget.used(), 0);
}

TEST(MemoryBudget, WakesWaitersOnceThereIsRoom) {
  MemoryBudget budget(100);
  budget.take(150);
  int woken = 0;
  budget.wait_for_release(false, [&] { ++woken; });
  budget.give(50);  // exactly at the limit: still exhausted
  EXPECT_EQ(woken, 0);
  budget.give(1);
  EXPECT_EQ(woken, 1);
  budget.give(99);
  EXPECT_EQ(woken, 1);
  budget.wait_for_release(false, [&] { ++woken; });  // there is room: at once
  EXPECT_EQ(woken, 2);
}

TEST(MemoryBudget, OneReaderAtATimeMayFinish) {
  MemoryBudget budget(100);
  budget.take(100);
  const int a = 0, b = 0;
  EXPECT_TRUE(budget.try_finish(&a));
  EXPECT_TRUE(budget.try_finish(&a));
  EXPECT_FALSE(budget.try_finish(&b));
  int room = 0, turn = 0;
  budget.wait_for_release(false, [&] { ++room; });
  budget.wait_for_release(true, [&] { ++turn; });
  budget.end_finish(&b);  // not its own
  EXPECT_EQ(turn, 0);
  budget.end_finish(&a);
  EXPECT_EQ(turn, 1);
  EXPECT_EQ(room, 0);
  EXPECT_TRUE(budget.try_finish(&b));
  budget.give(100);
  EXPECT_EQ(room, 1);
}

TEST(RegionPool, GivesPowersOfTwoAndTakesThemBack) {
  RegionPool pool(1 << 20);
  struct {
    size_t asked, given;
  } const cases[] = {
      {1, 64 << 10}, {64 << 10, 64 << 10}, {(64 << 10) + 1, 128 << 10}, {4 << 20, 4 << 20}, {90 << 20, 16 << 20}};
  for (const auto& c : cases) EXPECT_EQ(pool.acquire(c.asked).capacity(), c.given) << c.asked;
  Region region = pool.acquire(100'000);
  uint8_t* at = region.data();
  pool.recycle(std::move(region));
  EXPECT_EQ(pool.pooled_bytes(), 128u << 10);
  EXPECT_EQ(pool.acquire(100'000).data(), at);
  EXPECT_EQ(pool.pooled_bytes(), 0u);
}

TEST(RegionPool, IsBoundedAndTrimsWhatNobodyNeeded) {
  RegionPool pool(1 << 20);
  for (int i = 0; i < 10; ++i) pool.recycle(Region(256 << 10));
  EXPECT_EQ(pool.pooled_bytes(), 1u << 20);
  pool.trim();  // what is here was not unused for a whole period yet
  EXPECT_EQ(pool.pooled_bytes(), 1u << 20);
  Region used = pool.acquire(256 << 10);
  pool.recycle(std::move(used));
  pool.trim();
  EXPECT_EQ(pool.pooled_bytes(), 256u << 10);
  pool.trim();
  EXPECT_EQ(pool.pooled_bytes(), 0u);
}

TEST(RegionPool, TrimsAtMostOnceASecond) {
  RegionPool pool;
  pool.recycle(Region(64 << 10));
  pool.trim_if_due(5000);  // from here on it counts as unused
  pool.trim_if_due(5999);
  EXPECT_EQ(pool.pooled_bytes(), 64u << 10);
  pool.trim_if_due(6000);
  EXPECT_EQ(pool.pooled_bytes(), 0u);
}

TEST(FrameBuffer, GrowsAsBytesArrive) {
  auto buffers = std::make_shared<Buffers>(1 << 30);
  FrameBuffer buffer(buffers, 10'000'000);
  uint8_t next = 0;
  while (!buffer.complete()) {
    const MutableBytes space = buffer.space();
    ASSERT_FALSE(space.empty());
    const size_t n = std::min<size_t>(space.size(), 333'333);
    for (size_t i = 0; i < n; ++i) space[i] = next++;
    buffer.filled_by(n);
    EXPECT_EQ(buffers->budget.used(), static_cast<int64_t>(buffer.filled()));
  }
  const MutableBytes all = buffer.bytes();
  ASSERT_EQ(all.size(), 10'000'000u);
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<uint8_t>(i));
}

}  // namespace
}  // namespace meerkat::net
