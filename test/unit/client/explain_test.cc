#include "client/explain.h"

#include <gtest/gtest.h>

namespace meerkat::client {
namespace {

TEST(Explain, SaysWhyAReplicaIsMissing) {
  const struct {
    MissingReplica replica;
    const char* why;
  } cases[] = {
      {{.broker = 2, .alive = false}, "2: broker down"},
      {{.broker = 2, .dir_failed = true}, "2: log directory offline"},
      {{.broker = 2, .has_leader = false}, "2: no leader to follow"},
      {{.broker = 2, .answers = false}, "2: broker registered, but it does not answer"},
      {{.broker = 2}, "2: has no log yet, or its size is unknown"},
      {{.broker = 2, .bytes = 500, .bytes_before = 1500, .seconds = 2},
       "2: lags by 500 bytes, catching up at 500 bytes/s"},
      {{.broker = 2, .bytes = 500, .bytes_before = 500}, "2: lags by 500 bytes, not catching up"},
      {{.broker = 2, .bytes = 500, .bytes_before = 400, .throttled = true},
       "2: lags by 500 bytes, falling behind at 100 bytes/s, throttled"},
      {{.broker = 2, .bytes = 0},
       "2: has all bytes, but the leader has not taken it in yet (fenced, or just caught up)"},
  };
  for (const auto& c : cases) EXPECT_EQ(why_missing(c.replica), c.why);
}

TEST(Explain, ReplicasListedAsThrottled) {
  EXPECT_TRUE(lists_replica("*", 3, 4));
  EXPECT_TRUE(lists_replica("0:1,3:4", 3, 4));
  EXPECT_FALSE(lists_replica("0:1,3:4", 3, 1));
  EXPECT_FALSE(lists_replica("13:4", 3, 4));
  EXPECT_FALSE(lists_replica("", 3, 4));
}

}  // namespace
}  // namespace meerkat::client
