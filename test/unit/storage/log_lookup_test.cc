#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

class LogLookup : public LogTest {};

TEST_F(LogLookup, FindsTheExactRecordInsideOfBatches) {
  config_.index_interval_bytes = 100;
  for (auto codec : {record::Codec::none, record::Codec::gzip, record::Codec::zstd, record::Codec::lz4}) {
    auto& l = log("t", static_cast<int32_t>(codec));
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(append(l, {.values = {"a", "b", "c"}, .timestamp = 1000 + i * 10, .codec = codec}, i / 20).ok());
    }
    struct Case {
      int64_t timestamp, offset, found_timestamp;
    } cases[] = {{0, 0, 1000},    {1000, 0, 1000},  {1001, 1, 1001},   {1002, 2, 1002},
                 {1003, 3, 1010}, {1255, 78, 1260}, {1492, 149, 1492}, {1493, -1, -1}};
    for (auto& c : cases) {
      auto found = l.offset_for_timestamp(c.timestamp);
      ASSERT_TRUE(found.ok()) << found.error().message;
      EXPECT_EQ(found->has_value(), c.offset >= 0) << c.timestamp;
      if (!*found) continue;
      EXPECT_EQ((*found)->offset, c.offset) << c.timestamp;
      EXPECT_EQ((*found)->timestamp, c.found_timestamp) << c.timestamp;
      EXPECT_EQ((*found)->leader_epoch, c.offset / 60) << c.timestamp;
    }
    auto max = l.offset_of_max_timestamp();
    ASSERT_TRUE(max.ok() && *max);
    EXPECT_EQ((*max)->offset, 149);
    EXPECT_EQ((*max)->timestamp, 1492);
  }
}

TEST_F(LogLookup, TimestampsOutOfOrderAndAcrossSegments) {
  config_.segment_bytes = 500;
  config_.segment_ms = LogConfig::kUnlimited;
  config_.index_interval_bytes = 0;
  auto& l = log();
  const int64_t timestamps[] = {50, 10, 70, 20, 90, 30, 80, 100, 5, 60, 95, 101, 1};
  for (auto t : timestamps) ASSERT_TRUE(append(l, {.values = {std::string(60, 'x')}, .timestamp = t}).ok());
  ASSERT_GT(l.segment_count(), 2);
  for (bool restarted : {false, true}) {
    if (restarted) reopen_cleanly();
    for (int64_t wanted = 0; wanted < 105; ++wanted) {
      int64_t expected = -1;
      for (size_t i = 0; i < std::size(timestamps) && expected < 0; ++i) {
        if (timestamps[i] >= wanted) expected = static_cast<int64_t>(i);
      }
      auto found = log().offset_for_timestamp(wanted);
      ASSERT_TRUE(found.ok());
      EXPECT_EQ(*found ? (*found)->offset : -1, expected) << wanted;
    }
    EXPECT_EQ((*log().offset_of_max_timestamp())->offset, 11);
  }
  log().advance_high_watermark(13);
  ASSERT_TRUE(log().delete_records(8).ok());
  EXPECT_EQ((*log().offset_for_timestamp(1))->offset, 8) << "nothing before the log start counts";
}

TEST_F(LogLookup, AnEmptyLogHasNoTimestamps) {
  EXPECT_FALSE(log().offset_for_timestamp(0)->has_value());
  EXPECT_FALSE(log().offset_of_max_timestamp()->has_value());
}

TEST_F(LogLookup, LeaderEpochsEndWhereTheNextBegins) {
  auto& l = log();
  ASSERT_TRUE(l.assign_leader_epoch(0, 0).ok());
  for (int i = 0; i < 18; ++i) ASSERT_TRUE(append(l, {}, 0).ok());
  ASSERT_TRUE(l.assign_leader_epoch(6, 18).ok());
  struct Case {
    int32_t asked;
    EpochEndOffset end;
  } cases[] = {{0, {0, 18}}, {3, {0, 18}}, {5, {0, 18}}, {6, {6, 18}}, {7, {-1, -1}}, {-1, {-1, -1}}};
  for (auto& c : cases) EXPECT_EQ(l.end_offset_for_epoch(c.asked), c.end) << c.asked;
  scheduler_.advance(5000);
  EXPECT_EQ(as_text(fs_.content("/logs/t-0/leader-epoch-checkpoint")), "0\n2\n0 0\n6 18\n");
  ASSERT_TRUE(append(l, {}, 6).ok());
  EXPECT_EQ(l.end_offset_for_epoch(6), (EpochEndOffset{6, 19}));
  EXPECT_EQ(l.epoch_for_offset(17), 0);
  EXPECT_EQ(l.epoch_for_offset(18), 6);
}

}  // namespace
}  // namespace meerkat::storage
