#include "cluster/coordinator_partition.h"

#include <gtest/gtest.h>

namespace meerkat::cluster {
namespace {

TEST(CoordinatorPartition, HashesAsJavaDoes) {
  struct Row {
    const char* key;
    int32_t hash;
    int32_t partitions;
    int32_t partition;
  };
  const Row rows[] = {
      {"", 0, 50, 0},
      {"e", 101, 50, 1},
      {"g91djv", -1291964783, 38, 9},           // a negative hash counts by its absolute value
      {"{}\xF0\x9D\x84\x9E", 5556812, 50, 12},  // a surrogate pair in UTF-16
  };
  for (const Row& row : rows) {
    EXPECT_EQ(java_string_hash(row.key), row.hash) << row.key;
    EXPECT_EQ(coordinator_partition(row.key, row.partitions), row.partition) << row.key;
  }
}

TEST(CoordinatorPartition, TheSmallestHashIsPartitionZero) {
  // "polygenelubricants" is known to hash to the smallest int.
  EXPECT_EQ(java_string_hash("polygenelubricants"), INT32_MIN);
  EXPECT_EQ(coordinator_partition("polygenelubricants", 50), 0);
}

}  // namespace
}  // namespace meerkat::cluster
