// Appends, reads, retention, flushes and lookups at the same time; meant for SAN=thread as well.
#include <atomic>
#include <thread>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

class LogConcurrency : public LogTest {};

TEST_F(LogConcurrency, ReadersSeeWholeBatchesInOrderWhileEverythingElseGoesOn) {
  config_.segment_bytes = 20'000;
  config_.index_interval_bytes = 500;
  config_.retention_bytes = 200'000;
  config_.file_delete_delay_ms = 0;
  auto& l = log();
  constexpr int kWriters = 2, kBatches = 1500;
  std::atomic<int> writers_left{kWriters};
  std::atomic<int64_t> records_read{0};

  auto write = [&](int id) {
    for (int i = 0; i < kBatches; ++i) {
      auto info = append(l, {.values = {"a", std::string(static_cast<size_t>(i % 500), 'x')},
                             .producer_id = id,
                             .producer_epoch = 0,
                             .sequence = i * 2});
      ASSERT_TRUE(info.ok()) << info.error().message;
      l.advance_high_watermark(info->last_offset + 1);
    }
    --writers_left;
  };
  auto read = [&](ReadBound bound) {
    int64_t next = 0;
    while (true) {
      bool last_round = writers_left == 0;
      auto bytes = l.read_bytes(next, 3000, bound);
      if (!bytes) {
        ASSERT_EQ(bytes.error().code, wire::ErrorCode::offset_out_of_range) << bytes.error().message;
        next = l.log_start_offset();
        continue;
      }
      record::BatchRun run(*bytes);
      record::AnyBatch batch;
      while (run.next(batch)) {
        ASSERT_TRUE(batch.crc_ok());
        ASSERT_GE(batch.last_offset, next);
        next = batch.last_offset + 1;
        records_read += batch.count;
      }
      if (bytes->empty() && last_round) return;
      ASSERT_LE(next, l.log_end_offset());
    }
  };
  auto upkeep = [&] {
    while (writers_left > 0) {
      ASSERT_TRUE(l.flush().ok());
      ASSERT_TRUE(l.delete_old_segments().ok());
      scheduler_.advance(1);
      manager_->checkpoint_recovery_points();
      auto found = l.offset_for_timestamp(1'700'000'000'000);
      ASSERT_TRUE(found.ok()) << found.error().message;
      l.active_producers();
      l.set_config(config_);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) threads.emplace_back(write, i);
  threads.emplace_back(read, ReadBound::log_end);
  threads.emplace_back(read, ReadBound::high_watermark);
  threads.emplace_back(read, ReadBound::last_stable);
  threads.emplace_back(upkeep);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(l.log_end_offset(), kWriters * kBatches * 2);
  EXPECT_GT(records_read, 0);
}

TEST_F(LogConcurrency, LogsAreCreatedOnceHoweverManyAsk) {
  std::vector<std::shared_ptr<Log>> got(8);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < got.size(); ++i) {
      threads.emplace_back([&, i] { got[i] = *manager_->get_or_create({"t", round}, std::nullopt); });
    }
    for (auto& thread : threads) thread.join();
    for (auto& log : got) EXPECT_EQ(log, got[0]);
  }
  EXPECT_EQ(manager_->all().size(), 20u);
}

}  // namespace
}  // namespace meerkat::storage
