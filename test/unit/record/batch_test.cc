#include "record/batch.h"

#include <gtest/gtest.h>

#include "record/builder.h"
#include "record/record.h"

namespace meerkat::record {
namespace {

Bytes sample(int records, int64_t base_offset = 0) {
  BatchBuilder builder({.base_offset = base_offset, .producer_id = 7, .producer_epoch = 2, .base_sequence = 10});
  for (int i = 0; i < records; ++i) builder.append(1000 + i, as_bytes("key"), as_bytes("value"));
  return builder.build();
}

Bytes legacy_sample(int8_t magic, Codec codec, int records, int64_t first_offset = 0) {
  LegacySetBuilder builder(magic, codec);
  for (int i = 0; i < records; ++i) builder.append_at(first_offset + i, 1000 + i, as_bytes("key"), as_bytes("value"));
  return builder.build();
}

void add(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

TEST(Batch, StampsFieldsInPlace) {
  Bytes bytes = sample(3);
  MutableBatch batch{MutableBytes(bytes)};
  uint32_t crc = batch.view().crc();
  batch.set_base_offset(500);
  batch.set_leader_epoch(9);
  EXPECT_EQ(batch.view().base_offset(), 500);
  EXPECT_EQ(batch.view().last_offset(), 502);
  EXPECT_EQ(batch.view().leader_epoch(), 9);
  EXPECT_TRUE(batch.view().crc_ok()) << "offset and epoch lie outside the checksum";

  batch.set_timestamp_type(TimestampType::log_append_time);
  batch.set_max_timestamp(77);
  EXPECT_FALSE(batch.view().crc_ok());
  batch.refresh_crc();
  EXPECT_TRUE(batch.view().crc_ok());
  EXPECT_NE(batch.view().crc(), crc);
  EXPECT_EQ(batch.view().max_timestamp(), 77);
  EXPECT_EQ(batch.view().timestamp_type(), TimestampType::log_append_time);
}

TEST(Batch, SequencesWrap) {
  EXPECT_EQ(sequence_after(10, 2), 12);
  EXPECT_EQ(sequence_after(INT32_MAX, 0), INT32_MAX);
  EXPECT_EQ(sequence_after(INT32_MAX, 1), 0);
  EXPECT_EQ(sequence_after(INT32_MAX - 1, 5), 3);
}

TEST(BatchRun, WalksMixedMagics) {
  Bytes run = legacy_sample(kMagic0, Codec::none, 2);
  add(run, legacy_sample(kMagic1, Codec::gzip, 3, 2));
  add(run, sample(4, 5));
  size_t whole = run.size();
  run.resize(whole + 20);  // the beginning of one more
  struct {
    int8_t magic;
    int64_t first, last;
  } const expected[] = {{0, 0, 0}, {0, 1, 1}, {1, 2, 4}, {2, 5, 8}};
  BatchRun walk(ByteView(run).first(whole + 10));
  AnyBatch batch;
  for (const auto& e : expected) {
    ASSERT_TRUE(walk.next(batch));
    EXPECT_EQ(batch.magic, e.magic);
    EXPECT_EQ(*first_offset(batch), e.first);
    EXPECT_EQ(batch.last_offset, e.last);
    EXPECT_TRUE(batch.crc_ok());
  }
  EXPECT_FALSE(walk.next(batch));
  EXPECT_FALSE(walk.corrupt());
  EXPECT_EQ(walk.consumed(), whole);
  EXPECT_EQ(walk.rest().size(), 10U);
}

TEST(BatchRun, HeadersWithoutSenseAreCorrupt) {
  struct Case {
    const char* what;
    size_t at;
    Bytes bytes;
  } const cases[] = {
      {"size 13", kSizeAt, {0, 0, 0, 13}},
      {"size -1", kSizeAt, {255, 255, 255, 255}},
      {"size beyond the limit", kSizeAt, {0, 127, 255, 255}},
      {"largest size", kSizeAt, {127, 255, 255, 255}},
      {"magic 3", kMagicAt, {3}},
      {"magic -1", kMagicAt, {255}},
  };
  for (const auto& c : cases) {
    Bytes bytes = sample(2);
    std::copy(c.bytes.begin(), c.bytes.end(), bytes.begin() + static_cast<ptrdiff_t>(c.at));
    BatchRun run(bytes, 1 << 20);
    AnyBatch batch;
    EXPECT_FALSE(run.next(batch)) << c.what;
    EXPECT_TRUE(run.corrupt()) << c.what;
  }
}

TEST(BatchRun, UndersizedBatchesAreDamagedButPassedOver) {
  struct {
    int8_t magic;
    int32_t size;
  } const cases[] = {{kMagic2, 14}, {kMagic2, 48}, {kMagic1, 14}, {kMagic1, 21}};
  for (const auto& c : cases) {
    Bytes bytes(kLogOverhead + static_cast<size_t>(c.size));
    store_be<int32_t>(bytes.data() + kSizeAt, c.size);
    bytes[kMagicAt] = static_cast<uint8_t>(c.magic);
    add(bytes, sample(1));
    BatchRun run(bytes);
    AnyBatch batch;
    ASSERT_TRUE(run.next(batch));
    EXPECT_TRUE(batch.undersized);
    EXPECT_FALSE(batch.crc_ok());
    EXPECT_FALSE(first_offset(batch).ok());
    RecordView record;
    EXPECT_EQ(RecordReader(batch).next(record), Next::malformed);
    AnyBatch peeked;
    EXPECT_EQ(peek(bytes, peeked), Peek::undersized);
    ASSERT_TRUE(run.next(batch));
    EXPECT_TRUE(batch.crc_ok());
    EXPECT_FALSE(run.next(batch));
  }
}

TEST(BatchRun, PeekNeedsOnlyTheHeader) {
  Bytes bytes = sample(50);
  AnyBatch batch;
  for (size_t n = 0; n < v2::kHeaderSize; ++n) EXPECT_EQ(peek(ByteView(bytes).first(n), batch), Peek::more) << n;
  ASSERT_EQ(peek(ByteView(bytes).first(v2::kHeaderSize), batch), Peek::ok);
  EXPECT_EQ(batch.size, static_cast<int32_t>(bytes.size()));
  EXPECT_EQ(batch.count, 50);
  EXPECT_EQ(batch.last_sequence, 59);
}

TEST(RecordReader, RefusesDamagedStructures) {
  // A batch of one record; the bytes from 61 on are: length, attributes, time, offset, key, value, headers.
  BatchBuilder builder;
  Header header{"h", as_bytes("x")};
  builder.append(5, as_bytes("k"), as_bytes("v"), std::span(&header, 1));
  const Bytes good = builder.build();
  struct Case {
    const char* what;
    size_t at;
    uint8_t byte;
  } const cases[] = {
      {"record too long", 61, 40},
      {"record too short", 61, 10},
      {"negative length", 61, 1},
      {"key too long", 65, 60},
      {"null key, bytes left", 65, 1},
      {"value too long", 67, 60},
      {"more headers", 69, 4},
      {"negative headers", 69, 1},
      {"no headers but bytes", 69, 0},
      {"null header key", 70, 1},
      {"header value too long", 72, 20},
      {"two records announced", 60, 2},
      {"varint without an end", 72, 128},
  };
  RecordView record;
  RecordReader sound{BatchView(good)};
  ASSERT_EQ(sound.next(record), Next::record);
  ASSERT_EQ(sound.next(record), Next::end);
  for (const auto& c : cases) {
    Bytes bad = good;
    bad[c.at] = c.byte;
    RecordReader reader{BatchView(bad)};
    Next step;
    while ((step = reader.next(record)) == Next::record) {
    }
    EXPECT_EQ(step, Next::malformed) << c.what;
    EXPECT_EQ(reader.unreadable(), Unreadable::structure) << c.what;
  }
}

TEST(RecordReader, DecompressesOnlyUpToItsLimit) {
  BatchBuilder builder({.codec = Codec::zstd});
  builder.append(5, std::nullopt, Bytes(1 << 20));
  Bytes bytes = builder.build();
  RecordView record;
  RecordReader bounded(BatchView(bytes), 1000);
  EXPECT_EQ(bounded.next(record), Next::malformed);
  EXPECT_EQ(bounded.unreadable(), Unreadable::compression);
  RecordReader unbounded{BatchView(bytes)};
  EXPECT_EQ(unbounded.next(record), Next::record);
}

TEST(RecordReader, InnerOffsetsOfMagic1AreRelative) {
  Bytes set = legacy_sample(kMagic1, Codec::gzip, 3, 100);
  struct {
    int64_t wrapper, first;
  } const cases[] = {{102, 100}, {5000, 4998}, {2, 0}, {0, 0}};  // 0: left to the broker by its producer
  for (const auto& c : cases) {
    store_be<int64_t>(set.data(), c.wrapper);
    AnyBatch batch;
    ASSERT_EQ(peek(set, batch), Peek::ok);
    EXPECT_EQ(*first_offset(batch), c.first) << c.wrapper;
  }
  store_be<int64_t>(set.data(), 1);  // below the last inner offset
  AnyBatch batch;
  ASSERT_EQ(peek(set, batch), Peek::ok);
  EXPECT_FALSE(first_offset(batch).ok());
}

TEST(RecordReader, WrapperAppendTimeIsThatOfItsMessages) {
  LegacySetBuilder builder(kMagic1, Codec::snappy, TimestampType::log_append_time, 4242);
  builder.append_at(0, 1, std::nullopt, as_bytes("v"));
  Bytes set = builder.build();
  AnyBatch batch;
  ASSERT_EQ(peek(set, batch), Peek::ok);
  EXPECT_EQ(batch.max_timestamp, 4242);
  RecordReader reader(batch);
  RecordView record;
  ASSERT_EQ(reader.next(record), Next::record);
  EXPECT_EQ(record.timestamp, 4242);
}

}  // namespace
}  // namespace meerkat::record
