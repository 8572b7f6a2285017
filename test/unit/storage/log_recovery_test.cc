#include <functional>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;

class LogRecovery : public LogTest {
 protected:
  LogRecovery() {
    config_.segment_bytes = 4000;
    config_.index_interval_bytes = 200;
  }
  /// 60 records in several segments; what they read as.
  Lines fill() {
    Lines expected;
    for (int i = 0; i < 60; ++i) {
      auto value = "v" + std::to_string(i) + std::string(200, '.');
      EXPECT_TRUE(append(log(), {.values = {value}, .timestamp = 1'700'000'000'000 + i * 1000}).ok());
      expected.push_back(std::to_string(i) + "=" + value);
    }
    EXPECT_GE(log().segment_count(), 4);
    return expected;
  }
  int64_t last_base() {
    int64_t last = -1;
    for (auto& path : fs_.all_files()) {
      if (path.ends_with(".log")) last = std::max<int64_t>(last, std::stoll(path.substr(path.rfind('/') + 1, 20)));
    }
    return last;
  }
  void damage(const std::string& path, const std::function<void(Bytes&)>& change) {
    auto content = fs_.content(path);
    change(content);
    fs_.set_content(path, content);
  }
};

TEST_F(LogRecovery, ACleanStopReadsNoSegment) {
  auto expected = fill();
  reopen_cleanly();
  auto& l = log();
  EXPECT_EQ(l.log_end_offset(), 60);
  EXPECT_EQ(l.recovery_point(), 60);
  EXPECT_EQ(read_all(l, 0), expected);
  for (auto& path : fs_.all_files()) {
    if (path.ends_with(".index")) {
      EXPECT_EQ(fs_.content(path).size() % 8, 0u) << path;
    }
    if (path.ends_with(".timeindex")) {
      EXPECT_EQ(fs_.content(path).size() % 12, 0u) << path;
      EXPECT_GT(fs_.content(path).size(), 0u) << path;
    }
  }
  EXPECT_TRUE(fs_.exists(file(60, ".snapshot"))) << "producer state at the log end";
}

TEST_F(LogRecovery, TheCleanMarkIsTakenAwayAtTheStart) {
  fill();
  log_.reset();
  manager_->shutdown();
  manager_.reset();
  EXPECT_EQ(as_text(fs_.content("/logs/.kafka_cleanshutdown")), R"({"version":0,"brokerEpoch":-1})");
  open();
  EXPECT_FALSE(fs_.exists("/logs/.kafka_cleanshutdown"));
}

TEST_F(LogRecovery, DamageAtTheEndIsCutOffAfterAKill) {
  struct Case {
    const char* name;
    std::function<void(Bytes&)> change;
    bool loses_last;
  } cases[] = {
      {"nothing", [](Bytes&) {}, false},
      {"torn header", [](Bytes& b) { b.resize(b.size() + 30, 0x11); }, false},
      {"zero tail", [](Bytes& b) { b.resize(b.size() + 5000, 0); }, false},
      {"torn batch", [](Bytes& b) { b.resize(b.size() - 7); }, true},
      {"bit flip in the last batch", [](Bytes& b) { b[b.size() - 3] ^= 0x40; }, true},
      {"garbage", [](Bytes& b) { b.insert(b.end(), 1000, 0xab); }, false},
  };
  for (auto& c : cases) {
    SCOPED_TRACE(c.name);
    fs_.remove_all("/logs/t-0").ok();
    reopen_after_kill();
    auto expected = fill();
    damage(file(last_base(), ".log"), c.change);
    if (c.loses_last) expected.pop_back();
    reopen_after_kill();
    EXPECT_EQ(read_all(log(), 0), expected);
    EXPECT_EQ(log().log_end_offset(), static_cast<int64_t>(expected.size()));
    ASSERT_TRUE(append(log(), {.values = {"next"}}).ok());
    EXPECT_EQ(read_all(log(), log().log_end_offset() - 1).size(), 1u);
  }
}

TEST_F(LogRecovery, ABitFlipInTheMiddleDropsWhatFollowsItPastTheRecoveryPoint) {
  auto expected = fill();
  damage(file(0, ".log"), [](Bytes& b) { b[b.size() - 3] ^= 0x40; });
  reopen_after_kill();
  auto got = read_all(log(), 0);
  ASSERT_LT(got.size(), expected.size());
  EXPECT_EQ(got, Lines(expected.begin(), expected.begin() + static_cast<int64_t>(got.size())));
  EXPECT_EQ(log().segment_count(), 1);
}

TEST_F(LogRecovery, WhatLiesBelowTheRecoveryPointIsNotReadAgain) {
  auto expected = fill();
  ASSERT_TRUE(log().flush().ok());
  EXPECT_EQ(log().recovery_point(), 60);
  manager_->checkpoint_recovery_points();
  damage(file(0, ".log"), [](Bytes& b) { b[100] ^= 0x40; });
  reopen_after_kill();
  EXPECT_EQ(log().log_end_offset(), 60) << "segments below the recovery point are trusted";
}

TEST_F(LogRecovery, IndexesAreRebuiltWhateverHappenedToThem) {
  struct Case {
    const char* name;
    std::function<void(const std::string&)> change;
  } cases[] = {
      {"missing", [&](const std::string& p) { ASSERT_TRUE(fs_.remove(p).ok()); }},
      {"garbage", [&](const std::string& p) { fs_.set_content(p, Bytes(fs_.content(p).size(), 0x5a)); }},
      {"garbage of odd size", [&](const std::string& p) { fs_.set_content(p, Bytes(1001, 0xff)); }},
      {"all zeros", [&](const std::string& p) { fs_.set_content(p, Bytes(2400, 0)); }},
      {"preallocated zero tail", [&](const std::string& p) { damage(p, [](Bytes& b) { b.resize(24'000, 0); }); }},
      {"empty", [&](const std::string& p) { fs_.set_content(p, {}); }},
  };
  for (auto& c : cases) {
    for (auto* suffix : {".index", ".timeindex"}) {
      for (bool clean : {true, false}) {
        SCOPED_TRACE(std::string(c.name) + " " + suffix + (clean ? " after a clean stop" : " after a kill"));
        fs_.remove_all("/logs/t-0").ok();
        reopen_after_kill();
        auto expected = fill();
        log_.reset();
        manager_->shutdown();
        manager_.reset();
        if (!clean) {
          ASSERT_TRUE(fs_.remove("/logs/.kafka_cleanshutdown").ok());
        }
        for (auto& path : fs_.all_files()) {
          if (path.ends_with(suffix) && path.find("/t-0/") != std::string::npos) c.change(path);
        }
        scheduler_.drop_all();
        open();
        EXPECT_EQ(read_all(log(), 0), expected);
        for (int i : {0, 7, 31, 59}) {
          EXPECT_EQ(read_all(log(), i).size(), expected.size() - static_cast<size_t>(i));
          auto found = log().offset_for_timestamp(1'700'000'000'000 + i * 1000 - 1);
          ASSERT_TRUE(found.ok()) << found.error().message;
          ASSERT_TRUE(found->has_value());
          EXPECT_EQ((*found)->offset, i);
        }
      }
    }
  }
}

TEST_F(LogRecovery, AWrongIndexInTheMiddleOnlyCostsTime) {
  auto expected = fill();
  log_.reset();
  manager_->shutdown();
  manager_.reset();
  // The first and the last entry are right, so the cheap checks pass.
  damage(file(0, ".index"), [](Bytes& b) {
    ASSERT_GT(b.size(), 32u);
    for (size_t i = 12; i + 12 < b.size(); i += 8) b[i + 3] ^= 0x55;
  });
  scheduler_.drop_all();
  open();
  for (int64_t offset = 0; offset < 60; ++offset) {
    EXPECT_EQ(read_all(log(), offset).size(), static_cast<size_t>(60 - offset)) << offset;
  }
}

TEST_F(LogRecovery, UnreadableCheckpointsAreWrittenAnew) {
  auto expected = fill();
  ASSERT_TRUE(log().delete_records(0).ok());
  log().advance_high_watermark(60);
  for (bool clean : {true, false}) {
    log_.reset();
    manager_->shutdown();
    manager_.reset();
    if (!clean) {
      ASSERT_TRUE(fs_.remove("/logs/.kafka_cleanshutdown").ok());
    }
    for (auto* name : {"recovery-point-offset-checkpoint", "replication-offset-checkpoint",
                       "log-start-offset-checkpoint", "t-0/leader-epoch-checkpoint", "t-0/partition.metadata"}) {
      fs_.set_content(std::string("/logs/") + name, Bytes(50, 'z'));
    }
    scheduler_.drop_all();
    open();
    EXPECT_EQ(read_all(log(), 0), expected);
    EXPECT_EQ(log().latest_epoch(), 0) << "rebuilt from the batches";
    EXPECT_EQ(log().high_watermark(), 0) << "as if there had been no checkpoint";
  }
  manager_->checkpoint_high_watermarks();
  EXPECT_EQ(as_text(fs_.content("/logs/replication-offset-checkpoint")), "0\n1\nt 0 0\n");
}

TEST_F(LogRecovery, LeftoversOfInterruptedWorkAreCleanedUp) {
  auto expected = fill();
  log_.reset();
  manager_->shutdown();
  manager_.reset();
  fs_.set_content("/logs/t-0/00000000000000000500.log.deleted", Bytes(10));
  fs_.set_content("/logs/t-0/00000000000000000500.index.deleted", Bytes(10));
  fs_.set_content("/logs/t-0/00000000000000000000.log.cleaned", Bytes(10));
  fs_.set_content("/logs/t-0/00000000000000000000.log.swap", Bytes(10));  // not complete: .cleaned is there
  fs_.set_content("/logs/t-0/00000000000000009999.index", Bytes(16));
  scheduler_.drop_all();
  open();
  EXPECT_EQ(read_all(log(), 0), expected);
  for (auto& path : fs_.all_files()) {
    for (auto* suffix : {".deleted", ".cleaned", ".swap", "9999.index"}) EXPECT_FALSE(path.ends_with(suffix)) << path;
  }
}

TEST_F(LogRecovery, ACompleteSwapReplacesTheSegmentsItCovers) {
  fill();
  log_.reset();
  manager_->shutdown();
  manager_.reset();
  // What a cleaner leaves: the first segments' batches, thinned out, under the first one's name.
  Bytes kept;
  int64_t end = 0;
  for (auto& path : fs_.all_files()) {
    if (!path.ends_with(".log") || path.find("/t-0/") == std::string::npos || path == file(last_base(), ".log"))
      continue;
    auto content = fs_.content(path);
    record::BatchRun run(content);
    record::AnyBatch batch;
    while (run.next(batch)) {
      end = batch.last_offset + 1;
      if (batch.base_offset % 2 == 0 || batch.base_offset == last_base() - 1) {
        kept.insert(kept.end(), batch.bytes.begin(), batch.bytes.end());
      }
    }
  }
  fs_.set_content(file(0, ".log.swap"), kept);
  scheduler_.drop_all();
  open();
  auto got = read_all(log(), 0);
  EXPECT_EQ(log().segment_count(), 2);
  EXPECT_EQ(got.size(), static_cast<size_t>((end + 1) / 2 + (end % 2 == 0 ? 1 : 0) + 60 - end));
  EXPECT_EQ(log().log_end_offset(), 60);
  EXPECT_EQ(read_all(log(), 1)[0].substr(0, 2), "2=") << "a gap leads to the next record";
}

TEST_F(LogRecovery, AnUnknownDirectoryIsAClearError) {
  ASSERT_TRUE(fs_.make_directory("/logs/junkdir").ok());
  fs_.set_content("/logs/plain-file", Bytes(3));
  LogManagerOptions options;
  options.log_dirs = {"/logs"};
  options.fs = &fs_;
  options.scheduler = &scheduler_;
  auto in_use = LogManager::open(options);
  ASSERT_FALSE(in_use.ok());
  EXPECT_NE(in_use.error().message.find("in use by another broker"), std::string::npos);
  manager_->shutdown();
  manager_.reset();
  auto manager = LogManager::open(options);
  ASSERT_TRUE(manager.ok());
  auto loaded = (*manager)->load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("/logs/junkdir"), std::string::npos) << loaded.error().message;
}

TEST_F(LogRecovery, EpochsAndLogStartSurvive) {
  auto& l = log();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(append(l, {.values = {std::string(300, 'x')}}, i / 10).ok());
  l.advance_high_watermark(30);
  ASSERT_TRUE(l.delete_records(15).ok());
  EXPECT_EQ(l.delete_records(31).error().code, wire::ErrorCode::offset_out_of_range);
  EXPECT_EQ(*l.delete_records(3), 15) << "never back";
  for (bool clean : {true, false}) {
    if (!clean) {
      manager_->checkpoint_log_start_offsets();
      manager_->checkpoint_high_watermarks();
    }
    clean ? reopen_cleanly() : reopen_after_kill();
    EXPECT_EQ(log().log_start_offset(), 15);
    EXPECT_EQ(log().high_watermark(), 30);
    EXPECT_EQ(log().latest_epoch(), 2);
    EXPECT_EQ(log().end_offset_for_epoch(1), (EpochEndOffset{1, 20}));
    EXPECT_EQ(log().epoch_for_offset(15), 1);
    EXPECT_EQ(log().read(14, 100, ReadBound::log_end, true).error().code, wire::ErrorCode::offset_out_of_range);
  }
  EXPECT_EQ(as_text(fs_.content("/logs/t-0/leader-epoch-checkpoint")), "0\n2\n1 15\n2 20\n");
}

TEST_F(LogRecovery, EpochsThatAreNotWrittenYetAreFoundInTheBatches) {
  auto append_in = [&](int32_t epoch) {
    ASSERT_TRUE(log().assign_leader_epoch(epoch, log().log_end_offset()).ok());
    ASSERT_TRUE(append(log(), {}, epoch).ok());
  };
  append_in(1);
  append_in(4);
  EXPECT_FALSE(fs_.exists("/logs/t-0/leader-epoch-checkpoint"));
  reopen_after_kill();
  EXPECT_EQ(log().end_offset_for_epoch(1), (EpochEndOffset{1, 1}));
  EXPECT_EQ(log().latest_epoch(), 4);

  // Below the recovery point nothing is read again, so a flush leaves nothing to be written later.
  append_in(7);
  ASSERT_TRUE(log().flush().ok());
  EXPECT_EQ(as_text(fs_.content("/logs/t-0/leader-epoch-checkpoint")), "0\n3\n1 0\n4 1\n7 2\n");
  append_in(8);
  ASSERT_TRUE(log().assign_topic_id(Uuid{1, 2}).ok());
  reopen_cleanly();
  EXPECT_EQ(log().latest_epoch(), 8);
  EXPECT_EQ(log().topic_id(), (Uuid{1, 2}));
}

}  // namespace
}  // namespace meerkat::storage
