// A log manager over a file system in memory, and short ways to append to and read from its logs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "record/builder.h"
#include "record/record.h"
#include "record/validate.h"
#include "storage/log_manager.h"
#include "test/fakes/faulty_file_system.h"
#include "test/fakes/manual_scheduler.h"

namespace meerkat::storage {

/// What a test says about a batch.
struct TestBatch {
  std::vector<std::string> values = {"v"};
  int64_t timestamp = 1'700'000'000'000;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t sequence = -1;
  bool transactional = false;
  record::Codec codec = record::Codec::none;
};

inline Bytes build(const TestBatch& batch, int64_t base_offset = 0, int32_t leader_epoch = -1) {
  record::BatchOptions options;
  options.codec = batch.codec;
  options.base_offset = base_offset;
  options.leader_epoch = leader_epoch;
  options.producer_id = batch.producer_id;
  options.producer_epoch = batch.producer_epoch;
  options.base_sequence = batch.sequence;
  options.transactional = batch.transactional;
  record::BatchBuilder builder(options);
  int64_t timestamp = batch.timestamp;
  for (auto& value : batch.values) builder.append(timestamp++, std::nullopt, as_bytes(value));
  return builder.build();
}

inline wire::Outcome<AppendInfo> append_bytes(Log& log, Bytes bytes, int32_t leader_epoch = 0,
                                              record::AppendOrigin origin = record::AppendOrigin::client) {
  record::AppendRules rules;
  rules.origin = origin;
  rules.max_batch_bytes = 100 << 20;
  if (log.config()->message_timestamp_log_append) rules.timestamp_type = record::TimestampType::log_append_time;
  auto plan = record::validate(bytes, rules);
  if (!plan) return wire::refuse(plan.error().code, plan.error().message);
  return log.append_as_leader(*plan, leader_epoch, origin);
}

inline wire::Outcome<AppendInfo> append(Log& log, const TestBatch& batch = {}, int32_t leader_epoch = 0) {
  return append_bytes(log, build(batch), leader_epoch);
}

inline wire::Outcome<AppendInfo> append_marker(Log& log, record::ControlType type, int64_t producer_id, int16_t epoch,
                                               int32_t coordinator_epoch = 0, int64_t timestamp = 1'700'000'000'000) {
  return append_bytes(log, record::build_end_txn_marker({type, coordinator_epoch}, producer_id, epoch, timestamp), 0,
                      record::AppendOrigin::coordinator);
}

/// All records from `offset` up to the bound, as "offset=value"; ADD_FAILUREs when a read fails.
inline std::vector<std::string> read_all(Log& log, int64_t offset, ReadBound bound = ReadBound::log_end,
                                         int32_t max_bytes = 1 << 20) {
  std::vector<std::string> result;
  int64_t next = offset;
  for (;;) {
    auto bytes = log.read_bytes(next, max_bytes, bound);
    if (!bytes) {
      ADD_FAILURE() << "read at " << next << ": " << bytes.error().message;
      return result;
    }
    if (bytes->empty()) return result;
    record::BatchRun run(*bytes);
    record::AnyBatch batch;
    while (run.next(batch)) {
      EXPECT_TRUE(batch.crc_ok());
      record::RecordReader reader(batch);
      record::RecordView record;
      while (reader.next(record) == record::Next::record) {
        if (record.offset < offset) continue;
        result.push_back(std::to_string(record.offset) + "=" +
                         (batch.control ? "marker" : std::string(record.value ? as_text(*record.value) : "null")));
      }
      next = batch.last_offset + 1;
    }
  }
}

class LogTest : public ::testing::Test {
 protected:
  LogTest() { open(); }

  LogManagerOptions manager_options() {
    LogManagerOptions options;
    options.log_dirs = dirs_;
    options.config_of = [this](const std::string&) { return config_; };
    options.fs = &fs_;
    options.clock = &clock_;
    options.scheduler = &scheduler_;
    options.on_dir_failure = [this](const std::string& dir, const Error&) { failed_dirs_.push_back(dir); };
    options.max_open_files = max_open_files_;
    options.num_recovery_threads_per_data_dir = 1;
    return options;
  }
  void open() {
    auto manager = LogManager::open(manager_options());
    ASSERT_TRUE(manager.ok()) << manager.error().message;
    manager_ = std::move(manager).value();
    auto loaded = manager_->load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  }
  void reopen_cleanly() {
    log_.reset();
    manager_->shutdown();
    manager_.reset();
    scheduler_.drop_all();
    open();
  }
  void reopen_after_kill() {
    log_.reset();
    fs_.kill();
    manager_.reset();
    scheduler_.drop_all();
    open();
  }
  void reopen_after_power_loss(uint64_t seed) {
    log_.reset();
    fs_.crash(seed);
    manager_.reset();
    scheduler_.drop_all();
    open();
  }
  Log& log(const std::string& topic = "t", int32_t partition = 0) {
    auto created = manager_->get_or_create({topic, partition}, std::nullopt);
    if (!created) {
      ADD_FAILURE() << created.error().message;
      std::abort();
    }
    log_ = *created;
    return *log_;
  }
  std::string file(int64_t base, const char* suffix, const std::string& partition = "t-0") const {
    char name[64];
    std::snprintf(name, sizeof name, "%020lld%s", static_cast<long long>(base), suffix);
    return dirs_[0] + "/" + partition + "/" + name;
  }

  std::vector<std::string> dirs_ = {"/logs"};
  LogConfig config_;
  int max_open_files_ = 64;
  fakes::FaultyFileSystem fs_;
  ManualClock clock_;
  fakes::ManualScheduler scheduler_;
  std::vector<std::string> failed_dirs_;
  std::unique_ptr<LogManager> manager_;
  std::shared_ptr<Log> log_;
};

}  // namespace meerkat::storage
