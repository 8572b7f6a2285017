#include "record/builder.h"

#include <gtest/gtest.h>

#include "record/batch.h"
#include "record/record.h"

namespace meerkat::record {
namespace {

TEST(BatchBuilder, ProducerStateMayComeLate) {
  BatchBuilder builder;
  builder.append(1, std::nullopt, as_bytes("v"));
  builder.set_producer(77, 3, 500, true);
  Bytes bytes = builder.build();
  BatchView batch(bytes);
  EXPECT_EQ(batch.producer_id(), 77);
  EXPECT_EQ(batch.producer_epoch(), 3);
  EXPECT_EQ(batch.base_sequence(), 500);
  EXPECT_TRUE(batch.transactional());
  EXPECT_TRUE(batch.crc_ok());
}

TEST(BatchBuilder, SizeBoundHolds) {
  std::string text(300, 'x');
  for (size_t key : {0UL, 1UL, 63UL, 64UL, 300UL}) {
    for (size_t value : {0UL, 100UL, 300UL}) {
      Header header{"header", as_bytes("value")};
      for (auto headers : {std::span<const Header>(), std::span<const Header>(&header, 1)}) {
        BatchBuilder builder;
        builder.append(0, std::nullopt, std::nullopt);
        size_t before = builder.uncompressed_size();
        builder.append_at(1'000'000, INT64_MAX, as_bytes(text).first(key), as_bytes(text).first(value), headers);
        EXPECT_LE(builder.uncompressed_size() - before, record_size_bound(key, value, headers));
      }
    }
  }
}

TEST(BatchBuilder, TimestampsMayFallAndWrap) {
  const int64_t times[] = {1000, 5, kNoTimestamp, INT64_MAX, INT64_MIN};
  BatchBuilder builder;
  for (int64_t t : times) builder.append(t, std::nullopt, std::nullopt);
  EXPECT_EQ(builder.max_timestamp(), INT64_MAX);
  Bytes bytes = builder.build();
  RecordReader reader{BatchView(bytes)};
  RecordView record;
  for (int64_t t : times) {
    ASSERT_EQ(reader.next(record), Next::record);
    EXPECT_EQ(record.timestamp, t);
  }
}

TEST(BatchBuilder, CompactionLeavesGapsHorizonAndLastOffset) {
  BatchBuilder builder({.base_offset = 100, .delete_horizon_ms = 50'000});
  builder.append_at(105, 60'000, as_bytes("k"), as_bytes("v"));
  builder.append_at(107, 40'000, as_bytes("k"), std::nullopt);
  builder.override_last_offset(199);
  Bytes bytes = builder.build();
  BatchView batch(bytes);
  EXPECT_EQ(batch.delete_horizon_ms(), 50'000);
  EXPECT_EQ(batch.last_offset(), 199);
  EXPECT_EQ(batch.count(), 2);
  EXPECT_EQ(batch.max_timestamp(), 60'000);
  RecordReader reader(batch);
  RecordView record;
  ASSERT_EQ(reader.next(record), Next::record);
  EXPECT_EQ(record.offset, 105);
  EXPECT_EQ(record.timestamp, 60'000);
  ASSERT_EQ(reader.next(record), Next::record);
  EXPECT_EQ(record.offset, 107);
  EXPECT_EQ(record.timestamp, 40'000);
  EXPECT_EQ(record.value, std::nullopt);
}

TEST(BatchBuilder, AnEmptyBatchIsNotCompressed) {
  BatchBuilder builder(
      {.codec = Codec::zstd, .base_offset = 10, .producer_id = 1, .producer_epoch = 0, .base_sequence = 4});
  builder.override_last_offset(19);
  Bytes bytes = builder.build();
  BatchView batch(bytes);
  EXPECT_EQ(bytes.size(), v2::kHeaderSize);
  EXPECT_EQ(batch.codec(), Codec::none);
  EXPECT_EQ(batch.last_sequence(), 13);
  RecordReader reader(batch);
  RecordView record;
  EXPECT_EQ(reader.next(record), Next::end);
}

TEST(EndTxnMarker, ReadsItsOwnAndIgnoresOthers) {
  for (auto type : {ControlType::abort, ControlType::commit}) {
    Bytes bytes = build_end_txn_marker({type, 12}, 5, 6, 1000, 44, 3);
    BatchView batch(bytes);
    EXPECT_TRUE(batch.control() && batch.transactional() && batch.crc_ok());
    EXPECT_EQ(batch.base_offset(), 44);
    EXPECT_EQ(batch.base_sequence(), kNoSequence);
    RecordReader reader(batch);
    RecordView record;
    ASSERT_EQ(reader.next(record), Next::record);
    auto marker = parse_end_txn_marker(record.key, record.value);
    ASSERT_TRUE(marker);
    EXPECT_EQ(marker->type, type);
    EXPECT_EQ(marker->coordinator_epoch, 12);
  }
  const uint8_t raft[] = {0, 0, 0, 2};
  EXPECT_EQ(parse_end_txn_marker(ByteView(raft), std::nullopt)->type, ControlType::unknown);
  const uint8_t commit[] = {0, 0, 0, 1};
  EXPECT_EQ(parse_end_txn_marker(ByteView(commit), std::nullopt), std::nullopt);
  EXPECT_EQ(parse_end_txn_marker(ByteView(commit).first(3), std::nullopt), std::nullopt);
  EXPECT_EQ(parse_end_txn_marker(std::nullopt, std::nullopt), std::nullopt);
}

TEST(LegacySetBuilder, NothingInNothingOut) {
  EXPECT_TRUE(LegacySetBuilder(kMagic0, Codec::gzip).build().empty());
  EXPECT_TRUE(LegacySetBuilder(kMagic1, Codec::none).build().empty());
}

}  // namespace
}  // namespace meerkat::record
