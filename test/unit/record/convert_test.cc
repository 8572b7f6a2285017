#include "record/convert.h"

#include <gtest/gtest.h>

#include "record/builder.h"
#include "record/record.h"

namespace meerkat::record {
namespace {

Bytes batch(int records, const BatchOptions& options) {
  BatchBuilder builder(options);
  Header header{"h", as_bytes("x")};
  for (int i = 0; i < records; ++i) builder.append(1000 + i, as_bytes("key"), as_bytes("value"), std::span(&header, 1));
  return builder.build();
}

void add(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

struct Seen {
  int64_t offset, timestamp;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> read(ByteView bytes, int8_t most_magic) {
  std::vector<Seen> seen;
  BatchRun run(bytes);
  for (AnyBatch b; run.next(b);) {
    EXPECT_LE(b.magic, most_magic);
    EXPECT_TRUE(b.crc_ok());
    RecordReader reader(b);
    for (RecordView r; reader.next(r) == Next::record;) {
      seen.push_back({r.offset, r.timestamp});
      EXPECT_EQ(as_text(r.key.value()), "key");
      EXPECT_EQ(as_text(r.value.value()), "value");
      EXPECT_EQ(r.header_count, 0);
    }
  }
  EXPECT_TRUE(run.rest().empty());
  return seen;
}

TEST(DownConvert, EveryFetchVersionHasItsMagic) {
  EXPECT_EQ(max_magic_of_fetch(0), kMagic0);
  EXPECT_EQ(max_magic_of_fetch(1), kMagic0);
  EXPECT_EQ(max_magic_of_fetch(2), kMagic1);
  EXPECT_EQ(max_magic_of_fetch(3), kMagic1);
  EXPECT_EQ(max_magic_of_fetch(4), kMagic2);
}

TEST(DownConvert, KeepsOffsetsAndDropsWhatOldFormatsCannotSay) {
  for (Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4}) {
    Bytes run = batch(3, {.codec = codec, .base_offset = 10});
    add(run, build_end_txn_marker({ControlType::commit, 0}, 1, 0, 5, 13));
    add(run, batch(2, {.codec = codec, .base_offset = 14, .producer_id = 1, .producer_epoch = 0, .base_sequence = 0}));
    for (int8_t magic : {kMagic0, kMagic1}) {
      auto out = down_convert(run, magic, 0);
      ASSERT_TRUE(out.ok());
      EXPECT_EQ(out->records, 5);
      std::vector<Seen> expected = {{10, 1000}, {11, 1001}, {12, 1002}, {14, 1000}, {15, 1001}};
      if (magic == kMagic0) {
        for (auto& e : expected) e.timestamp = kNoTimestamp;
      }
      EXPECT_EQ(read(out->bytes, magic), expected) << name(codec);
    }
  }
}

TEST(DownConvert, LeavesOutWhatLiesBeforeTheFetchOffset) {
  Bytes plain = batch(3, {.base_offset = 10});
  auto out = down_convert(plain, kMagic1, 11);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(read(out->bytes, kMagic1), (std::vector<Seen>{{11, 1001}, {12, 1002}}));
  Bytes packed = batch(3, {.codec = Codec::gzip, .base_offset = 10});
  auto whole = down_convert(packed, kMagic1, 11);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->records, 3) << "a compressed set stays whole";
}

TEST(DownConvert, CopiesWhatIsOldEnough) {
  LegacySetBuilder builder(kMagic0, Codec::gzip);
  builder.append_at(4, kNoTimestamp, as_bytes("key"), as_bytes("value"));
  Bytes old = builder.build();
  for (int8_t magic : {kMagic0, kMagic1}) {
    auto out = down_convert(old, magic, 0);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out->bytes, old);
    EXPECT_EQ(out->records, 0);
  }
}

TEST(DownConvert, AppendTimeBecomesTheMessages) {
  Bytes bytes = batch(2, {.timestamp_type = TimestampType::log_append_time, .log_append_time_ms = 9999});
  auto out = down_convert(bytes, kMagic1, 0);
  ASSERT_TRUE(out.ok());
  AnyBatch first;
  ASSERT_EQ(peek(out->bytes, first), Peek::ok);
  EXPECT_EQ(first.timestamp_type, TimestampType::log_append_time);
  EXPECT_EQ(read(out->bytes, kMagic1), (std::vector<Seen>{{0, 9999}, {1, 9999}}));
}

TEST(DownConvert, RefusesZstdAndDamage) {
  auto zstd = down_convert(batch(1, {.codec = Codec::zstd}), kMagic1, 0);
  ASSERT_FALSE(zstd.ok());
  EXPECT_EQ(zstd.error().code, wire::ErrorCode::unsupported_compression_type);
  Bytes bad = batch(2, {});
  bad[v2::kHeaderSize] = 120;
  auto damaged = down_convert(bad, kMagic1, 0);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().code, wire::ErrorCode::corrupt_message);
}

TEST(DownConvert, EndsBeforeZstd) {
  Bytes run = batch(2, {});
  add(run, batch(1, {.codec = Codec::zstd, .base_offset = 2}));
  add(run, batch(1, {.base_offset = 3}));
  auto out = down_convert(run, kMagic1, 0);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(read(out->bytes, kMagic1), (std::vector<Seen>{{0, 1000}, {1, 1001}}));
}

TEST(DownConvert, EmptiedBatchesAndCutOnesGiveNothing) {
  Bytes empty = BatchBuilder({.base_offset = 5}).build();
  Bytes run = empty;
  Bytes cut = batch(2, {.base_offset = 6});
  run.insert(run.end(), cut.begin(), cut.end() - 1);
  auto out = down_convert(run, kMagic1, 0);
  ASSERT_TRUE(out.ok());
  EXPECT_TRUE(out->bytes.empty());
}

}  // namespace
}  // namespace meerkat::record
