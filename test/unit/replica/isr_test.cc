#include "replica/isr.h"

#include <gtest/gtest.h>

#include "replica/high_watermark.h"
#include "replica/remote_replica.h"

namespace meerkat::replica {
namespace {

TEST(Isr, ExpandingCountsAtOnceAndShrinkingOnlyWhenCommitted) {
  Isr isr({1, 2});
  EXPECT_FALSE(isr.in_flight());
  EXPECT_EQ(isr.expand(3), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_TRUE(isr.in_flight());
  EXPECT_EQ(isr.committed(), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(isr.maximal(), (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(isr.maximal_size(), 3u);
  EXPECT_TRUE(isr.in_maximal(3));
  EXPECT_FALSE(isr.in_committed(3));
  isr.commit({1, 2, 3});
  EXPECT_TRUE(isr.in_committed(3));

  EXPECT_EQ(isr.shrink({2}), (std::vector<int32_t>{1, 3}));
  EXPECT_TRUE(isr.in_maximal(2));
  EXPECT_EQ(isr.maximal_size(), 3u);
  EXPECT_EQ(isr.proposed(), (std::vector<int32_t>{1, 3}));
  isr.revert();
  EXPECT_FALSE(isr.in_flight());
  EXPECT_EQ(isr.committed(), (std::vector<int32_t>{1, 2, 3}));
}

TEST(RemoteReplica, CatchesUpWithTheEndOrWithTheEndOfItsPreviousFetch) {
  RemoteReplica r{.id = 2};
  r.begin_epoch(1000, 50, true, true);
  EXPECT_EQ(r.log_end_offset, -1);
  EXPECT_EQ(r.last_caught_up_ms, 1000) << "members of the ISR get one lag time of grace";

  r.fetched(10, 0, 2000, 100, 7);  // behind
  EXPECT_EQ(r.last_caught_up_ms, 1000);
  EXPECT_EQ(r.broker_epoch, 7);
  r.fetched(100, 0, 3000, 200, 7);  // all there was at 2000
  EXPECT_EQ(r.last_caught_up_ms, 2000);
  r.fetched(150, 0, 4000, 300, 7);  // not all there was at 3000
  EXPECT_EQ(r.last_caught_up_ms, 2000);
  r.fetched(300, 0, 5000, 300, 7);  // everything
  EXPECT_EQ(r.last_caught_up_ms, 5000);

  EXPECT_TRUE(r.caught_up(300, 1'000'000, 10)) << "an idle partition does not age";
  EXPECT_TRUE(r.caught_up(301, 5010, 10));
  EXPECT_FALSE(r.caught_up(301, 5011, 10));
}

TEST(RemoteReplica, AnEpochBeginsForOldAndNewLeaders) {
  RemoteReplica r{.id = 2, .log_end_offset = 30, .log_start_offset = 3};
  r.begin_epoch(1000, 50, false, false);
  EXPECT_EQ(r.log_end_offset, 30) << "the same leader goes on knowing it";
  EXPECT_EQ(r.last_fetch_leader_end, 50);
  EXPECT_EQ(r.last_caught_up_ms, RemoteReplica::kNever);
  EXPECT_FALSE(r.caught_up(50, 1, 30'000)) << "also soon after the machine started";
  r.begin_epoch(1000, 50, true, false);
  EXPECT_EQ(r.log_end_offset, -1);
  EXPECT_EQ(r.log_start_offset, -1);
}

struct Case {
  const char* what;
  int64_t leader_end;
  std::vector<int32_t> isr;
  int32_t joining;  // 0: none
  int32_t leaving;  // 0: none
  int32_t min_isr;
  std::vector<RemoteReplica> remotes;
  std::vector<int32_t> dead;
  int64_t expected;
};

RemoteReplica remote(int32_t id, int64_t end, int64_t caught_up_ms = RemoteReplica::kNever) {
  return {.id = id, .log_end_offset = end, .last_caught_up_ms = caught_up_ms};
}

TEST(HighWatermark, Rules) {
  constexpr int64_t kNow = 100'000, kLag = 30'000, kFresh = 90'000, kStale = 10'000;
  const Case cases[] = {
      {"alone", 10, {1}, 0, 0, 1, {}, {}, 10},
      {"the slowest of the ISR", 10, {1, 2, 3}, 0, 0, 1, {remote(2, 7), remote(3, 9)}, {}, 7},
      {"a follower never heard of holds it back", 10, {1, 2}, 0, 0, 1, {remote(2, -1)}, {}, -1},
      {"outside the ISR and lagging: ignored", 10, {1, 2}, 0, 0, 1, {remote(2, 8), remote(3, 2, kStale)}, {}, 8},
      {"outside the ISR, but nearly there: waited for",
       10,
       {1, 2},
       0,
       0,
       1,
       {remote(2, 8), remote(3, 5, kFresh)},
       {},
       5},
      {"nearly there, but its broker is dead", 10, {1, 2}, 0, 0, 1, {remote(2, 8), remote(3, 5, kFresh)}, {3}, 8},
      {"a pending joiner counts", 10, {1, 2}, 3, 0, 1, {remote(2, 8), remote(3, 6, kStale)}, {}, 6},
      {"a pending leaver still counts", 10, {1, 2}, 0, 2, 1, {remote(2, 4, kStale)}, {}, 4},
      {"no progress under min.insync.replicas", 10, {1}, 0, 0, 2, {remote(2, 10, kFresh)}, {}, -1},
      {"a pending joiner does not lift it over the minimum", 10, {1}, 2, 0, 2, {remote(2, 10, kFresh)}, {}, -1},
      {"at the minimum", 10, {1, 2}, 0, 0, 2, {remote(2, 9)}, {}, 9},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    Isr isr(c.isr);
    if (c.joining) isr.expand(c.joining);
    if (c.leaving) isr.shrink({c.leaving});
    const std::function<bool(int32_t)> eligible = [&](int32_t id) {
      return std::find(c.dead.begin(), c.dead.end(), id) == c.dead.end();
    };
    EXPECT_EQ(high_watermark_candidate({.leader_end = c.leader_end,
                                        .remotes = c.remotes,
                                        .isr = &isr,
                                        .min_isr = c.min_isr,
                                        .now_ms = kNow,
                                        .max_lag_ms = kLag,
                                        .eligible = &eligible}),
              c.expected);
  }
}

}  // namespace
}  // namespace meerkat::replica
