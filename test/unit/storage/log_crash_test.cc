// Power losses and kills at every write step, many seeds: the log always opens, and nothing that was fsynced is lost.
#include "test/unit/storage/crash_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;

class LogCrash : public Crashing<LogTest> {
 protected:
  LogCrash() {
    config_.segment_bytes = 2000;
    config_.index_interval_bytes = 300;
    config_.file_delete_delay_ms = 100;
  }

  /// What the log must still hold, and may hold.
  struct Model {
    Lines all;                          // every record that was acknowledged, by offset
    int64_t truncating_to = INT64_MAX;  // a truncation was under way when all ended
    std::vector<int64_t> bases;         // of batches
    int64_t durable = 0;                // below, everything was fsynced
    int64_t start = 0;                  // log start offset that was reached for sure
  };

  bool step(Model& model, std::mt19937_64& random) {
    auto log = manager_->get({"t", 0});
    if (!log) return false;
    switch (random() % 16) {
      case 0: {
        int64_t end = log->log_end_offset();
        if (!log->flush()) return false;
        model.durable = std::max(model.durable, end);
        return true;
      }
      case 1:
        manager_->checkpoint_recovery_points();
        return manager_->dirs()[0].online;
      case 2:
        log->advance_high_watermark(log->log_end_offset());
        manager_->checkpoint_high_watermarks();
        return manager_->dirs()[0].online;
      case 3:
        scheduler_.advance(60);
        model.durable = std::max(model.durable, log->recovery_point());
        return manager_->dirs()[0].online;
      case 4: {
        if (random() % 4 != 0) return true;
        log->advance_high_watermark(log->log_end_offset());
        auto config = *log->config();
        config.retention_bytes = 6000;
        log->set_config(config);
        auto deleted = log->delete_old_segments();
        model.start = std::max(model.start, log->log_start_offset());
        return deleted.ok();
      }
      case 5: {
        if (random() % 3 != 0 || model.bases.empty()) return true;
        // As leader epochs end: where a batch begins.
        int64_t to = model.bases[model.bases.size() - 1 - random() % std::min<size_t>(model.bases.size(), 4)];
        if (to < log->log_start_offset()) return true;
        // From here on a crash may leave the old or the new end.
        model.durable = std::min(model.durable, to);
        model.truncating_to = to;
        auto done = log->truncate_to(to);
        if (!done) return false;
        model.truncating_to = INT64_MAX;
        model.all.resize(static_cast<size_t>(to));
        std::erase_if(model.bases, [&](int64_t base) { return base >= to; });
        return true;
      }
      default: {
        TestBatch batch{.timestamp = 1'700'000'000'000 + static_cast<int64_t>(model.all.size())};
        batch.values.clear();
        for (uint64_t i = 0; i <= random() % 3; ++i) {
          batch.values.push_back("r" + std::to_string(random() % 1000) + std::string(random() % 200, '.'));
        }
        auto info = append(*log, batch, static_cast<int32_t>(model.all.size() / 10));
        if (!info) return false;
        EXPECT_EQ(info->first_offset, static_cast<int64_t>(model.all.size()));
        model.bases.push_back(info->first_offset);
        for (auto& value : batch.values) model.all.push_back(std::to_string(model.all.size()) + "=" + value);
        return true;
      }
    }
  }

  void check(const Model& model, uint64_t seed, bool nothing_lost) {
    ASSERT_TRUE(manager_->dirs()[0].online) << "seed " << seed;
    auto& l = log();
    int64_t start = l.log_start_offset(), end = l.log_end_offset();
    int64_t must = nothing_lost ? static_cast<int64_t>(model.all.size()) : model.durable;
    must = std::min(must, model.truncating_to);
    ASSERT_GE(end, must) << "seed " << seed;
    ASSERT_LE(start, std::max(model.start, end)) << "seed " << seed;
    auto got = read_all(l, start);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    for (auto& line : got) {
      auto offset = static_cast<size_t>(std::stoll(line));
      if (offset < static_cast<size_t>(must)) {
        ASSERT_EQ(line, model.all[offset]) << "seed " << seed;
      }
    }
    ASSERT_EQ(static_cast<int64_t>(got.size()), end - start) << "seed " << seed;
    for (int64_t offset = start; offset < end; offset += 3) {  // timestamps rise with the offsets
      auto found = l.offset_for_timestamp(1'700'000'000'000 + offset);
      ASSERT_TRUE(found.ok()) << "seed " << seed << ": " << found.error().message;
      ASSERT_TRUE(found->has_value()) << "seed " << seed << " offset " << offset;
      ASSERT_EQ((*found)->offset, offset) << "seed " << seed;
    }
    ASSERT_TRUE(append(l, {.values = {"after"}}).ok()) << "seed " << seed;
    ASSERT_EQ(read_all(l, end), (Lines{std::to_string(end) + "=after"})) << "seed " << seed;
  }

  void run(uint64_t first_seed, uint64_t seeds, bool power_loss) {
    for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
      std::mt19937_64 random(seed);
      begin();
      log();
      log_.reset();
      Model model;
      fs_.die_at(static_cast<int64_t>(1 + random() % 250));
      for (int i = 0; i < 150 && step(model, random); ++i) {
      }
      crash_and_reopen(random, power_loss);
      if (HasFatalFailure()) return;
      check(model, seed, !power_loss);
      if (HasFatalFailure()) return;
    }
  }
};

TEST_F(LogCrash, PowerLossNeverTakesWhatWasFsynced) { run(1, crash_seeds(400), true); }

TEST_F(LogCrash, AKillTakesNothingThatWasAcknowledged) { run(100'000, crash_seeds(200), false); }

}  // namespace
}  // namespace meerkat::storage
