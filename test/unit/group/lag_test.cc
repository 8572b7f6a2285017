// Lag as a table, and gathered from the shards of a coordinator.
#include "group/lag.h"

#include <gtest/gtest.h>

namespace meerkat::group {
namespace {

class FixedEnds : public PartitionEnds {
 public:
  std::optional<PartitionEnd> end(const TopicPartition& partition, int64_t) override {
    auto it = ends.find(partition);
    return it == ends.end() ? std::nullopt : std::optional(it->second);
  }
  std::map<TopicPartition, PartitionEnd> ends;
};

TEST(Lag, InRecordsAndSeconds) {
  constexpr int64_t kNow = 100'000;
  struct Case {
    const char* name;
    int64_t committed;
    PartitionEnd end;
    int64_t records;
    double seconds;
  } cases[] = {
      {"all is read", 10, {10, {}}, 0, 0},
      {"some are left", 4, {10, 98'500}, 6, 1.5},
      {"nothing is known of their time", 4, {10, {}}, 6, 0},
      {"a clock ahead of ours", 4, {10, 200'000}, 6, 0},
      {"the log was cut off below", 12, {10, {}}, 0, 0},
  };
  for (const auto& c : cases) {
    FixedEnds ends;
    ends.ends[{"t", 0}] = c.end;
    const auto lags = lags_of({{"g", {"t", 0}, c.committed}, {"g", {"elsewhere", 0}, 1}}, ends, kNow);
    ASSERT_EQ(lags.size(), 1u) << c.name;
    EXPECT_EQ(lags[0].records, c.records) << c.name;
    EXPECT_DOUBLE_EQ(lags[0].seconds, c.seconds) << c.name;
    EXPECT_EQ(lags[0].offset.group, "g") << c.name;
  }
}

}  // namespace
}  // namespace meerkat::group
