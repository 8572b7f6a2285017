// Compaction against a model: random keys, tombstones, transactions, restarts, kills and power losses at every write
// step. The last committed value of each key always wins; nothing aborted is ever seen.
#include "test/unit/storage/cleaner_fixture.h"
#include "test/unit/storage/crash_fixture.h"

namespace meerkat::storage {
namespace {

class CleanerModel : public Crashing<CleanerTest> {
 protected:
  CleanerModel() {
    config_.segment_bytes = 700;
    config_.index_interval_bytes = 150;
    config_.delete_retention_ms = 300;
  }

  struct Record {
    std::string key;
    std::optional<std::string> value;
    int txn = -1;  // index in txns
  };
  struct Txn {
    int64_t producer = -1;
    int64_t marker = -1;  // its offset, once there is one
    bool committed = false;
  };
  struct Model {
    std::map<int64_t, Record> records;  // by offset, all that were acknowledged
    std::vector<Txn> txns;
    std::map<int64_t, int> open;  // by producer: its transaction
    std::map<int64_t, int32_t> sequence;
    int64_t durable = 0;  // below, everything was fsynced
    int serial = 0;
  };

  bool put_some(Model& model, std::mt19937_64& random, Log& l) {
    static constexpr record::Codec kCodecs[] = {record::Codec::none, record::Codec::none, record::Codec::lz4,
                                                record::Codec::zstd, record::Codec::gzip};
    std::vector<KeyValue> records;
    for (auto n = 1 + random() % 3; n > 0; --n) {
      KeyValue one{"k" + std::to_string(random() % 9), {}};
      if (random() % 4 != 0) one.value = "v" + std::to_string(model.serial++) + std::string(random() % 60, '.');
      records.push_back(one);
    }
    TestBatch header{.codec = kCodecs[random() % 5]};
    int txn = -1;
    if (random() % 3 == 0) {
      header.producer_id = 100 + static_cast<int64_t>(random() % 3);
      header.producer_epoch = 0;
      header.sequence = model.sequence[header.producer_id];
      header.transactional = true;
      auto [open, fresh] = model.open.try_emplace(header.producer_id, static_cast<int>(model.txns.size()));
      if (fresh) model.txns.push_back({header.producer_id});
      txn = open->second;
    }
    auto done = put(l, records, header);
    if (!done) return false;
    if (txn >= 0) model.sequence[header.producer_id] += static_cast<int32_t>(records.size());
    int64_t offset = done->first_offset;
    for (auto& r : records) model.records[offset++] = {r.key, r.value, txn};
    return true;
  }

  bool end_one(Model& model, std::mt19937_64& random, Log& l) {
    if (model.open.empty()) return true;
    auto it = std::next(model.open.begin(), static_cast<std::ptrdiff_t>(random() % model.open.size()));
    bool commit = random() % 2 == 0;
    auto done = end_txn(l, commit, it->first);
    if (!done) return false;
    auto& txn = model.txns[static_cast<size_t>(it->second)];
    txn.marker = done->first_offset;
    txn.committed = commit;
    model.open.erase(it);
    return true;
  }

  bool step(Model& model, std::mt19937_64& random) {
    auto l = manager_->get({"t", 0});
    if (!l) return false;
    switch (random() % 24) {
      case 0: {
        int64_t end = l->log_end_offset();
        if (!l->flush()) return false;
        model.durable = std::max(model.durable, end);
        return true;
      }
      case 1:
        manager_->checkpoint_recovery_points();
        return manager_->dirs()[0].online;
      case 2:
        scheduler_.advance(60);
        model.durable = std::max(model.durable, l->recovery_point());
        return manager_->dirs()[0].online;
      case 3:
      case 4:
      case 5:
        cleaner().clean_dirtiest();
        return manager_->dirs()[0].online;
      case 6:
        clock_.advance_ms(static_cast<int64_t>(random() % 400));
        return true;
      case 7:
        return l->roll().ok();
      case 8:
      case 9:
      case 10:
        return end_one(model, random, *l);
      default:
        return put_some(model, random, *l);
    }
  }

  /// Holds the log to the model: each key's last committed value, or after a power loss at least the last one that was
  /// fsynced (`safe` is where that ends).
  void check(const Model& model, uint64_t seed, const char* when, int64_t safe = INT64_MAX) {
    auto& l = log();
    l.advance_high_watermark(l.log_end_offset());
    int64_t stable = l.last_stable_offset(), end = l.log_end_offset();
    auto counts = [&](const Record& r) {
      if (r.txn < 0) return true;
      auto& txn = model.txns[static_cast<size_t>(r.txn)];
      return txn.committed && txn.marker < end;
    };
    std::map<std::string, int64_t> want, got;  // the offset of the last record
    // A tombstone that was not safe follows: it may have outlived the power loss, and both may be gone by now.
    std::map<std::string, bool> removable;
    for (auto& [offset, r] : model.records) {
      if (offset >= stable || !counts(r)) continue;
      const int64_t decided = r.txn < 0 ? offset : model.txns[static_cast<size_t>(r.txn)].marker;
      if (decided < safe) want[r.key] = offset;
      removable[r.key] = decided >= safe && (removable[r.key] || !r.value);
    }
    int64_t last = -1;
    for (auto& r : read_committed(l)) {
      ASSERT_GT(r.offset, last) << when << ", seed " << seed;
      last = r.offset;
      auto it = model.records.find(r.offset);
      if (it == model.records.end()) {
        // All may have ended between the last byte of a batch and its acknowledgement.
        ASSERT_TRUE(model.records.empty() || r.offset > model.records.rbegin()->first)
            << when << ", seed " << seed << ", offset " << r.offset;
        got[r.key] = r.offset;
        continue;
      }
      ASSERT_EQ(r.key, it->second.key) << when << ", seed " << seed << ", offset " << r.offset;
      ASSERT_EQ(r.value, it->second.value) << when << ", seed " << seed << ", offset " << r.offset;
      // Without its marker, which a power loss may take, a transaction goes on in the producer's next one.
      bool undecided = it->second.txn >= 0 && model.txns[static_cast<size_t>(it->second.txn)].marker >= safe;
      ASSERT_TRUE(counts(it->second) || undecided) << when << ", seed " << seed << ": aborted record at " << r.offset;
      got[r.key] = r.offset;
    }
    for (auto& [key, offset] : want) {
      auto it = got.find(key);
      bool tombstone = !model.records.at(offset).value;
      ASSERT_TRUE(tombstone || removable.at(key) || it != got.end())
          << when << ", seed " << seed << ": " << key << " is lost";
      if (it == got.end()) continue;
      ASSERT_GE(it->second, offset) << when << ", seed " << seed << ": an old value of " << key << " is back";
    }
  }

  void crash_run(uint64_t first_seed, uint64_t seeds, bool power_loss) {
    for (uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
      std::mt19937_64 random(seed);
      begin();
      log();
      log_.reset();
      Model model;
      fs_.die_at(static_cast<int64_t>(1 + random() % 500));
      for (int i = 0; i < 150 && step(model, random); ++i) {
      }
      crash_and_reopen(random, power_loss);
      if (HasFatalFailure()) return;
      auto records = model.records.empty() ? 0 : model.records.rbegin()->first + 1;
      ASSERT_GE(log().log_end_offset(), power_loss ? model.durable : records) << "seed " << seed;
      int64_t safe = power_loss ? model.durable : INT64_MAX;
      check(model, seed, "after the crash", safe);
      if (HasFatalFailure()) return;
      ASSERT_TRUE(log_->roll().ok());
      clean();
      check(model, seed, "cleaned after the crash", safe);
      if (HasFatalFailure()) return;
    }
  }
};

TEST_F(CleanerModel, TheLastValueWinsOverRestarts) {
  for (uint64_t seed = 1; seed <= crash_seeds(40); ++seed) {
    std::mt19937_64 random(seed);
    begin();
    log();
    log_.reset();
    Model model;
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(step(model, random)) << "seed " << seed;
      if (random() % 40 == 0) random() % 2 == 0 ? reopen_cleanly() : reopen_after_kill();
      if (HasFatalFailure()) return;
      if (i % 20 == 19) check(model, seed, "under way");
      if (HasFatalFailure()) return;
    }
    clean();
    check(model, seed, "at the end");
    if (HasFatalFailure()) return;
  }
}

TEST_F(CleanerModel, APowerLossAtAnyWriteStep) { crash_run(1000, crash_seeds(300), true); }

TEST_F(CleanerModel, AKillAtAnyWriteStep) { crash_run(100'000, crash_seeds(200), false); }

}  // namespace
}  // namespace meerkat::storage
