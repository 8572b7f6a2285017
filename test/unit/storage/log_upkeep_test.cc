#include <glog/logging.h>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;

class LogUpkeep : public LogTest {
 protected:
  LogUpkeep() { config_.segment_bytes = 1000; }
  void fill(Log& l, int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(append(l, {.values = {std::string(300, 'x')}, .timestamp = clock_.wall_ms()}).ok());
    }
    l.advance_high_watermark(l.log_end_offset());
  }
};

TEST_F(LogUpkeep, RollsBySizeTimeIndexAndOffset) {
  auto& by_size = log("size");
  fill(by_size, 4);
  EXPECT_EQ(by_size.segment_count(), 2) << "two batches of 370 bytes fit into 1000";

  config_ = {};
  config_.segment_ms = 1000;
  auto& by_time = log("time");
  ASSERT_TRUE(append(by_time, {.timestamp = 5000}).ok());
  ASSERT_TRUE(append(by_time, {.timestamp = 6000}).ok());
  EXPECT_EQ(by_time.segment_count(), 1) << "exactly segment.ms is not beyond it";
  clock_.advance_ms(100'000);
  ASSERT_TRUE(append(by_time, {.timestamp = 5900}).ok());
  EXPECT_EQ(by_time.segment_count(), 1) << "the message's time counts, not the clock's";
  ASSERT_TRUE(append(by_time, {.timestamp = 6001}).ok());
  EXPECT_EQ(by_time.segment_count(), 2);

  config_ = {};
  config_.segment_index_bytes = 24;
  config_.index_interval_bytes = 0;
  auto& by_index = log("index");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append(by_index, {.timestamp = 1000 + i * 10}).ok());
  EXPECT_EQ(by_index.segment_count(), 2) << "two entries of the time index fit";

  config_ = {};
  auto& by_offset = log("offset");
  ASSERT_TRUE(by_offset.append_as_follower(build({}, 0, 0)).ok());
  ASSERT_TRUE(by_offset.append_as_follower(build({}, 2147483647, 0)).ok());
  EXPECT_EQ(by_offset.segment_count(), 1);
  ASSERT_TRUE(by_offset.append_as_follower(build({}, 2147483648, 0)).ok());
  EXPECT_EQ(by_offset.segment_count(), 2);
  EXPECT_EQ(read_all(by_offset, 5), (Lines{"2147483647=v", "2147483648=v"}));
}

/// Counts lines of the log.
class LineCount : public google::LogSink {
 public:
  explicit LineCount(std::string text) : text_(std::move(text)) { google::AddLogSink(this); }
  ~LineCount() override { google::RemoveLogSink(this); }
  using google::LogSink::send;
  void send(google::LogSeverity, const char*, const char*, int, const struct tm*, const char* message,
            size_t length) override {
    count += std::string(message, length).find(text_) != std::string::npos;
  }
  int count = 0;

 private:
  const std::string text_;
};

TEST_F(LogUpkeep, SaysOnceThatARecordOfTheFutureKeepsRetentionAway) {
  config_.retention_ms = 1000;
  auto& l = log();
  const int64_t day_ms = 86'400'000;
  fill(l, 4);
  ASSERT_TRUE(append(l, {.values = {std::string(700, 'x')}, .timestamp = clock_.wall_ms() + day_ms}).ok());
  ASSERT_TRUE(append(l, {.values = {std::string(700, 'x')}, .timestamp = clock_.wall_ms() + 2 * day_ms}).ok());
  fill(l, 2);
  clock_.advance_ms(2000);
  LineCount complaints("retention.ms does not touch t-0");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(l.delete_old_segments().ok());
  EXPECT_EQ(l.log_start_offset(), 4);
  EXPECT_EQ(complaints.count, 1);
  clock_.advance_ms(day_ms);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(l.delete_old_segments().ok());
  EXPECT_EQ(l.log_start_offset(), 5);
  EXPECT_EQ(complaints.count, 2) << "now another segment stands in the way";
}

TEST_F(LogUpkeep, RetentionBySizeKeepsAtLeastThatMuch) {
  auto& l = log();
  fill(l, 20);
  int64_t batch = l.size() / 20;
  auto config = *l.config();
  config.retention_bytes = 5 * batch;
  l.set_config(config);
  EXPECT_EQ(*l.delete_old_segments(), 7);
  EXPECT_EQ(l.log_start_offset(), 14);
  EXPECT_EQ(read_all(l, 14).size(), 6u);
  EXPECT_TRUE(fs_.exists(file(0, ".log.deleted"))) << "unlinked later";
  scheduler_.advance(60'000);
  EXPECT_FALSE(fs_.exists(file(0, ".log.deleted")));
  EXPECT_FALSE(fs_.exists(file(0, ".index.deleted")));
  EXPECT_FALSE(fs_.exists(file(2, ".snapshot")));
  reopen_cleanly();
  EXPECT_EQ(log().log_start_offset(), 14);
}

TEST_F(LogUpkeep, RetentionByTimeDeletesEvenTheActiveSegment) {
  auto& l = log();
  fill(l, 5);
  clock_.advance_ms(1000);
  fill(l, 3);
  auto config = *l.config();
  config.retention_ms = 1500;
  l.set_config(config);
  EXPECT_EQ(*l.delete_old_segments(), 0);
  clock_.advance_ms(600);
  EXPECT_EQ(*l.delete_old_segments(), 2) << "the segment with both times is as young as its youngest record";
  clock_.advance_ms(2000);
  EXPECT_GT(*l.delete_old_segments(), 0);
  EXPECT_EQ(l.log_start_offset(), 8);
  EXPECT_EQ(l.log_end_offset(), 8);
  EXPECT_EQ(l.segment_count(), 1);
  EXPECT_EQ(*l.delete_old_segments(), 0) << "an empty last segment stays";
  EXPECT_EQ(append(l)->first_offset, 8);
}

TEST_F(LogUpkeep, RetentionSparesWhatIsNotReplicatedAndCompactedTopics) {
  auto& l = log();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(l, {.values = {std::string(300, 'x')}}).ok());
  l.advance_high_watermark(5);
  clock_.advance_ms(1'000'000'000);
  EXPECT_EQ(*l.delete_old_segments(), 2);
  EXPECT_EQ(l.log_start_offset(), 4);
  l.advance_high_watermark(20);
  auto config = *l.config();
  config.cleanup_delete = false;
  config.cleanup_compact = true;
  l.set_config(config);
  EXPECT_EQ(*l.delete_old_segments(), 0);
  ASSERT_TRUE(l.delete_records(9).ok());
  EXPECT_EQ(*l.delete_old_segments(), 2) << "what DeleteRecords has freed goes in any case";
  EXPECT_EQ(l.log_start_offset(), 9);
}

TEST_F(LogUpkeep, AFetchOutlivesRetention) {
  auto& l = log();
  fill(l, 10);
  auto read = l.read(0, 10000, ReadBound::log_end, true);
  ASSERT_TRUE(read.ok());
  clock_.advance_ms(1'000'000'000);
  ASSERT_GT(*l.delete_old_segments(), 0);
  scheduler_.advance(60'000);
  Bytes bytes(static_cast<size_t>(read->records.length));
  EXPECT_EQ(*read->records.file->pread(bytes, read->records.offset), bytes.size());
  EXPECT_EQ(record::BatchRun(bytes).corrupt(), false);
  EXPECT_EQ(l.read(0, 10000, ReadBound::log_end, true).error().code, wire::ErrorCode::offset_out_of_range);
}

TEST_F(LogUpkeep, RollMakesTheOldSegmentDurableOffTheProducePath) {
  auto& l = log();
  fill(l, 2);
  EXPECT_EQ(l.recovery_point(), 0);
  fill(l, 1);
  EXPECT_EQ(l.recovery_point(), 0);
  scheduler_.run_due();
  EXPECT_EQ(l.recovery_point(), 3);
  EXPECT_TRUE(fs_.exists(file(2, ".snapshot")));
}

TEST_F(LogUpkeep, FlushPolicy) {
  auto& l = log();
  EXPECT_FALSE(l.flush_due());
  ASSERT_TRUE(append(l).ok());
  EXPECT_FALSE(l.flush_due());
  auto config = *l.config();
  config.flush_ms = 100;
  l.set_config(config);
  EXPECT_FALSE(l.flush_due());
  clock_.advance_ms(100);
  EXPECT_TRUE(l.flush_due());
  ASSERT_TRUE(l.flush().ok());
  EXPECT_FALSE(l.flush_due());
  config.flush_ms = LogConfig::kUnlimited;
  config.flush_messages = 2;
  l.set_config(config);
  ASSERT_TRUE(append(l).ok());
  EXPECT_FALSE(l.flush_due());
  ASSERT_TRUE(append(l).ok());
  EXPECT_TRUE(l.flush_due());
}

TEST_F(LogUpkeep, TruncationDropsTheEndWithAllThatBelongsToIt) {
  auto& l = log();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(append(l,
                       {.values = {std::to_string(i) + std::string(300, 'x')},
                        .timestamp = 1000 + i,
                        .producer_id = 1,
                        .producer_epoch = 0,
                        .sequence = i},
                       i / 5)
                    .ok());
  }
  l.advance_high_watermark(15);
  EXPECT_FALSE(*l.truncate_to(20));
  ASSERT_TRUE(*l.truncate_to(12));
  EXPECT_EQ(l.log_end_offset(), 12);
  EXPECT_EQ(l.high_watermark(), 12);
  EXPECT_EQ(l.latest_epoch(), 2);
  EXPECT_EQ(read_all(l, 0).size(), 12u);
  EXPECT_EQ((*l.offset_of_max_timestamp())->timestamp, 1011);
  EXPECT_EQ(l.active_producers().at(0).last_sequence, 11);
  ASSERT_TRUE(append(l, {.values = {"new"}, .producer_id = 1, .producer_epoch = 0, .sequence = 12}, 7).ok());
  EXPECT_EQ(read_all(l, 12), (Lines{"12=new"}));
  for (bool clean : {true, false}) {
    clean ? reopen_cleanly() : reopen_after_kill();
    EXPECT_EQ(read_all(log(), 11).size(), 2u);
    EXPECT_EQ(log().end_offset_for_epoch(2), (EpochEndOffset{2, 12}));
  }
  ASSERT_TRUE(*log().truncate_to(0));
  EXPECT_EQ(log().log_end_offset(), 0);
  EXPECT_TRUE(log().active_producers().empty());
  ASSERT_TRUE(log().truncate_fully_and_start_at(100).ok());
  EXPECT_EQ(log().log_start_offset(), 100);
  EXPECT_EQ(log().high_watermark(), 100);
  EXPECT_EQ(append(log())->first_offset, 100);
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 100), (Lines{"100=v"}));
}

TEST_F(LogUpkeep, AFullDiskRefusesWritesAndGoesOn) {
  auto& l = log();
  fill(l, 10);
  auto before = read_all(l, 0);
  int64_t used = fs_.space("/")->total - fs_.space("/")->usable;
  fs_.set_capacity(used + 100);
  for (int i = 0; i < 3; ++i) {
    auto refused = append(l, {.values = {std::string(300, 'y')}});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, wire::ErrorCode::kafka_storage_error);
  }
  EXPECT_EQ(l.log_end_offset(), 10);
  EXPECT_EQ(read_all(l, 0), before);
  EXPECT_TRUE(failed_dirs_.empty()) << "a full disk is no dead disk";
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 0), before);
  fs_.set_capacity(1 << 30);
  ASSERT_TRUE(append(log(), {.values = {"room"}}).ok());
  EXPECT_EQ(read_all(log(), 10), (Lines{"10=room"}));
}

TEST_F(LogUpkeep, AFullDiskTakesNoTopicIdButSyncsTheRecords) {
  const auto id = Uuid::random();
  auto l = *manager_->get_or_create({"t", 0}, id);
  fill(*l, 1);
  ASSERT_TRUE(l->flush().ok());
  const std::string path = "/logs/t-0/partition.metadata";
  ASSERT_TRUE(fs_.remove(path).ok());
  l.reset();
  reopen_after_kill();
  l = *manager_->get_or_create({"t", 0}, id);
  fill(*l, 1);
  fs_.set_capacity(fs_.space("/")->total - fs_.space("/")->usable);
  const auto flushed = l->flush();
  ASSERT_TRUE(flushed.ok()) << flushed.error().message;
  EXPECT_EQ(l->recovery_point(), 2);
  EXPECT_FALSE(fs_.exists(path));
  fs_.set_capacity(1 << 30);
  ASSERT_TRUE(l->flush().ok());
  EXPECT_TRUE(fs_.exists(path)) << "tried again";
  EXPECT_TRUE(failed_dirs_.empty());
}

TEST_F(LogUpkeep, ADeadDiskTakesItsDirectoryOffline) {
  auto& l = log();
  fill(l, 1);
  auto keep = log_;
  fs_.fail_at(1, EIO);
  EXPECT_EQ(append(l).error().code, wire::ErrorCode::kafka_storage_error);
  EXPECT_EQ(failed_dirs_, (Lines{"/logs"}));
  EXPECT_EQ(append(*keep).error().code, wire::ErrorCode::kafka_storage_error);
  EXPECT_EQ(manager_->get({"t", 0}), nullptr);
  EXPECT_TRUE(manager_->offline({"t", 0}));
  EXPECT_FALSE(manager_->dirs()[0].online);
  EXPECT_EQ(manager_->get_or_create({"t", 0}, std::nullopt).error().code, wire::ErrorCode::kafka_storage_error);
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 0).size(), 1u) << "nothing of the failed append is visible";
}

}  // namespace
}  // namespace meerkat::storage
