#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;

class LogAppendRead : public LogTest {};

TEST_F(LogAppendRead, GivesOffsetsInOrderAndReadsThemBack) {
  auto& l = log();
  auto first = append(l, {.values = {"a", "b"}}, 3);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->first_offset, 0);
  EXPECT_EQ(first->last_offset, 1);
  EXPECT_EQ(first->log_append_time, -1);
  EXPECT_FALSE(first->duplicate);
  auto second = append(l, {.values = {"c"}}, 3);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->first_offset, 2);
  EXPECT_EQ(l.log_end_offset(), 3);
  EXPECT_EQ(l.latest_epoch(), 3);
  EXPECT_EQ(read_all(l, 0), (Lines{"0=a", "1=b", "2=c"}));
  EXPECT_EQ(read_all(l, 2), (Lines{"2=c"}));
  EXPECT_TRUE(read_all(l, 3).empty());
  EXPECT_EQ(l.read(4, 100, ReadBound::log_end, true).error().code, wire::ErrorCode::offset_out_of_range);
  EXPECT_EQ(l.read(-1, 100, ReadBound::log_end, true).error().code, wire::ErrorCode::offset_out_of_range);
}

TEST_F(LogAppendRead, StoresTheBatchAsItCameButForOffsetAndEpoch) {
  auto& l = log();
  ASSERT_TRUE(append(l).ok());
  auto bytes = build({.values = {"x", "y"}});
  ASSERT_TRUE(append_bytes(l, bytes, 7).ok());
  auto stored = l.read_bytes(1, 1000, ReadBound::log_end);
  ASSERT_TRUE(stored.ok());
  record::MutableBatch expected(bytes);
  expected.set_base_offset(1);
  expected.set_leader_epoch(7);
  EXPECT_EQ(*stored, bytes);
}

TEST_F(LogAppendRead, BoundsHideWhatIsNotReplicated) {
  auto& l = log();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(l, {.values = {"v" + std::to_string(i)}}).ok());
  EXPECT_TRUE(read_all(l, 0, ReadBound::high_watermark).empty());
  EXPECT_TRUE(l.advance_high_watermark(3));
  EXPECT_FALSE(l.advance_high_watermark(2)) << "a leader's high watermark only rises";
  EXPECT_EQ(read_all(l, 0, ReadBound::high_watermark), (Lines{"0=v0", "1=v1", "2=v2"}));
  EXPECT_EQ(read_all(l, 1, ReadBound::last_stable), (Lines{"1=v1", "2=v2"}));
  EXPECT_EQ(read_all(l, 0).size(), 5u);
  auto beyond = l.read(4, 100, ReadBound::high_watermark, true);
  ASSERT_TRUE(beyond.ok()) << "between high watermark and log end there is nothing, but no error";
  EXPECT_EQ(beyond->records.length, 0);
  EXPECT_EQ(beyond->high_watermark, 3);
  EXPECT_EQ(beyond->log_end_offset, 5);
  EXPECT_TRUE(l.advance_high_watermark(100));
  EXPECT_EQ(l.high_watermark(), 5);
}

TEST_F(LogAppendRead, HonoursMaxBytesAndMinOneMessage) {
  auto& l = log();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(l, {.values = {std::string(1000, 'x')}}).ok());
  auto size = static_cast<int32_t>(l.size() / 3);
  struct Case {
    int32_t max_bytes;
    bool min_one;
    int64_t length;
    bool too_large;
  } cases[] = {{0, true, size, false},
               {0, false, 0, true},
               {size - 1, true, size, false},
               {size - 1, false, size - 1, true},
               {size, false, size, false},
               {size + 10, true, size + 10, false},
               {10 * size, true, 3 * size, false}};
  for (auto& c : cases) {
    auto read = l.read(0, c.max_bytes, ReadBound::log_end, c.min_one);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->records.length, c.length) << c.max_bytes << c.min_one;
    EXPECT_EQ(read->first_batch_too_large, c.too_large) << c.max_bytes << c.min_one;
  }
}

TEST_F(LogAppendRead, EveryOffsetIsFoundInAnyMixOfSizesAndSegments) {
  config_.segment_bytes = 20'000;
  config_.index_interval_bytes = 500;
  auto& l = log();
  Lines expected;
  for (int i = 0; i < 300; ++i) {
    Lines values(static_cast<size_t>(1 + i % 4), "value-" + std::string(static_cast<size_t>(i * 37 % 700), 'x'));
    ASSERT_TRUE(append(l, {.values = values}).ok());
    for (auto& v : values) expected.push_back(std::to_string(expected.size()) + "=" + v);
  }
  EXPECT_GT(l.segment_count(), 5);
  for (int round = 0; round < 3; ++round) {
    for (int64_t offset = 0; offset < static_cast<int64_t>(expected.size()); offset += 7) {
      auto got = read_all(log(), offset, ReadBound::log_end, 3000);
      ASSERT_EQ(got, Lines(expected.begin() + offset, expected.end())) << "from " << offset << " in round " << round;
    }
    round == 0 ? reopen_cleanly() : reopen_after_kill();
  }
}

TEST_F(LogAppendRead, TailReadsNeedNoSystemCallAndSequentialOnesTwo) {
  auto& l = log();
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(append(l, {.values = {std::string(500, 'x')}}).ok());
  auto before = fs_.reads();
  ASSERT_GT(l.read(1999, 1 << 20, ReadBound::log_end, true)->records.length, 0);
  EXPECT_EQ(fs_.reads(), before) << "the tail is known";
  int64_t next = 0;
  int rounds = 0;
  before = fs_.reads();
  while (next < 1900) {
    auto read = l.read(next, 50'000, ReadBound::log_end, true);
    ASSERT_TRUE(read.ok());
    ++rounds;
    auto reads = fs_.reads();  // the test's own look at the bytes does not count
    Bytes bytes(static_cast<size_t>(read->records.length));
    ASSERT_TRUE(read->records.file->pread(bytes, read->records.offset).ok());
    record::BatchRun run(bytes);
    record::AnyBatch batch;
    while (run.next(batch)) next = batch.last_offset + 1;
    before += fs_.reads() - reads;
  }
  EXPECT_LE(fs_.reads() - before, 2 * rounds + 6);
}

TEST_F(LogAppendRead, SaysThatTheDiskIsNeededInsteadOfWaitingForIt) {
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(append(log(), {.values = {std::string(500, 'x')}}).ok());
  reopen_cleanly();  // nothing is remembered of where batches begin
  auto& l = log();
  l.set_high_watermark(40);
  fs_.set_cold(true);
  for (auto bound : {ReadBound::log_end, ReadBound::high_watermark}) {
    auto cold = l.read(20, 2000, bound, true, ReadFrom::page_cache);
    ASSERT_TRUE(cold.ok()) << cold.error().message;
    EXPECT_TRUE(cold->cold);
    EXPECT_EQ(cold->records.length, 0);
  }
  auto waited = l.read(20, 2000, ReadBound::log_end, true, ReadFrom::disk);
  ASSERT_TRUE(waited.ok());
  EXPECT_FALSE(waited->cold);
  EXPECT_GT(waited->records.length, 0);
  EXPECT_TRUE(failed_dirs_.empty());
  fs_.set_cold(false);
  auto warm = l.read(20, 2000, ReadBound::log_end, true, ReadFrom::page_cache);
  ASSERT_TRUE(warm.ok());
  EXPECT_FALSE(warm->cold);
  EXPECT_EQ(warm->records.length, waited->records.length);
}

TEST_F(LogAppendRead, EndsAtABatchAlsoWhereTheNextOneIsOnTheDiskAlone) {
  config_.index_interval_bytes = 1000;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(append(log(), {.values = {std::string(500, 'x')}}).ok());
  reopen_cleanly();
  auto& l = log();
  const int64_t batch = l.read(0, 1, ReadBound::log_end, true)->records.length;
  // The batch behind a read is remembered: to find it again needs no look at the file.
  const int64_t next = l.read(0, 3000, ReadBound::log_end, true)->records.length / batch;
  auto warm = l.read(next, 3000, ReadBound::log_end, true, ReadFrom::page_cache);
  fs_.set_cold(true);
  auto cold = l.read(next, 3000, ReadBound::log_end, true, ReadFrom::page_cache);
  ASSERT_TRUE(cold.ok()) << cold.error().message;
  ASSERT_FALSE(cold->cold);
  EXPECT_EQ(cold->records.length, warm->records.length);
  EXPECT_EQ(cold->records.length % batch, 0);
}

TEST_F(LogAppendRead, LogAppendTimeIsStampedAndReported) {
  config_.message_timestamp_log_append = true;
  auto& l = log();
  clock_.advance_ms(5);
  auto info = append(l, {.timestamp = 1000});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->log_append_time, clock_.wall_ms());
  auto found = l.offset_for_timestamp(clock_.wall_ms());
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->timestamp, clock_.wall_ms());
}

TEST_F(LogAppendRead, RefusesABatchLargerThanASegment) {
  config_.segment_bytes = 1000;
  auto& l = log();
  EXPECT_EQ(append(l, {.values = {std::string(2000, 'x')}}).error().code, wire::ErrorCode::record_list_too_large);
  EXPECT_EQ(l.log_end_offset(), 0);
}

TEST_F(LogAppendRead, FollowersTakeBytesVerbatim) {
  auto& l = log();
  auto run = build({.values = {"a", "b"}}, 0, 1);
  auto more = build({.values = {"c"}}, 2, 4);
  run.insert(run.end(), more.begin(), more.end());
  auto partial = build({.values = {"d"}}, 3, 4);
  run.insert(run.end(), partial.begin(), partial.end() - 5);
  auto info = l.append_as_follower(run);
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ(info->last_offset, 2);
  EXPECT_EQ(l.log_end_offset(), 3);
  EXPECT_EQ(l.latest_epoch(), 4);
  EXPECT_EQ(l.end_offset_for_epoch(1), (EpochEndOffset{1, 2}));
  EXPECT_EQ(read_all(l, 0), (Lines{"0=a", "1=b", "2=c"}));
}

TEST_F(LogAppendRead, FollowersRefuseWhatDoesNotFit) {
  auto& l = log();
  ASSERT_TRUE(l.append_as_follower(build({.values = {"a", "b"}}, 0, 0)).ok());
  EXPECT_EQ(l.append_as_follower(build({}, 1, 0)).error().code, wire::ErrorCode::unknown_server_error);
  auto damaged = build({}, 2, 0);
  damaged.back() ^= 1;
  EXPECT_EQ(l.append_as_follower(damaged).error().code, wire::ErrorCode::corrupt_message);
  auto twice = build({}, 5, 0);
  auto again = build({}, 5, 0);
  twice.insert(twice.end(), again.begin(), again.end());
  EXPECT_EQ(l.append_as_follower(twice).error().code, wire::ErrorCode::unknown_server_error);
  EXPECT_EQ(l.log_end_offset(), 2);
  EXPECT_TRUE(l.append_as_follower(build({}, 7, 0)).ok()) << "compaction leaves gaps";
  EXPECT_EQ(read_all(l, 2), (Lines{"7=v"}));
}

TEST_F(LogAppendRead, DescriptorsStayBounded) {
  manager_->shutdown();
  manager_.reset();
  max_open_files_ = 8;
  open();
  for (int p = 0; p < 50; ++p) ASSERT_TRUE(append(log("many", p)).ok());
  log_.reset();
  EXPECT_LE(fs_.open_files(), 8 + 1) << "the directory's .lock comes on top";
  for (int p = 0; p < 50; ++p) EXPECT_EQ(read_all(log("many", p), 0), (Lines{"0=v"}));
}

}  // namespace
}  // namespace meerkat::storage
