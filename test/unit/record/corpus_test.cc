// Replays the oracle's records: what Kafka reads in these bytes we read, and what we write it would have written.
#include "test/fakes/corpus.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crc32c.h"
#include "record/batch.h"
#include "record/builder.h"
#include "record/record.h"
#include "record/varint.h"

namespace meerkat::record {
namespace {

using nlohmann::json;
using test::corpus_lines;
using test::from_hex;

std::optional<Bytes> nullable(const json& j) {
  if (j.is_null()) return std::nullopt;
  auto decoded = from_base64(j.get<std::string>());
  EXPECT_TRUE(decoded) << j;
  return decoded;
}

std::optional<ByteView> view(const std::optional<Bytes>& b) {
  if (!b) return std::nullopt;
  return ByteView(*b);
}

Codec codec_named(const std::string& text) {
  for (auto c : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    if (name(c) == text) return c;
  }
  ADD_FAILURE() << "codec " << text;
  return Codec::none;
}

TimestampType type_named(const std::string& text) {
  if (text == "CreateTime") return TimestampType::create_time;
  return text == "LogAppendTime" ? TimestampType::log_append_time : TimestampType::none;
}

bool same(const std::optional<ByteView>& got, const std::optional<Bytes>& expected) {
  if (!got || !expected) return got.has_value() == expected.has_value();
  return std::equal(got->begin(), got->end(), expected->begin(), expected->end());
}

void expect_record(const RecordView& record, const json& expected) {
  EXPECT_EQ(record.offset, expected["offset"].get<int64_t>());
  EXPECT_EQ(record.timestamp, expected["timestamp"].get<int64_t>());
  EXPECT_TRUE(same(record.key, nullable(expected["key"])));
  EXPECT_TRUE(same(record.value, nullable(expected["value"])));
  json headers = expected.value("headers", json::array());
  EXPECT_EQ(record.header_count, static_cast<int32_t>(headers.size()));
  HeaderReader reader(record);
  Header header;
  for (const json& h : headers) {
    ASSERT_TRUE(reader.next(header));
    EXPECT_EQ(header.key, h[0].get<std::string>());
    EXPECT_TRUE(same(header.value, nullable(h[1])));
  }
  EXPECT_FALSE(reader.next(header));
  if (expected.contains("controlType")) {
    auto marker = parse_end_txn_marker(record.key, record.value);
    ASSERT_TRUE(marker);
    EXPECT_EQ(marker->type, expected["controlType"] == "COMMIT" ? ControlType::commit : ControlType::abort);
    EXPECT_EQ(marker->coordinator_epoch, expected["coordinatorEpoch"].get<int32_t>());
  }
}

void expect_batch(const AnyBatch& batch, const json& expected) {
  EXPECT_EQ(batch.magic, expected["magic"].get<int>());
  EXPECT_EQ(batch.size, expected["size"].get<int>());
  ASSERT_EQ(batch.crc_ok(), expected["valid"].get<bool>());
  if (!expected["valid"].get<bool>()) return;
  EXPECT_EQ(batch.magic == kMagic2 ? batch.v2().crc() : batch.legacy().crc(), expected["crc"].get<uint32_t>());
  auto first = first_offset(batch);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, expected["baseOffset"].get<int64_t>());
  EXPECT_EQ(batch.last_offset, expected["lastOffset"].get<int64_t>());
  EXPECT_EQ(batch.codec, codec_named(expected["compression"]));
  EXPECT_EQ(batch.timestamp_type, type_named(expected["timestampType"]));
  EXPECT_EQ(batch.max_timestamp, expected["maxTimestamp"].get<int64_t>());
  if (batch.magic == kMagic2) {
    EXPECT_EQ(batch.leader_epoch, expected["partitionLeaderEpoch"].get<int32_t>());
    EXPECT_EQ(batch.producer_id, expected["producerId"].get<int64_t>());
    EXPECT_EQ(batch.producer_epoch, expected["producerEpoch"].get<int16_t>());
    EXPECT_EQ(batch.base_sequence, expected["baseSequence"].get<int32_t>());
    EXPECT_EQ(batch.last_sequence, expected["lastSequence"].get<int32_t>());
    EXPECT_EQ(batch.transactional, expected["transactional"].get<bool>());
    EXPECT_EQ(batch.control, expected["control"].get<bool>());
    EXPECT_EQ(batch.count, expected["count"].get<int32_t>());
    EXPECT_EQ(batch.delete_horizon_ms.has_value(), expected.contains("deleteHorizonMs"));
    EXPECT_EQ(batch.delete_horizon_ms.value_or(0), expected.value("deleteHorizonMs", int64_t{0}));
  }
  RecordReader reader(batch);
  RecordView record;
  for (const json& r : expected["records"]) {
    ASSERT_EQ(reader.next(record), Next::record) << reader.failure();
    expect_record(record, r);
  }
  EXPECT_EQ(reader.next(record), Next::end) << reader.failure();
}

void expect_run(ByteView bytes, const json& line) {
  BatchRun run(bytes);
  AnyBatch batch;
  for (const json& expected : line["batches"]) {
    ASSERT_TRUE(run.next(batch));
    expect_batch(batch, expected);
  }
  EXPECT_FALSE(run.next(batch));
  EXPECT_EQ(run.rest().size(), line.value("unread", size_t{0}));
}

/// The times that producers gave the records of a LogAppendTime batch. They stay in the bytes, hidden from readers and
/// so from the JSON.
std::vector<int64_t> hidden_timestamps(ByteView bytes) {
  Bytes copy(bytes.begin(), bytes.end());
  MutableBatch(MutableBytes(copy)).set_timestamp_type(TimestampType::create_time);
  std::vector<int64_t> times;
  RecordReader reader{BatchView(copy)};
  for (RecordView r; reader.next(r) == Next::record;) times.push_back(r.timestamp);
  return times;
}

/// Builds a batch anew from what the JSON says of it.
Bytes build_v2(const json& b, ByteView original) {
  TimestampType type = type_named(b["timestampType"]);
  BatchOptions options{.codec = codec_named(b["compression"]),
                       .base_offset = b["baseOffset"],
                       .leader_epoch = b["partitionLeaderEpoch"],
                       .timestamp_type = type,
                       .log_append_time_ms = b["maxTimestamp"],
                       .producer_id = b["producerId"],
                       .producer_epoch = b["producerEpoch"],
                       .base_sequence = b["baseSequence"],
                       .transactional = b["transactional"],
                       .control = b["control"]};
  if (b.contains("deleteHorizonMs")) options.delete_horizon_ms = b["deleteHorizonMs"].get<int64_t>();
  BatchBuilder builder(options);
  std::vector<int64_t> times = hidden_timestamps(original);
  size_t index = 0;
  for (const json& r : b["records"]) {
    auto key = nullable(r["key"]);
    auto value = nullable(r["value"]);
    std::vector<std::optional<Bytes>> values;
    std::vector<std::string> keys;
    for (const json& h : r.value("headers", json::array())) {
      keys.push_back(h[0]);
      values.push_back(nullable(h[1]));
    }
    std::vector<Header> headers;
    for (size_t i = 0; i < keys.size(); ++i) headers.push_back({keys[i], view(values[i])});
    int64_t time = type == TimestampType::log_append_time ? times.at(index) : r["timestamp"].get<int64_t>();
    builder.append_at(r["offset"], time, view(key), view(value), headers);
    ++index;
  }
  builder.override_last_offset(b["lastOffset"]);
  Bytes built = builder.build();
  if (b["count"] == 0) {
    MutableBatch batch{MutableBytes(built)};
    batch.set_max_timestamp(b["maxTimestamp"]);
    batch.refresh_crc();
  }
  return built;
}

Bytes build_legacy(const json& b) {
  LegacySetBuilder builder(b["magic"].get<int8_t>(), codec_named(b["compression"]), type_named(b["timestampType"]),
                           b["maxTimestamp"]);
  for (const json& r : b["records"]) {
    auto key = nullable(r["key"]);
    auto value = nullable(r["value"]);
    builder.append_at(r["offset"], r["timestamp"], view(key), view(value));
  }
  return builder.build();
}

TEST(RecordCorpus, ReadsWhatKafkaReads) {
  auto lines = corpus_lines("records");
  SKIP_WITHOUT_CORPUS(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    SCOPED_TRACE("line " + std::to_string(i + 1) + ", " + lines[i]["what"].get<std::string>());
    expect_run(from_hex(lines[i]["hex"].get<std::string>()), lines[i]);
  }
}

TEST(RecordCorpus, WritesWhatKafkaWrites) {
  auto lines = corpus_lines("records");
  SKIP_WITHOUT_CORPUS(lines);
  int exact = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const json& line = lines[i];
    SCOPED_TRACE("line " + std::to_string(i + 1) + ", " + line["what"].get<std::string>());
    if (line["what"].get<std::string>().starts_with("one bit changed")) continue;  // no writer makes these
    Bytes built;
    Bytes original = from_hex(line["hex"].get<std::string>());
    BatchRun originals(original);
    AnyBatch next;
    for (const json& b : line["batches"]) {
      ASSERT_TRUE(originals.next(next));
      Bytes batch = b["magic"] == 2 ? build_v2(b, next.bytes) : build_legacy(b);
      built.insert(built.end(), batch.begin(), batch.end());
    }
    if (line["exact"].get<bool>()) {
      ++exact;
      EXPECT_EQ(built, original);
      continue;
    }
    // Compressed bytes depend on the library; all else must come out again. Sizes and checksums follow from them.
    json relaxed = line;
    BatchRun run(built);
    AnyBatch batch;
    for (json& b : relaxed["batches"]) {
      ASSERT_TRUE(run.next(batch));
      b["size"] = batch.size;
      b["crc"] = batch.magic == kMagic2 ? batch.v2().crc() : batch.legacy().crc();
    }
    expect_run(built, relaxed);
  }
  EXPECT_GT(exact, 50);
}

/// No batch of the corpus may crash a reader, however it is cut.
TEST(RecordCorpus, EveryCutEndsCleanly) {
  auto lines = corpus_lines("records");
  SKIP_WITHOUT_CORPUS(lines);
  for (size_t i = 0; i < lines.size(); i += 7) {
    Bytes bytes = from_hex(lines[i]["hex"].get<std::string>());
    for (size_t n = 0; n < bytes.size(); n += 1 + n / 64) {
      Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));  // its own block, for the address sanitizer
      BatchRun run(cut);
      size_t seen = 0;
      for (AnyBatch batch; run.next(batch);) seen += static_cast<size_t>(batch.size);
      EXPECT_EQ(seen + run.rest().size(), n);
    }
  }
}

TEST(VectorCorpus, ChecksumsAndVarints) {
  auto lines = corpus_lines("vectors");
  SKIP_WITHOUT_CORPUS(lines);
  int seen = 0;
  for (const json& line : lines) {
    const std::string fn = line["fn"];
    if (fn == "crc32c" || fn == "crc32") {
      Bytes data = from_hex(line["data"].get<std::string>());
      auto expected = line["result"].get<uint32_t>();
      EXPECT_EQ(fn == "crc32c" ? crc32c(data) : crc32(data), expected) << line;
      ++seen;
    } else if (fn == "varint" || fn == "varlong") {
      auto value = line["value"].get<int64_t>();
      Bytes expected = from_hex(line["result"].get<std::string>());
      Bytes written(kMaxVarlong);
      written.resize(static_cast<size_t>(write_varint(written.data(), value) - written.data()));
      EXPECT_EQ(written, expected) << line;
      EXPECT_EQ(varint_size(value), expected.size());
      const uint8_t* end = expected.data() + expected.size();
      int64_t wide = 0;
      EXPECT_EQ(read_varlong(expected.data(), end, wide), end);
      EXPECT_EQ(wide, value);
      int32_t narrow = 0;
      if (fn == "varint") {
        EXPECT_EQ(read_varint(expected.data(), end, narrow), end);
        EXPECT_EQ(narrow, value);
      }
      ++seen;
    }
  }
  EXPECT_GT(seen, 100);
}

}  // namespace
}  // namespace meerkat::record
