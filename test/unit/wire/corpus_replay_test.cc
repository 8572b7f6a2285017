// Replays the oracle's messages both ways: what Kafka wrote we read alike, and write again byte for byte.
#include <gtest/gtest.h>

#include "test/fakes/corpus.h"
#include "test/unit/wire/replay.h"
#include "wire/api.h"
#include "wire/messages/offset_commit_record.h"
#include "wire/messages/transaction_log_record.h"

namespace meerkat::wire {
namespace {

using nlohmann::json;

void replay(const AnyMessage& message, const json& line, ByteView body, Differences& out) {
  replay(message, line["version"].get<int16_t>(), body, line["json"], out);
}

TEST(CorpusReplay, Messages) {
  auto lines = test::corpus_lines("messages");
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    bool request = line["kind"] == "request";
    const AnyMessage* message = find_message(line["name"].get<std::string>() + (request ? "Request" : "Response"));
    if (message == nullptr) {
      differences.add(line["name"], "no such message");
      continue;
    }
    const ApiInfo* api = find_api(line["api"].get<int16_t>());
    auto version = line["version"].get<int16_t>();
    ASSERT_NE(api, nullptr);
    EXPECT_EQ(request ? api->request_header_version(version) : api->response_header_version(version), line["header"])
        << line["name"] << " v" << version;
    replay(*message, line, test::from_hex(line["hex"].get<std::string>()), differences);
  }
}

TEST(CorpusReplay, Headers) {
  auto lines = test::corpus_lines("headers");
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    const AnyMessage* message = find_message(line["kind"] == "request-header" ? "RequestHeader" : "ResponseHeader");
    replay(*message, line, test::from_hex(line["hex"].get<std::string>()), differences);
  }
}

/// Lines whose hex starts with the version.
void replay_versioned(const char* corpus) {
  auto lines = test::corpus_lines(corpus);
  SKIP_WITHOUT_CORPUS(lines);
  Differences differences;
  for (const json& line : lines) {
    if (line["api"] == "written") continue;
    const AnyMessage* message = find_message(line["api"].get<std::string>());
    if (message == nullptr) {
      differences.add(line["api"], "no such schema");
      continue;
    }
    Bytes bytes = test::from_hex(line["hex"].get<std::string>());
    ASSERT_EQ(load_be<int16_t>(bytes.data()), line["version"].get<int16_t>());
    replay(*message, line, ByteView(bytes).subspan(sizeof(int16_t)), differences);
  }
}

TEST(CorpusReplay, Schemas) { replay_versioned("schemas"); }
TEST(CorpusReplay, CoordinatorRecords) { replay_versioned("coordinator"); }

/// Both ways for a record that 3.9.1 writes; the value of it.
template <class M>
M replay_written(const json& line, const char* hex_field) {
  Bytes bytes = test::from_hex(line[hex_field].get<std::string>());
  int16_t version = 0;
  auto decoded = decode_versioned<M>(bytes, false, &version);
  EXPECT_TRUE(decoded.ok()) << line;
  if (!decoded.ok()) return {};
  EXPECT_EQ(test::to_hex(encode_versioned(*decoded, version)), line[hex_field]) << line;
  return std::move(*decoded);
}

void replay_transaction(const json& line) {
  EXPECT_EQ(replay_written<TransactionLogKey>(line, "keyHex").transactional_id, line["transactionalId"]);
  for (const char* hex_field : {"valueHex", "flexibleValueHex"}) {
    auto value = replay_written<TransactionLogValue>(line, hex_field);
    EXPECT_EQ(value.producer_id, line["producerId"]);
    EXPECT_EQ(value.producer_epoch, line["producerEpoch"]);
    EXPECT_EQ(value.transaction_timeout_ms, line["timeoutMs"]);
    EXPECT_EQ(value.transaction_status, line["stateId"]);
    EXPECT_EQ(value.transaction_last_update_timestamp_ms, line["lastUpdateTimestamp"]);
    EXPECT_EQ(value.transaction_start_timestamp_ms, line["startTimestamp"]);
    size_t partitions = 0;
    for (const auto& topic :
         value.transaction_partitions.value_or(decltype(value.transaction_partitions)::value_type{}))
      partitions += topic.partition_ids.size();
    EXPECT_EQ(partitions, line["partitions"].size());
  }
}

void replay_offset_commit(const json& line) {
  auto key = replay_written<OffsetCommitKey>(line, "keyHex");
  EXPECT_EQ(key.group, line["group"]);
  EXPECT_EQ(key.topic, line["topic"]);
  EXPECT_EQ(key.partition, line["partition"]);
  auto value = replay_written<OffsetCommitValue>(line, "valueHex");
  EXPECT_EQ(value.offset, line["offset"]);
  EXPECT_EQ(value.metadata, line["metadata"]);
  EXPECT_EQ(value.commit_timestamp, line["commitTimestamp"]);
}

TEST(CorpusReplay, RecordsThatCoordinatorsWrite) {
  auto lines = test::corpus_lines("coordinator");
  SKIP_WITHOUT_CORPUS(lines);
  int seen = 0;
  for (const json& line : lines) {
    if (line["api"] != "written") continue;
    ++seen;
    if (line["kind"] == "transaction")
      replay_transaction(line);
    else
      replay_offset_commit(line);
  }
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace meerkat::wire
