// The durable mode (flush.messages=1) over several lives of a broker, each ended by a crash at some write step of
// appending, rolling, checkpointing, deleting records, segments and whole logs, or shutting down: the log always opens,
// nothing acknowledged is lost, nothing else appears, and producers go on where they were.
#include <array>
#include <map>

#include "test/unit/storage/crash_fixture.h"

namespace meerkat::storage {
namespace {

const TopicPartition kPartition{"t", 0};

class DurableCrash : public Crashing<LogTest>, public ::testing::WithParamInterface<bool> {
 protected:
  DurableCrash() {
    config_.flush_messages = 1;
    config_.segment_bytes = 1500;
    config_.index_interval_bytes = 300;
    config_.file_delete_delay_ms = 100;
  }

  using Records = std::map<int64_t, std::string>;  // by offset
  struct Model {
    int incarnation = 0;             // the log is deleted and made anew
    std::map<int, Records> written;  // by incarnation; also what was being written when all ended
    int64_t end = 0;                 // below, all was appended
    int64_t acknowledged = 0;        // below, all is on disk
    int64_t start_limit = 0;         // the log start offset may have come up to here
    bool removing = false;           // all ended while the log was being deleted
    std::array<int64_t, 4> producers = {0, 1, 2, 3};
    int64_t next_producer = 4;
    std::map<int64_t, int32_t> next_sequence;  // by producer
    int64_t serial = 0;

    Records& records() { return written[incarnation]; }
    void begin_incarnation() {
      *this = {.incarnation = incarnation + 1,
               .written = std::move(written),
               .next_producer = next_producer,
               .serial = serial};
    }
  };

  static void note_acknowledged(Model& model, const Log& l) {
    model.acknowledged = std::max(model.acknowledged, l.acknowledgeable_end());
  }

  bool append_some(Model& model, std::mt19937_64& random, Log& l) {
    TestBatch batch{.values = {}};
    for (auto n = 1 + random() % 3; n > 0; --n) {
      batch.values.push_back(std::to_string(model.incarnation) + "." + std::to_string(model.serial++) +
                             std::string(random() % 150, '.'));
    }
    if (random() % 2 == 0) {
      batch.producer_id = model.producers[random() % model.producers.size()];
      batch.producer_epoch = 0;
      batch.sequence = model.next_sequence[batch.producer_id];
    }
    int64_t offset = l.log_end_offset();
    for (auto& value : batch.values) model.records()[offset++] = value;
    auto done = append(l, batch, static_cast<int32_t>(model.serial / 20));
    if (!done) return false;
    EXPECT_EQ(done->first_offset, model.end);
    if (batch.producer_id >= 0) model.next_sequence[batch.producer_id] += static_cast<int32_t>(batch.values.size());
    model.end = offset;
    return true;
  }

  bool remove_and_create(Model& model) {
    model.removing = true;
    if (!manager_->remove(kPartition)) return false;
    model.begin_incarnation();
    return manager_->get_or_create(kPartition, std::nullopt).ok();
  }

  bool restart_cleanly(Model& model) {
    log_.reset();
    manager_->shutdown();
    manager_.reset();
    scheduler_.drop_all();
    if (!try_open()) return false;
    const auto l = manager_->get(kPartition);
    EXPECT_TRUE(l && l->log_end_offset() == model.end);
    if (l) note_acknowledged(model, *l);
    return l != nullptr;
  }

  /// False once the disk is dead.
  bool step(Model& model, std::mt19937_64& random) {
    auto l = manager_->get(kPartition);
    const auto disk_works = [this] { return manager_->dirs()[0].online; };
    switch (random() % 24) {
      case 0:
        manager_->checkpoint_recovery_points();
        return disk_works();
      case 1:
        manager_->checkpoint_high_watermarks();
        return disk_works();
      case 2:
        manager_->checkpoint_log_start_offsets();
        return disk_works();
      case 3:
        return l->roll().ok();
      case 4: {
        auto config = *l->config();
        config.retention_bytes = static_cast<int64_t>(2000 + random() % 6000);
        l->set_config(config);
        model.start_limit = std::max(model.start_limit, l->high_watermark());
        return l->delete_old_segments().ok();
      }
      case 5: {
        const int64_t to = l->log_start_offset() + static_cast<int64_t>(random() % 5);
        if (to > l->high_watermark()) return true;
        model.start_limit = std::max(model.start_limit, to);
        return l->delete_records(to).ok();
      }
      case 6:
        return random() % 8 != 0 || remove_and_create(model);
      case 7:
        return random() % 4 != 0 || restart_cleanly(model);
      case 8:
      case 9:
      case 10:
      case 11:
        scheduler_.advance(static_cast<int64_t>(random() % 60));
        l->advance_high_watermark(l->acknowledgeable_end());
        note_acknowledged(model, *l);
        return disk_works();
      default:
        return append_some(model, random, *l);
    }
  }

  /// What a crash has left, held to the model; the model goes on with it.
  void check(Model& model, bool power_loss) {
    ASSERT_TRUE(manager_->dirs()[0].online);
    const int64_t must = model.removing ? 0 : power_loss ? model.acknowledged : model.end;
    if (!manager_->get(kPartition)) {
      ASSERT_EQ(must, 0) << "the log is gone";
      model.begin_incarnation();
      log();
      return;
    }
    auto& l = log();
    const int64_t start = l.log_start_offset(), end = l.log_end_offset();
    ASSERT_GE(end, must) << "records are lost";
    Records got;
    for (auto& line : read_all(l, start)) {
      const auto equals = line.find('=');
      got[std::stoll(line)] = line.substr(equals + 1);
    }
    ASSERT_EQ(std::ssize(got), end - start) << "a gap";
    const int incarnation = got.empty() ? model.incarnation : std::stoi(got.begin()->second);
    if (must > 0) {
      ASSERT_EQ(incarnation, model.incarnation) << "a deleted log is back in place of one with acknowledged records";
      ASSERT_LE(start, model.start_limit) << "the beginning is lost";
    }
    for (auto& [offset, value] : got) ASSERT_EQ(value, model.written[incarnation][offset]) << "offset " << offset;

    if (incarnation != model.incarnation) model.acknowledged = 0;
    model.incarnation = incarnation;
    model.removing = false;
    model.start_limit = std::max(model.start_limit, start);
    model.end = end;
    model.records() = std::move(got);
    check_producers(model, l, start);
  }

  /// The last batch of each producer comes again, and is known.
  void check_producers(Model& model, Log& l, int64_t start) {
    struct Last {
      int64_t base_offset;
      int32_t base_sequence, last_sequence, count;
    };
    std::map<int64_t, Last> last;
    for (int64_t next = start; next < l.log_end_offset();) {
      auto bytes = l.read_bytes(next, 1 << 20, ReadBound::log_end);  // of one segment at most
      ASSERT_TRUE(bytes.ok());
      record::BatchRun run(*bytes);
      for (record::AnyBatch batch; run.next(batch); next = batch.last_offset + 1) {
        if (batch.producer_id < 0 || batch.base_offset < start) continue;
        last[batch.producer_id] = {batch.base_offset, batch.base_sequence, batch.last_sequence, batch.count};
      }
    }
    model.next_sequence.clear();
    for (auto& [producer, batch] : last) {
      TestBatch again{.values = std::vector<std::string>(static_cast<size_t>(batch.count), "again"),
                      .producer_id = producer,
                      .producer_epoch = 0,
                      .sequence = batch.base_sequence};
      auto known = append(l, again);
      ASSERT_TRUE(known.ok()) << known.error().message;
      ASSERT_TRUE(known->duplicate) << "producer " << producer;
      ASSERT_EQ(known->first_offset, batch.base_offset) << "producer " << producer;
      model.next_sequence[producer] = batch.last_sequence + 1;
    }
    // Whether the log remembers one that has nothing left in it is open.
    for (auto& producer : model.producers) {
      if (!last.contains(producer)) producer = model.next_producer++;
    }
  }
};

TEST_P(DurableCrash, NothingAcknowledgedIsLost) {
  const bool power_loss = GetParam();
  int64_t acknowledged = 0;
  const uint64_t seeds = crash_seeds(150);
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    begin();
    log();
    Model model;
    for (int life = 0; life < 3; ++life) {
      fs_.die_at(static_cast<int64_t>(1 + random() % 250));
      for (int i = 0; i < 120; ++i) {
        if (step(model, random)) continue;
        ASSERT_TRUE(fs_.dead()) << "a step fails on a disk that works";
        break;
      }
      acknowledged += model.acknowledged;
      crash_and_reopen(random, power_loss);
      if (HasFatalFailure()) return;
      check(model, power_loss);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(acknowledged, static_cast<int64_t>(seeds) * 20) << "the lives are long enough to matter";
}

INSTANTIATE_TEST_SUITE_P(By, DurableCrash, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "PowerLoss" : "Kill"; });

}  // namespace
}  // namespace meerkat::storage
