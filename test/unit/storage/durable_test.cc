// flush.messages=1: nothing is acknowledgeable before it is fsynced, and one fsync serves many; the disk's reserve.
#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using wire::ErrorCode;

TEST_F(LogTest, WithFlushMessagesOneOnlyDurableRecordsAreAcknowledgeable) {
  config_.flush_messages = 1;
  auto& l = log();
  for (int i = 0; i < 3; ++i) {
    auto done = append(l, {.values = {"v" + std::to_string(i)}});
    ASSERT_TRUE(done.ok());
    EXPECT_TRUE(done->flush_wanted);
  }
  EXPECT_EQ(l.acknowledgeable_end(), 0);
  EXPECT_EQ(scheduler_.run_due(), 1) << "one fsync for the three";
  EXPECT_EQ(l.acknowledgeable_end(), 3);
  EXPECT_EQ(l.recovery_point(), 3);
  reopen_after_power_loss(7);
  EXPECT_EQ(read_all(log(), 0), (std::vector<std::string>{"0=v0", "1=v1", "2=v2"}));
}

TEST_F(LogTest, ARepeatedBatchWaitsForTheFsyncOfTheFirst) {
  config_.flush_messages = 1;
  auto& l = log();
  TestBatch batch{.producer_id = 5, .producer_epoch = 0, .sequence = 0};
  ASSERT_TRUE(append(l, batch).ok());
  auto again = append(l, batch);
  ASSERT_TRUE(again.ok() && again->duplicate);
  EXPECT_TRUE(again->flush_wanted);
  scheduler_.run_due();
  again = append(l, batch);
  ASSERT_TRUE(again.ok() && again->duplicate);
  EXPECT_FALSE(again->flush_wanted) << "it is durable";
}

TEST_F(LogTest, FlushMessagesCountsRecords) {
  config_.flush_messages = 4;
  auto& l = log();
  EXPECT_FALSE(append(l, {.values = {"a", "b", "c"}})->flush_wanted);
  EXPECT_EQ(l.acknowledgeable_end(), 3);
  EXPECT_TRUE(append(l, {.values = {"d"}})->flush_wanted);
  scheduler_.run_due();
  EXPECT_EQ(l.recovery_point(), 4);
  EXPECT_FALSE(append(l, {.values = {"e"}})->flush_wanted);
}

TEST(DiskReserve, RefusesRecordsBeforeTheDiskIsFull) {
  fakes::FaultyFileSystem fs;
  fakes::ManualScheduler scheduler;
  ManualClock clock;
  LogManagerOptions options;
  options.log_dirs = {"/logs"};
  options.fs = &fs;
  options.clock = &clock;
  options.scheduler = &scheduler;
  options.log_cleaner_enable = false;
  options.disk_reserve_bytes = 1000;
  fs.set_capacity(100'000);
  auto manager = LogManager::open(std::move(options));
  ASSERT_TRUE(manager.ok());
  ASSERT_TRUE((*manager)->load().ok());
  (*manager)->start();
  auto log = *(*manager)->get_or_create({"t", 0}, std::nullopt);
  ASSERT_TRUE(append(*log, {.values = {std::string(99'100, 'x')}}).ok());
  scheduler.advance(500);
  auto refused = append(*log);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kafka_storage_error);
  EXPECT_EQ(log->append_as_follower(build({}, 1, 0)).error().code, ErrorCode::kafka_storage_error);
  EXPECT_EQ(read_all(*log, 0).size(), 1u) << "reads go on";
  fs.set_capacity(200'000);
  scheduler.advance(500);
  EXPECT_TRUE(append(*log).ok());
}

}  // namespace
}  // namespace meerkat::storage
