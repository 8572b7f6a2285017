#include "record/validate.h"

#include <gtest/gtest.h>

#include <functional>

#include "record/builder.h"
#include "record/compression.h"
#include "record/record.h"

namespace meerkat::record {
namespace {

using wire::ErrorCode;

constexpr int64_t kNow = 1'700'000'000'000;

struct Plain {
  int64_t timestamp;
  std::optional<std::string> key;
  std::string value;
  bool operator==(const Plain&) const = default;
};

std::vector<Plain> three() { return {{kNow, "a", "1"}, {kNow + 5, std::nullopt, "2"}, {kNow + 2, "c", "3"}}; }

Bytes build(const std::vector<Plain>& records, const BatchOptions& options = {}) {
  BatchBuilder builder(options);
  for (const auto& r : records) {
    builder.append(r.timestamp, r.key ? std::optional(as_bytes(*r.key)) : std::nullopt, as_bytes(r.value));
  }
  return builder.build();
}

Bytes build_legacy(int8_t magic, const std::vector<Plain>& records, Codec codec = Codec::none,
                   TimestampType type = TimestampType::create_time) {
  LegacySetBuilder builder(magic, codec, type, kNow);
  int64_t offset = 0;
  for (const auto& r : records) {
    builder.append_at(offset++, r.timestamp, r.key ? std::optional(as_bytes(*r.key)) : std::nullopt, as_bytes(r.value));
  }
  return builder.build();
}

std::vector<Plain> read(ByteView batch) {
  std::vector<Plain> records;
  RecordReader reader{BatchView(batch)};
  RecordView r;
  Next step;
  while ((step = reader.next(r)) == Next::record) {
    records.push_back({r.timestamp, r.key ? std::optional(std::string(as_text(*r.key))) : std::nullopt,
                       std::string(as_text(r.value.value_or(ByteView{})))});
  }
  EXPECT_EQ(step, Next::end) << reader.failure();
  return records;
}

void patch(Bytes& batch, const std::function<void(MutableBatch&)>& change) {
  MutableBatch target{MutableBytes(batch)};
  change(target);
  target.refresh_crc();
}

Bytes patched(Bytes batch, const std::function<void(MutableBatch&)>& change) {
  patch(batch, change);
  return batch;
}

Bytes joined(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

AppendRules rules() {
  AppendRules r;
  r.now_ms = kNow;
  return r;
}

TEST(Validate, AcceptsInPlaceAndStamps) {
  for (Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    Bytes bytes = build(three(), {.codec = codec});
    const uint8_t* before = bytes.data();
    auto plan = validate(bytes, rules());
    ASSERT_TRUE(plan.ok()) << name(codec) << plan.error().message;
    EXPECT_FALSE(plan->rewritten());
    EXPECT_EQ(plan->bytes().data(), before);
    EXPECT_EQ(plan->record_count(), 3);
    Stamped s = plan->stamp(1000, 7, kNow + 100);
    EXPECT_EQ(s.first_offset, 1000);
    EXPECT_EQ(s.last_offset, 1002);
    EXPECT_EQ(s.max_timestamp, kNow + 5);
    EXPECT_EQ(s.shallow_offset_of_max_timestamp, 1002);
    EXPECT_EQ(s.log_append_time_ms, kNoTimestamp);
    EXPECT_EQ(plan->batch().base_offset(), 1000);
    EXPECT_EQ(plan->batch().leader_epoch(), 7);
    EXPECT_TRUE(plan->batch().crc_ok());
    EXPECT_EQ(read(plan->bytes()), three());
  }
}

TEST(Validate, LogAppendTimeIsStampedWithAValidChecksum) {
  for (Codec codec : {Codec::none, Codec::lz4}) {
    AppendRules r = rules();
    r.timestamp_type = TimestampType::log_append_time;
    Bytes bytes = build(three(), {.codec = codec});
    auto plan = validate(bytes, r);
    ASSERT_TRUE(plan.ok());
    Stamped s = plan->stamp(10, 0, kNow + 77);
    EXPECT_EQ(s.max_timestamp, kNow + 77);
    EXPECT_EQ(s.log_append_time_ms, kNow + 77);
    EXPECT_EQ(s.shallow_offset_of_max_timestamp, 12);
    EXPECT_TRUE(plan->batch().crc_ok());
    for (const auto& record : read(plan->bytes())) EXPECT_EQ(record.timestamp, kNow + 77);
    // A second stamp (the first append failed) is as good as the first.
    plan->stamp(20, 1, kNow + 99);
    EXPECT_TRUE(plan->batch().crc_ok());
    EXPECT_EQ(plan->batch().max_timestamp(), kNow + 99);
  }
}

TEST(Validate, CorrectsAWrongMaxTimestamp) {
  Bytes bytes = patched(build(three()), [](MutableBatch& b) { b.set_max_timestamp(kNow + 1'000'000); });
  auto plan = validate(bytes, rules());
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->stamp(0, 0, kNow).max_timestamp, kNow + 5);
  EXPECT_TRUE(plan->batch().crc_ok());
}

TEST(Validate, RecordsWithoutTimestampsHaveNoIndexEntry) {
  Bytes bytes = build({{kNoTimestamp, "k", "v"}});
  auto plan = validate(bytes, rules());
  ASSERT_TRUE(plan.ok());
  Stamped s = plan->stamp(5, 0, kNow);
  EXPECT_EQ(s.max_timestamp, kNoTimestamp);
  EXPECT_EQ(s.shallow_offset_of_max_timestamp, -1);
}

TEST(Validate, RecompressesForTheTopicsCodec) {
  const Codec codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
  for (Codec from : codecs) {
    for (Codec to : codecs) {
      Bytes bytes = build(
          three(), {.codec = from, .producer_id = 9, .producer_epoch = 1, .base_sequence = 4, .transactional = true});
      AppendRules r = rules();
      r.target_codec = to;
      auto plan = validate(bytes, r);
      ASSERT_TRUE(plan.ok());
      EXPECT_EQ(plan->rewritten(), from != to);
      plan->stamp(50, 3, kNow);
      BatchView batch = plan->batch();
      EXPECT_EQ(batch.codec(), to);
      EXPECT_EQ(batch.producer_id(), 9);
      EXPECT_EQ(batch.base_sequence(), 4);
      EXPECT_TRUE(batch.transactional());
      EXPECT_EQ(batch.last_offset(), 52);
      EXPECT_TRUE(batch.crc_ok());
      EXPECT_EQ(read(plan->bytes()), three());
    }
  }
}

TEST(Validate, KeepsHeadersWhenItRebuilds) {
  Header headers[] = {{"h1", as_bytes("x")}, {"h2", std::nullopt}};
  BatchBuilder builder;
  builder.append(kNow, std::nullopt, as_bytes("v"), headers);
  Bytes bytes = builder.build();
  AppendRules r = rules();
  r.target_codec = Codec::zstd;
  auto plan = validate(bytes, r);
  ASSERT_TRUE(plan.ok());
  RecordReader reader(plan->batch());
  RecordView record;
  ASSERT_EQ(reader.next(record), Next::record);
  HeaderReader read_headers(record);
  Header h;
  ASSERT_TRUE(read_headers.next(h));
  EXPECT_EQ(h.key, "h1");
  ASSERT_TRUE(read_headers.next(h));
  EXPECT_EQ(h.value, std::nullopt);
  EXPECT_FALSE(read_headers.next(h));
}

TEST(Validate, OffsetsThatAreNotContiguousAreAssignedAnew) {
  BatchBuilder builder;
  builder.append_at(0, kNow, as_bytes("a"), as_bytes("1"));
  builder.append_at(5, kNow, as_bytes("b"), as_bytes("2"));
  builder.override_last_offset(1);
  Bytes bytes = builder.build();
  auto plan = validate(bytes, rules());
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->rewritten());
  plan->stamp(100, 0, kNow);
  RecordReader reader(plan->batch());
  RecordView record;
  for (int64_t offset : {100, 101}) {
    ASSERT_EQ(reader.next(record), Next::record);
    EXPECT_EQ(record.offset, offset);
  }
}

TEST(Validate, UpConvertsOldMagics) {
  for (int8_t magic : {kMagic0, kMagic1}) {
    for (Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4}) {
      for (std::optional<Codec> target :
           {std::optional<Codec>(), std::optional(Codec::zstd), std::optional(Codec::none)}) {
        Bytes bytes = build_legacy(magic, three(), codec);
        AppendRules r = rules();
        r.target_codec = target;
        auto plan = validate(bytes, r);
        ASSERT_TRUE(plan.ok()) << plan.error().message;
        EXPECT_TRUE(plan->rewritten());
        EXPECT_EQ(plan->record_count(), 3);
        Stamped s = plan->stamp(20, 4, kNow);
        EXPECT_EQ(s.last_offset, 22);
        EXPECT_EQ(s.max_timestamp, magic == kMagic0 ? kNoTimestamp : kNow + 5);
        EXPECT_EQ(plan->batch().magic(), kMagic2);
        EXPECT_EQ(plan->batch().codec(), target.value_or(codec));
        EXPECT_TRUE(plan->batch().crc_ok());
        auto expected = three();
        if (magic == kMagic0) {
          for (auto& record : expected) record.timestamp = kNoTimestamp;
        }
        EXPECT_EQ(read(plan->bytes()), expected);
      }
    }
  }
}

TEST(Validate, WhatIsNotAllThereIsCutOff) {
  Bytes good = build(three());
  Bytes more = joined(good, Bytes(good.begin(), good.begin() + 30));
  auto plan = validate(more, rules());
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->bytes().size(), good.size());
  Bytes little(good.begin(), good.end() - 1);
  auto none = validate(little, rules());
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
}

TEST(Validate, RefusesBatchesWithKafkasCodes) {
  const BatchOptions idempotent{.producer_id = 5, .producer_epoch = 0, .base_sequence = 0};
  const Bytes good = build(three());
  const Bytes old = build_legacy(kMagic1, three());
  auto set_attributes = [](int16_t a) { return [a](MutableBatch& b) { b.set_attributes(a); }; };
  auto set_count = [](int32_t n) {
    return [n](MutableBatch& b) {
      b.set_count(n);
      b.set_last_offset_delta(n - 1);
    };
  };
  Bytes bad_crc = good;
  bad_crc.back() ^= 1;
  Bytes bad_old_crc = old;
  bad_old_crc.back() ^= 1;
  Bytes bad_magic = good;
  bad_magic[kMagicAt] = 3;
  Bytes longer = good;
  longer.push_back(0);
  store_be<int32_t>(longer.data() + kSizeAt, static_cast<int32_t>(longer.size() - kLogOverhead));
  Bytes garbage(good.begin(), good.begin() + static_cast<ptrdiff_t>(v2::kHeaderSize));
  garbage = joined(garbage, Bytes(30, 'x'));
  store_be<int32_t>(garbage.data() + kSizeAt, static_cast<int32_t>(garbage.size() - kLogOverhead));
  Bytes undersized(good.begin(), good.begin() + 40);
  store_be<int32_t>(undersized.data() + kSizeAt, static_cast<int32_t>(undersized.size() - kLogOverhead));
  auto wrapper = [](Bytes value) {  // a compressed set of magic 1 with this value
    LegacySetBuilder builder(kMagic1, Codec::none);
    builder.append_at(0, kNow, std::nullopt, value);
    Bytes out = builder.build();
    out[legacy::kAttributesAt] = static_cast<uint8_t>(Codec::gzip);
    store_be<uint32_t>(out.data() + legacy::kCrcAt, LegacyView(out).computed_crc());
    return out;
  };
  auto gzip = [](const Bytes& set) {
    Bytes out;
    compress(Codec::gzip, std::nullopt, kMagic1, set, out);
    return out;
  };

  struct Case {
    const char* what;
    Bytes bytes;
    ErrorCode code;
  } const cases[] = {
      {"checksum", bad_crc, ErrorCode::corrupt_message},
      {"checksum of magic 1", bad_old_crc, ErrorCode::corrupt_message},
      {"magic", bad_magic, ErrorCode::corrupt_message},
      {"smaller than its header", undersized, ErrorCode::corrupt_message},
      {"base offset", patched(good, [](MutableBatch& b) { b.set_base_offset(1); }), ErrorCode::invalid_record},
      {"two batches", joined(good, good), ErrorCode::invalid_record},
      {"two compressed old sets", joined(build_legacy(kMagic1, three(), Codec::gzip), old), ErrorCode::invalid_record},
      {"mixed old magics", joined(old, build_legacy(kMagic0, three())), ErrorCode::invalid_record},
      {"old, then new", joined(old, good), ErrorCode::invalid_record},
      {"no records", patched(good, set_count(0)), ErrorCode::invalid_record},
      {"negative count", patched(good, set_count(-1)), ErrorCode::invalid_record},
      {"more announced", patched(good, set_count(4)), ErrorCode::invalid_record},
      {"fewer announced", patched(good, set_count(2)), ErrorCode::invalid_record},
      {"billions announced", patched(good, set_count(INT32_MAX)), ErrorCode::invalid_record},
      {"count and offsets differ", patched(good, [](MutableBatch& b) { b.set_last_offset_delta(7); }),
       ErrorCode::invalid_record},
      {"bytes left over", patched(longer, [](MutableBatch&) {}), ErrorCode::invalid_record},
      {"control batch", build_end_txn_marker({ControlType::commit, 1}, 5, 0, kNow), ErrorCode::invalid_record},
      {"producer without sequence",
       patched(build(three(), idempotent), [](MutableBatch& b) { b.set_producer(5, 0, -1); }),
       ErrorCode::invalid_record},
      {"codec 5", patched(good, set_attributes(5)), ErrorCode::unknown_server_error},
      {"not gzip", patched(garbage, set_attributes(1)), ErrorCode::unknown_server_error},
      {"not snappy", patched(garbage, set_attributes(2)), ErrorCode::unknown_server_error},
      {"not lz4", patched(garbage, set_attributes(3)), ErrorCode::unknown_server_error},
      {"not zstd", patched(garbage, set_attributes(4)), ErrorCode::unknown_server_error},
      {"not records", patched(garbage, set_attributes(0)), ErrorCode::invalid_record},
      {"wrapper around nothing", wrapper(gzip({})), ErrorCode::invalid_record},
      {"wrapper around garbage", wrapper(Bytes(40, 'x')), ErrorCode::unknown_server_error},
      {"wrapper in a wrapper", wrapper(gzip(wrapper(gzip(old)))), ErrorCode::invalid_record},
      {"inner size", wrapper(gzip(Bytes(40, 0))), ErrorCode::corrupt_message},
      {"inner checksum", wrapper(gzip(bad_old_crc)), ErrorCode::corrupt_message},
      {"inner magic", wrapper(gzip(build_legacy(kMagic0, three()))), ErrorCode::invalid_record},
  };
  for (const auto& c : cases) {
    for (auto type : {TimestampType::create_time, TimestampType::log_append_time}) {
      AppendRules r = rules();
      r.timestamp_type = type;
      Bytes bytes = c.bytes;
      auto plan = validate(bytes, r);
      ASSERT_FALSE(plan.ok()) << c.what;
      EXPECT_EQ(plan.error().code, c.code) << c.what << ": " << plan.error().message;
      EXPECT_FALSE(plan.error().message.empty());
    }
  }
}

TEST(Validate, SizeIsCheckedBeforeAndAfterRewriting) {
  Bytes zeros = build({{kNow, "k", std::string(100'000, '\0')}});
  AppendRules r = rules();
  r.max_batch_bytes = static_cast<int32_t>(zeros.size());
  EXPECT_TRUE(validate(zeros, r).ok());
  r.max_batch_bytes -= 1;
  auto before = validate(zeros, r);
  ASSERT_FALSE(before.ok());
  EXPECT_EQ(before.error().code, ErrorCode::message_too_large);

  Bytes packed = build({{kNow, "k", std::string(100'000, '\0')}}, {.codec = Codec::gzip});
  r.target_codec = Codec::none;
  auto after = validate(packed, r);
  ASSERT_FALSE(after.ok());
  EXPECT_EQ(after.error().code, ErrorCode::message_too_large);
}

TEST(Validate, CoordinatorsMayWhatClientsMayNot) {
  AppendRules r = rules();
  r.origin = AppendOrigin::coordinator;
  r.target_codec = Codec::zstd;
  Bytes marker = build_end_txn_marker({ControlType::abort, 3}, 5, 1, kNow);
  auto plan = validate(marker, r);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_FALSE(plan->rewritten()) << "markers stay uncompressed";
  EXPECT_TRUE(plan->batch().control());
}

TEST(Validate, TellsWhichRecordsFail) {
  auto records = three();
  struct Case {
    const char* what;
    std::function<void(AppendRules&)> rule;
    std::vector<Plain> records;
    ErrorCode code;
    std::vector<int32_t> failing;
  } const cases[] = {
      {"keys for compaction", [](AppendRules& r) { r.compacted = true; }, three(), ErrorCode::invalid_record, {1}},
      {"too old",
       [](AppendRules& r) { r.timestamp_before_max_ms = 1000; },
       {{kNow - 1000, "a", ""}, {kNow - 1001, "b", ""}, {1, "c", ""}},
       ErrorCode::invalid_timestamp,
       {1, 2}},
      {"too new",
       [](AppendRules& r) { r.timestamp_after_max_ms = 1000; },
       {{kNow + 1000, "a", ""}, {kNow + 1001, "b", ""}},
       ErrorCode::invalid_timestamp,
       {1}},
      {"time counts more than keys",
       [](AppendRules& r) {
         r.timestamp_after_max_ms = 1000;
         r.compacted = true;
       },
       {{kNow, std::nullopt, ""}, {kNow + 2000, "b", ""}, {kNow, "c", ""}},
       ErrorCode::invalid_timestamp,
       {0, 1}},
      {"no time at all passes",
       [](AppendRules& r) { r.timestamp_before_max_ms = 0; },
       {{kNoTimestamp, "a", ""}},
       ErrorCode::none,
       {}},
  };
  for (const auto& c : cases) {
    for (Codec codec : {Codec::none, Codec::gzip, Codec::lz4}) {
      AppendRules r = rules();
      c.rule(r);
      Bytes bytes = build(c.records, {.codec = codec});
      auto plan = validate(bytes, r);
      ASSERT_EQ(plan.ok(), c.code == ErrorCode::none) << c.what;
      if (plan.ok()) continue;
      EXPECT_EQ(plan.error().code, c.code) << c.what;
      EXPECT_TRUE(plan.error().tells_client());
      std::vector<int32_t> failing;
      for (const auto& e : plan.error().record_errors) {
        failing.push_back(e.batch_index);
        EXPECT_FALSE(e.message.empty());
      }
      EXPECT_EQ(failing, c.failing) << c.what;
    }
  }
}

TEST(Validate, ProducersMayNotClaimLogAppendTime) {
  Bytes claimed = build(three(), {.timestamp_type = TimestampType::log_append_time, .log_append_time_ms = kNow});
  AppendRules r = rules();
  r.timestamp_type = TimestampType::log_append_time;
  auto refused = validate(claimed, r);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_timestamp);
  EXPECT_EQ(refused.error().record_errors.size(), 3U);

  // On a CreateTime topic Kafka takes it, and clears the claim.
  auto taken = validate(claimed, rules());
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->batch().timestamp_type(), TimestampType::create_time);
  EXPECT_TRUE(taken->batch().crc_ok());
}

TEST(Validate, OldSetsFailByTheirFirstFailingMessage) {
  AppendRules r = rules();
  r.compacted = true;
  Bytes bytes = build_legacy(kMagic1, three());
  auto loose = validate(bytes, r);  // each message is a batch of its own
  ASSERT_FALSE(loose.ok());
  ASSERT_EQ(loose.error().record_errors.size(), 1U);
  EXPECT_EQ(loose.error().record_errors[0].batch_index, 0);
  Bytes wrapped_bytes = build_legacy(kMagic1, three(), Codec::gzip);
  auto wrapped = validate(wrapped_bytes, r);
  ASSERT_FALSE(wrapped.ok());
  ASSERT_EQ(wrapped.error().record_errors.size(), 1U);
  EXPECT_EQ(wrapped.error().record_errors[0].batch_index, 1);
}

TEST(Validate, ABombIsWalkedWithoutBeingHeld) {
  BatchBuilder builder({.codec = Codec::gzip});
  builder.append(kNow, std::nullopt, Bytes(64 << 20));
  Bytes bytes = builder.build();
  ASSERT_LT(bytes.size(), size_t{1} << 20);
  auto plan = validate(bytes, rules());
  EXPECT_TRUE(plan.ok()) << "nothing forbids a long value, and it is not kept in memory";
}

TEST(Validate, ProduceVersionsHaveRulesOfTheirOwn) {
  const Bytes good = build(three());
  const Bytes old = build_legacy(kMagic1, three());
  const Bytes zstd = build(three(), {.codec = Codec::zstd});
  Bytes bad_magic = good;
  bad_magic[kMagicAt] = 9;
  struct Case {
    const char* what;
    Bytes bytes;
    int16_t version;
    ErrorCode code;
  } const cases[] = {
      {"magic 2", good, 3, ErrorCode::none},
      {"old magic in an old request", old, 2, ErrorCode::none},
      {"old magic", old, 3, ErrorCode::invalid_record},
      {"nothing", {}, 9, ErrorCode::invalid_record},
      {"nothing in an old request", {}, 2, ErrorCode::none},
      {"cut short", Bytes(good.begin(), good.end() - 1), 9, ErrorCode::invalid_record},
      {"two batches", joined(good, good), 9, ErrorCode::invalid_record},
      {"zstd too early", zstd, 6, ErrorCode::unsupported_compression_type},
      {"zstd", zstd, 7, ErrorCode::none},
      {"no such magic", bad_magic, 9, ErrorCode::corrupt_message},
      {"a second one with no such magic", joined(good, bad_magic), 9, ErrorCode::corrupt_message},
      {"half a second one", joined(good, Bytes(good.begin(), good.begin() + 40)), 9, ErrorCode::none},
  };
  for (const auto& c : cases) {
    auto refused = check_produce_version(c.bytes, c.version);
    EXPECT_EQ(refused ? refused->code : ErrorCode::none, c.code) << c.what;
  }
}

}  // namespace
}  // namespace meerkat::record
