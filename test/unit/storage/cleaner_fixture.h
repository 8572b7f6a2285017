// A compacted log, and short ways to fill and clean it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {

/// A key and its value; no value is a tombstone.
struct KeyValue {
  std::string key;
  std::optional<std::string> value;
};

class CleanerTest : public LogTest {
 protected:
  CleanerTest() {
    config_.cleanup_compact = true;
    config_.cleanup_delete = false;
    config_.segment_bytes = 1500;
    config_.index_interval_bytes = 200;
    config_.min_cleanable_dirty_ratio = 0;
    config_.delete_retention_ms = 1000;
    config_.file_delete_delay_ms = 100;
  }

  Bytes keyed(const std::vector<KeyValue>& records, const TestBatch& header = {}) {
    record::BatchBuilder builder({.codec = header.codec,
                                  .producer_id = header.producer_id,
                                  .producer_epoch = header.producer_epoch,
                                  .base_sequence = header.sequence,
                                  .transactional = header.transactional});
    for (auto& r : records) {
      builder.append(clock_.wall_ms(), as_bytes(r.key),
                     r.value ? std::optional<ByteView>(as_bytes(*r.value)) : std::nullopt);
    }
    return builder.build();
  }
  wire::Outcome<AppendInfo> put(Log& l, const std::vector<KeyValue>& records, const TestBatch& header = {}) {
    auto done = append_bytes(l, keyed(records, header));
    l.advance_high_watermark(l.log_end_offset());
    return done;
  }
  wire::Outcome<AppendInfo> end_txn(Log& l, bool commit, int64_t producer, int16_t epoch = 0) {
    auto done = append_marker(l, commit ? record::ControlType::commit : record::ControlType::abort, producer, epoch, 0,
                              clock_.wall_ms());
    l.advance_high_watermark(l.log_end_offset());
    return done;
  }
  /// Begins a new segment, so that all before is out of the active one, and cleans until nothing is dirty.
  void roll_and_clean(Log& l) {
    ASSERT_TRUE(l.roll().ok());
    clean();
  }
  void clean() {
    for (int i = 0; i < 20 && cleaner().clean_dirtiest(); ++i) {
    }
  }
  LogCleaner& cleaner() { return *manager_->cleaner(); }

  /// Every record of a log as a reader of committed data sees it.
  struct Seen {
    int64_t offset;
    std::string key;
    std::optional<std::string> value;
  };
  std::vector<Seen> read_committed(Log& l) {
    std::vector<Seen> seen;
    std::map<int64_t, int64_t> aborted_until;  // by producer: the abort marker to come
    for (int64_t next = l.log_start_offset();;) {
      auto read = l.read(next, 1 << 20, ReadBound::last_stable, true);
      if (!read || read->records.length == 0) break;
      Bytes bytes(static_cast<size_t>(read->records.length));
      auto got = read->records.file->pread(bytes, read->records.offset);
      if (!got) {
        ADD_FAILURE() << got.error().message;
        break;
      }
      auto aborted = read->aborted;
      std::map<int64_t, bool> skipping;
      record::BatchRun run(bytes);
      record::AnyBatch batch;
      while (run.next(batch)) {
        EXPECT_TRUE(batch.crc_ok());
        std::erase_if(aborted, [&](auto& txn) {
          if (txn.first_offset > batch.last_offset) return false;
          skipping[txn.producer_id] = true;
          return true;
        });
        next = batch.last_offset + 1;
        if (batch.control) {
          skipping.erase(batch.producer_id);
          continue;
        }
        if (batch.transactional && skipping.contains(batch.producer_id)) continue;
        record::RecordReader reader(batch);
        record::RecordView r;
        while (reader.next(r) == record::Next::record) {
          seen.push_back({r.offset, std::string(as_text(*r.key)),
                          r.value ? std::optional<std::string>(as_text(*r.value)) : std::nullopt});
        }
      }
      if (run.consumed() == 0) break;
    }
    return seen;
  }
  /// "key=value" or "key=null", in the order of offsets.
  std::vector<std::string> committed(Log& l) {
    std::vector<std::string> lines;
    for (auto& r : read_committed(l)) lines.push_back(r.key + "=" + r.value.value_or("null"));
    return lines;
  }
  bool any_file(const std::string& suffix) {
    for (auto& path : fs_.all_files()) {
      if (path.ends_with(suffix)) return true;
    }
    return false;
  }
};

}  // namespace meerkat::storage
