// What a long start says of itself, line by line and in numbers.
#include "storage/recovery_progress.h"

#include <glog/logging.h>

#include <algorithm>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;
using Counts = std::vector<int64_t>;

TEST(RecoveryProgress, ShortStartsSayNothing) {
  ManualClock clock;
  RecoveryProgress progress(clock, "/a", 2);
  progress.begin(100);
  progress.thread(0).begin(clock, 3, 3000);
  for (int i = 0; i < 3; ++i) {
    clock.advance_ms(40);
    EXPECT_EQ(progress.thread(0).segment_done(clock, {"t", 0}, 1000), std::nullopt);
  }
  for (int i = 0; i < 100; ++i) {
    clock.advance_ms(40);
    EXPECT_EQ(progress.log_done(), std::nullopt);
  }
  EXPECT_EQ(progress.remaining_logs(), 0);
  EXPECT_EQ(progress.remaining_segments(), (Counts{0, 0}));
}

TEST(RecoveryProgress, LongStartsSayNowAndThenHowLongTheyWillTake) {
  ManualClock clock;
  RecoveryProgress progress(clock, "/a", 1);
  progress.begin(10);
  Lines lines;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(progress.remaining_logs(), 10 - i);
    clock.advance_ms(2000);
    if (auto line = progress.log_done()) lines.push_back(*line);
  }
  EXPECT_EQ(lines, (Lines{"loaded 3 of 10 logs in /a, about 14 s left", "loaded 6 of 10 logs in /a, about 8 s left",
                          "loaded 9 of 10 logs in /a, about 2 s left"}));
  EXPECT_EQ(progress.seconds_left(), 0);
}

TEST(RecoveryProgress, OneLargeLogIsMeasuredByItsBytes) {
  ManualClock clock;
  RecoveryProgress progress(clock, "/a", 2);
  progress.begin(3);
  clock.advance_ms(1000);
  progress.log_done();
  progress.log_done();
  EXPECT_EQ(progress.seconds_left(), 0) << "half a second a log";
  auto& large = progress.thread(1);
  large.begin(clock, 4, int64_t{100} << 30);
  EXPECT_EQ(progress.seconds_left(), 0) << "no pace yet";
  clock.advance_ms(10'000);
  EXPECT_EQ(large.segment_done(clock, {"t", 7}, int64_t{10} << 30),
            "recovered 1 of 4 segments of t-7, about 90 s left");
  EXPECT_EQ(progress.seconds_left(), 90);
  EXPECT_EQ(progress.remaining_segments(), (Counts{0, 3}));
  progress.end();
  EXPECT_EQ(progress.seconds_left(), 0);
  EXPECT_EQ(progress.remaining_logs(), 0);
  EXPECT_EQ(progress.remaining_segments(), (Counts{0, 0}));
}

/// A clock on which everything takes long.
class SlowClock : public Clock {
 public:
  int64_t wall_ms() const override { return 1'700'000'000'000; }
  int64_t mono_us() const override { return now_us_ += 3'000'000; }

 private:
  mutable std::atomic<int64_t> now_us_{0};
};

/// Looks at the manager whenever a line of progress is written.
class Watcher : public google::LogSink {
 public:
  Watcher() { google::AddLogSink(this); }
  ~Watcher() override { google::RemoveLogSink(this); }
  using google::LogSink::send;
  void send(google::LogSeverity, const char*, const char*, int, const struct tm*, const char* message,
            size_t length) override {
    std::string line(message, length);
    const auto at = line.find(", about ");
    if (at == std::string::npos) return;
    lines.push_back(line.substr(0, at));
    remaining.push_back(manager->load_remaining().at(0));
  }

  LogManager* manager = nullptr;
  Lines lines;
  std::vector<LoadRemaining> remaining;
};

class LongStart : public LogTest {};

TEST_F(LongStart, CountsWhatIsLeft) {
  config_.segment_bytes = 200;
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(append(log(), {.values = {std::string(100, 'x')}}).ok());
  ASSERT_TRUE(append(log("u")).ok());
  log_.reset();
  fs_.kill();
  manager_.reset();
  scheduler_.drop_all();

  SlowClock slow;
  LogManagerOptions options;
  options.log_dirs = dirs_;
  options.defaults = config_;
  options.fs = &fs_;
  options.clock = &slow;
  options.scheduler = &scheduler_;
  options.num_recovery_threads_per_data_dir = 1;
  auto manager = LogManager::open(std::move(options));
  ASSERT_TRUE(manager.ok());
  Watcher watcher;
  watcher.manager = manager->get();
  ASSERT_TRUE((*manager)->load().ok());

  const auto seen = [&](const std::string& line) {
    return std::find(watcher.lines.begin(), watcher.lines.end(), line) - watcher.lines.begin();
  };
  const auto segments = seen("recovered 4 of 6 segments of t-0");
  const auto logs = seen("loaded 1 of 2 logs in /logs");
  ASSERT_LT(std::max(segments, logs), std::ssize(watcher.lines));
  EXPECT_EQ(watcher.remaining[static_cast<size_t>(segments)].segments_by_thread, (Counts{2}));
  EXPECT_EQ(watcher.remaining[static_cast<size_t>(segments)].logs, 2);
  EXPECT_GT(watcher.remaining[static_cast<size_t>(segments)].seconds_left, 0);
  EXPECT_EQ(watcher.remaining[static_cast<size_t>(logs)].logs, 1);
  const auto after = (*manager)->load_remaining().at(0);
  EXPECT_EQ(after.dir, "/logs");
  EXPECT_EQ(after.logs, 0);
  EXPECT_EQ(after.segments_by_thread, (Counts{0}));
  EXPECT_EQ(after.seconds_left, 0);
}

}  // namespace
}  // namespace meerkat::storage
