// The cleaner's decisions, one by one: what is dirty, how segments are grouped, the map of keys, transactions, and what
// is left of a batch.
#include <gtest/gtest.h>

#include "record/builder.h"
#include "record/record.h"
#include "storage/cleaner_map.h"
#include "storage/cleaner_plan.h"
#include "storage/cleaner_rewrite.h"
#include "storage/cleaner_throttle.h"
#include "storage/cleaner_transactions.h"

namespace meerkat::storage {
namespace {

using record::AnyBatch;
using record::Codec;

constexpr int64_t kNow = 1'000'000;

/// Segments at 0, 10, 20, 30 and an active one at 40, of 100 bytes each; their records are 400, 300, … ms old.
CleanableLog some_log() {
  CleanableLog log;
  for (int64_t i = 0; i < 5; ++i)
    log.segments.push_back({i * 10, 100, 8, 12, kNow - (4 - i) * 100, kNow - 450 + i * 100});
  log.log_end_offset = log.last_stable_offset = 45;
  return log;
}

TEST(CleaningPlan, WhatIsDirty) {
  struct Case {
    const char* name;
    std::optional<int64_t> checkpoint;
    int64_t log_start, stable, min_lag, max_lag;
    int64_t first_dirty, first_uncleanable, clean, cleanable;
    bool reset, overdue;
  };
  constexpr int64_t kNever = LogConfig::kUnlimited;
  for (auto& c : std::initializer_list<Case>{
           {"never cleaned: all but the active segment", {}, 0, 45, 0, kNever, 0, 40, 0, 400, false, false},
           {"cleaned up to 20", 20, 0, 45, 0, kNever, 20, 40, 200, 200, false, false},
           {"cleaned into a segment", 25, 0, 45, 0, kNever, 25, 40, 200, 200, false, false},
           {"all clean", 40, 0, 45, 0, kNever, 40, 40, 400, 0, false, false},
           {"the checkpoint lies before the log", 5, 12, 45, 0, kNever, 12, 40, 100, 300, true, false},
           {"the checkpoint lies behind the log", 46, 0, 45, 0, kNever, 0, 40, 0, 400, true, false},
           {"an open transaction begins at 25", {}, 0, 25, 0, kNever, 0, 20, 0, 200, false, false},
           {"an open transaction in what is clean", 20, 0, 5, 0, kNever, 20, 20, 200, 0, false, false},
           {"records below 250 ms are too young", {}, 0, 45, 250, kNever, 0, 20, 0, 200, false, false},
           {"too young from the first segment on", {}, 0, 45, 500, kNever, 0, 0, 0, 0, false, false},
           {"older than the most that is allowed", {}, 0, 45, 0, 440, 0, 40, 0, 400, false, true},
           {"only what is clean is that old", 10, 0, 45, 0, 440, 10, 40, 100, 300, false, false}}) {
    auto log = some_log();
    log.log_start_offset = c.log_start;
    log.last_stable_offset = c.stable;
    LogConfig config;
    config.min_compaction_lag_ms = c.min_lag;
    config.max_compaction_lag_ms = c.max_lag;
    auto plan = plan_cleaning(log, c.checkpoint, config, kNow);
    EXPECT_EQ(plan.first_dirty_offset, c.first_dirty) << c.name;
    EXPECT_EQ(plan.first_uncleanable_offset, c.first_uncleanable) << c.name;
    EXPECT_EQ(plan.clean_bytes, c.clean) << c.name;
    EXPECT_EQ(plan.cleanable_bytes, c.cleanable) << c.name;
    EXPECT_EQ(plan.checkpoint_reset, c.reset) << c.name;
    EXPECT_EQ(plan.overdue, c.overdue) << c.name;
  }
}

TEST(CleaningPlan, TheRatioOrTheLagAsksForACleaning) {
  LogConfig config;
  config.min_cleanable_dirty_ratio = 0.5;
  CleaningPlan half{.clean_bytes = 100, .cleanable_bytes = 100};
  EXPECT_FALSE(half.wanted(config)) << "exactly the ratio is not above it";
  CleaningPlan more{.clean_bytes = 100, .cleanable_bytes = 101};
  EXPECT_TRUE(more.wanted(config));
  half.overdue = true;
  EXPECT_TRUE(half.wanted(config));
  EXPECT_FALSE((CleaningPlan{.overdue = true, .clean_bytes = 100}.wanted(config))) << "nothing is dirty";
}

TEST(CleaningPlan, GroupsFitASegment) {
  LogConfig config;
  config.segment_bytes = 250;
  config.segment_index_bytes = 100;
  auto log = some_log();
  std::span<const CleanableSegment> closed(log.segments.data(), 4);
  EXPECT_EQ(group_segments(closed, config, 40), (std::vector<size_t>{0, 2, 4}));
  config.segment_bytes = 1000;
  EXPECT_EQ(group_segments(closed, config, 40), (std::vector<size_t>{0, 4}));
  config.segment_index_bytes = 30;
  EXPECT_EQ(group_segments(closed, config, 40), (std::vector<size_t>{0, 2, 4})) << "two time indexes take 24 bytes";
  config.segment_index_bytes = 100;
  log.segments[3].base_offset = int64_t{1} << 31;
  EXPECT_EQ(group_segments(closed, config, (int64_t{1} << 31) + 1), (std::vector<size_t>{0, 3, 4}))
      << "offsets are kept in four bytes";
  EXPECT_EQ(group_segments({}, config, 0), (std::vector<size_t>{0}));
}

TEST(OffsetMap, HashesAsSipHashDoes) {
  uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908}, out[2];
  siphash128(key, {}, out);
  EXPECT_EQ(out[0], 0xe6a825ba047f81a3u) << "the first vector of the reference: a3817f04ba25a8e66df67214c7550293";
  EXPECT_EQ(out[1], 0x930255c71472f66du);
  Bytes message(15);
  for (uint8_t i = 0; i < 15; ++i) message[i] = i;
  siphash128(key, message, out);
  EXPECT_EQ(out[0], 0x11a8b03399e99354u);
  EXPECT_EQ(out[1], 0xd9c3cf970fec087eu);
}

TEST(OffsetMap, KeepsTheLatestOffsetAndNoMoreKeysThanFit) {
  OffsetMap map(100 * OffsetMap::kSlotSize, 0.9);
  EXPECT_EQ(map.capacity(), 90u);
  map.reset(1000);
  int fitted = 0;
  for (int i = 0; i < 200; ++i) fitted += map.put(as_bytes("key" + std::to_string(i)), i);
  EXPECT_EQ(fitted, 90);
  EXPECT_TRUE(map.put(as_bytes("key7"), 500)) << "a known key needs no room";
  EXPECT_EQ(map.get(as_bytes("key7")), 500);
  EXPECT_EQ(map.get(as_bytes("key89")), 89);
  EXPECT_EQ(map.get(as_bytes("key90")), -1);
  map.reset(10);
  EXPECT_EQ(map.get(as_bytes("key7")), -1);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(map.put(as_bytes(std::to_string(i)), i)) << "room for what was announced";
}

TEST(CleanerThrottle, SpreadsBytesOverTime) {
  ManualClock clock;
  CleanerThrottle throttle(clock);
  EXPECT_EQ(throttle.spend(1 << 30), 0) << "no limit";
  clock.advance_ms(10'000);
  throttle.set_rate(1000);
  EXPECT_EQ(throttle.spend(100), 0) << "a tenth of a second may be made up for";
  EXPECT_EQ(throttle.spend(1000), 1000);
  EXPECT_EQ(throttle.spend(500), 1500);
  clock.advance_ms(1500);
  EXPECT_EQ(throttle.spend(10), 10);
}

// ---- Batches

struct TestRecord {
  const char* key;
  const char* value;  // null: a tombstone
};

AnyBatch parse(const Bytes& bytes) {
  AnyBatch batch;
  EXPECT_EQ(record::peek(bytes, batch), record::Peek::ok);
  batch.bytes = bytes;
  return batch;
}

Bytes make(const record::BatchOptions& options, std::initializer_list<TestRecord> records) {
  record::BatchBuilder builder(options);
  int64_t timestamp = 5000;
  for (auto& r : records) {
    auto value = r.value ? std::optional<ByteView>(as_bytes(r.value)) : std::nullopt;
    auto key = r.key ? std::optional<ByteView>(as_bytes(r.key)) : std::nullopt;
    builder.append(timestamp++, key, value);
  }
  return builder.build();
}

std::vector<std::string> contents(const Bytes& bytes) {
  std::vector<std::string> result;
  auto batch = parse(bytes);
  EXPECT_TRUE(batch.crc_ok());
  record::RecordReader reader(batch);
  record::RecordView r;
  auto step = record::Next::record;
  while ((step = reader.next(r)) == record::Next::record) {
    result.push_back(std::to_string(r.offset) + "@" + std::to_string(r.timestamp) + " " +
                     std::string(as_text(r.key.value_or(ByteView{}))) + "=" +
                     (r.value ? std::string(as_text(*r.value)) : "null"));
  }
  EXPECT_EQ(step, record::Next::end) << reader.failure();
  return result;
}

using Lines = std::vector<std::string>;
using Keep = BatchRewriter::Keep;

class Rewrite : public ::testing::Test {
 protected:
  Rewrite() {
    map_.reset(50);
    map_.set_latest_offset(1000);
  }
  Keep run(const Bytes& bytes, bool keep_legacy = true) {
    BatchRewriter rewriter({map_, producers_, kNow, 600});
    rewriter.transactions().add(aborted_);
    std::optional<AbortedTxn> entry;
    auto kept = rewriter.rewrite(parse(bytes), keep_legacy, out_, entry);
    EXPECT_TRUE(kept.ok()) << kept.error().message;
    return *kept;
  }
  OffsetMap map_{100 * OffsetMap::kSlotSize, 0.9};
  ProducerTraces producers_;
  std::vector<AbortedTxn> aborted_;
  Bytes out_;
};

TEST_F(Rewrite, KeepsTheLatestOfEachKeyInEveryCodec) {
  map_.put(as_bytes("a"), 12);
  map_.put(as_bytes("b"), 11);
  map_.put(as_bytes("c"), 99);
  for (auto codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    record::BatchOptions options{.codec = codec,
                                 .base_offset = 10,
                                 .leader_epoch = 3,
                                 .producer_id = 7,
                                 .producer_epoch = 1,
                                 .base_sequence = 20};
    ASSERT_EQ(run(make(options, {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}, {nullptr, "no key"}})),
              Keep::rewritten);
    auto left = parse(out_);
    EXPECT_EQ(left.codec, codec);
    EXPECT_EQ(left.base_offset, 10);
    EXPECT_EQ(left.last_offset, 14) << "sequence numbers reach as far as they did";
    EXPECT_EQ(left.last_sequence, 24);
    EXPECT_EQ(left.leader_epoch, 3);
    EXPECT_EQ(contents(out_), (Lines{"11@5001 b=2", "12@5002 a=3"}));
  }
}

TEST_F(Rewrite, LeavesAloneWhatStaysWhole) {
  map_.put(as_bytes("a"), 10);
  EXPECT_EQ(run(make({.base_offset = 10}, {{"a", "1"}})), Keep::as_it_is);
  EXPECT_EQ(run(make({.base_offset = 9}, {{"a", "1"}})), Keep::nothing);
  map_.set_latest_offset(5);
  EXPECT_EQ(run(make({.base_offset = 9}, {{"a", "1"}, {nullptr, "x"}})), Keep::as_it_is) << "behind what was mapped";
}

TEST_F(Rewrite, TombstonesGoWhenTheirHorizonHasPassed) {
  map_.put(as_bytes("a"), 10);
  map_.put(as_bytes("b"), 11);
  ASSERT_EQ(run(make({.base_offset = 10}, {{"a", nullptr}, {"b", "2"}})), Keep::rewritten);
  auto first = parse(out_);
  EXPECT_EQ(first.delete_horizon_ms, kNow + 600) << "delete.retention.ms from the first cleaning on (KIP-534)";
  EXPECT_EQ(contents(out_), (Lines{"10@5000 a=null", "11@5001 b=2"}));
  Bytes once = out_;
  EXPECT_EQ(run(once), Keep::as_it_is);
  auto passed = make({.base_offset = 10, .delete_horizon_ms = kNow}, {{"a", nullptr}, {"b", "2"}});
  ASSERT_EQ(run(passed), Keep::rewritten);
  EXPECT_EQ(contents(out_), (Lines{"11@5001 b=2"}));
  EXPECT_EQ(parse(out_).delete_horizon_ms, kNow);
}

TEST_F(Rewrite, AProducersLastBatchStaysEmpty) {
  record::BatchOptions options{
      .base_offset = 10, .producer_id = 7, .producer_epoch = 1, .base_sequence = 20, .transactional = true};
  auto bytes = make(options, {{"a", "1"}, {"a", "2"}});
  map_.put(as_bytes("a"), 50);
  EXPECT_EQ(run(bytes), Keep::nothing) << "nobody remembers the producer";
  producers_[7] = {50, 1};
  EXPECT_EQ(run(bytes), Keep::nothing) << "a later batch holds its state";
  producers_[7] = {11, 1};
  ASSERT_EQ(run(bytes), Keep::rewritten);
  auto left = parse(out_);
  EXPECT_TRUE(left.crc_ok());
  EXPECT_EQ(left.count, 0);
  EXPECT_EQ(left.base_offset, 10);
  EXPECT_EQ(left.last_offset, 11);
  EXPECT_EQ(left.last_sequence, 21);
  EXPECT_EQ(left.max_timestamp, 5001);
  EXPECT_TRUE(left.transactional);
  Bytes empty = out_;
  EXPECT_EQ(run(empty), Keep::as_it_is);
}

TEST_F(Rewrite, AbortedRecordsGoWhateverTheirKeys) {
  aborted_ = {{7, 10, 20, 5}};
  record::BatchOptions options{
      .base_offset = 10, .producer_id = 7, .producer_epoch = 1, .base_sequence = 0, .transactional = true};
  EXPECT_EQ(run(make(options, {{"a", "1"}})), Keep::nothing);
  options.producer_id = 8;
  map_.put(as_bytes("a"), 10);
  EXPECT_EQ(run(make(options, {{"a", "1"}})), Keep::as_it_is) << "another producer's";
}

TEST_F(Rewrite, ReadsLegacySetsAndKeepsTheirFormat) {
  map_.put(as_bytes("a"), 12);
  map_.put(as_bytes("b"), 11);
  for (int8_t magic : {record::kMagic0, record::kMagic1}) {
    for (auto codec : {Codec::gzip, Codec::snappy, Codec::lz4}) {
      record::LegacySetBuilder builder(magic, codec);
      builder.append_at(10, 5000, as_bytes("a"), as_bytes("1"));
      builder.append_at(11, 5001, as_bytes("b"), std::nullopt);
      builder.append_at(12, 5002, as_bytes("a"), as_bytes("3"));
      Bytes bytes = builder.build();
      ASSERT_EQ(run(bytes, true), Keep::rewritten);
      EXPECT_EQ(parse(out_).magic, magic);
      EXPECT_EQ(parse(out_).codec, codec);
      auto time = [&](const char* t) { return magic == record::kMagic0 ? std::string("-1") : std::string(t); };
      EXPECT_EQ(contents(out_), (Lines{"11@" + time("5001") + " b=null", "12@" + time("5002") + " a=3"}));
      ASSERT_EQ(run(bytes, false), Keep::rewritten);
      EXPECT_EQ(contents(out_), (Lines{"12@" + time("5002") + " a=3"})) << "old tombstones go by the segment's age";
    }
  }
}

TEST_F(Rewrite, DamagedRecordsAreAnError) {
  auto bytes = make({.base_offset = 10}, {{"a", "1"}, {"b", "2"}});
  bytes[record::v2::kHeaderSize] = 0x7f;  // a record longer than the batch
  record::MutableBatch{MutableBytes(bytes)}.refresh_crc();
  BatchRewriter rewriter({map_, producers_, kNow, 600});
  std::optional<AbortedTxn> entry;
  EXPECT_FALSE(rewriter.rewrite(parse(bytes), true, out_, entry).ok());
}

TEST(CleanedTransactions, MarkersStayAsLongAsTheirRecords) {
  auto data = [](int64_t offset, int64_t producer) {
    return make({.base_offset = offset,
                 .producer_id = producer,
                 .producer_epoch = 0,
                 .base_sequence = 0,
                 .transactional = true},
                {{"k", "v"}});
  };
  auto marker = [](int64_t offset, int64_t producer, record::ControlType type) {
    return record::build_end_txn_marker({type, 0}, producer, 0, 1, offset);
  };
  using record::ControlType;
  CleanedTransactions txns;
  std::vector<AbortedTxn> aborted{{7, 1, 3, 1}, {9, 20, 21, 20}};
  txns.add(aborted);
  txns.add(aborted);
  EXPECT_FALSE(txns.on_data(parse(data(0, 8))));
  EXPECT_TRUE(txns.on_data(parse(data(1, 7))));
  EXPECT_FALSE(txns.on_control(parse(marker(2, 8, ControlType::commit))).discardable) << "records of it were seen";
  auto abort = txns.on_control(parse(marker(3, 7, ControlType::abort)));
  EXPECT_FALSE(abort.discardable);
  ASSERT_TRUE(abort.aborted.has_value());
  EXPECT_EQ(*abort.aborted, aborted[0]);
  EXPECT_FALSE(txns.on_data(parse(data(4, 7)))) << "the producer's next transaction";
  EXPECT_FALSE(txns.on_control(parse(marker(5, 7, ControlType::commit))).discardable);
  EXPECT_TRUE(txns.on_control(parse(marker(6, 7, ControlType::commit))).discardable) << "nothing is left of it";
  auto empty = txns.on_control(parse(marker(21, 9, ControlType::abort)));
  EXPECT_TRUE(empty.discardable);
  EXPECT_FALSE(empty.aborted.has_value());
}

}  // namespace
}  // namespace meerkat::storage
