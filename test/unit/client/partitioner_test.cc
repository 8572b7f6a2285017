#include "client/partitioner.h"

#include <gtest/gtest.h>

#include <set>

namespace meerkat::client {
namespace {

TEST(Murmur2, IsThatOfTheJavaClient) {
  struct Row {
    const char* key;
    int32_t hash;
  };
  // Known answers of Kafka's Utils.murmur2.
  const Row rows[] = {{"", 275646681},
                      {"21", -973932308},
                      {"foobar", -790332482},
                      {"a-little-bit-long-string", -985981536},
                      {"a-little-bit-longer-string", -1486304829},
                      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
                      {"abc", 479470107}};
  for (const Row& row : rows) EXPECT_EQ(murmur2(as_bytes(row.key)), row.hash) << row.key;
}

TEST(PartitionOfKey, IsNeverNegative) {
  for (const char* key : {"", "21", "foobar", "abc"}) {
    const int32_t partition = partition_of_key(as_bytes(key), 7);
    EXPECT_GE(partition, 0) << key;
    EXPECT_LT(partition, 7) << key;
  }
}

TEST(StickyPartitioner, StaysUntilTheBatchIsClosedAndReachesAll) {
  StickyPartitioner sticky;
  std::set<int32_t> seen;
  for (int batch = 0; batch < 500; ++batch) {
    const int32_t first = sticky.partition(5);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(sticky.partition(5), first);
    seen.insert(first);
    sticky.batch_closed();
  }
  EXPECT_EQ(seen, (std::set<int32_t>{0, 1, 2, 3, 4}));
}

TEST(StickyPartitioner, LeavesAPartitionThatIsGone) {
  StickyPartitioner sticky;
  for (int i = 0; i < 100; ++i) {
    sticky.partition(50);
    EXPECT_LT(sticky.partition(1), 1);
    sticky.batch_closed();
  }
}

}  // namespace
}  // namespace meerkat::client
