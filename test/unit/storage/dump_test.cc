#include "storage/dump.h"

#include <sstream>

#include "storage/verify.h"
#include "test/unit/storage/log_fixture.h"
#include "wire/codec.h"
#include "wire/messages/consumer_protocol.h"
#include "wire/messages/group_metadata_record.h"
#include "wire/messages/offset_commit_record.h"
#include "wire/messages/transaction_log_record.h"

namespace meerkat::storage {
namespace {

class Dump : public LogTest {
 protected:
  std::string dump(const std::string& path, DumpOptions options = {}) {
    std::ostringstream out, err;
    Dumper dumper(fs_, options, out, err);
    auto done = dumper.dump(path);
    dumper.finish();
    complaints_ = err.str() + (done ? "" : done.error().message);
    return out.str();
  }
  std::string complaints_;
};

TEST_F(Dump, ShowsBatchesAndRecordsInKafkasWords) {
  ASSERT_TRUE(append(log(),
                     {.values = {"a", "bc"},
                      .timestamp = 1000,
                      .producer_id = 7,
                      .producer_epoch = 1,
                      .sequence = 0,
                      .transactional = true},
                     4)
                  .ok());
  ASSERT_TRUE(append_marker(log(), record::ControlType::abort, 7, 1, 3, 2000).ok());
  auto crc = [&](size_t at) {
    return std::to_string(load_be<uint32_t>(fs_.content(file(0, ".log")).data() + at + 17));
  };
  EXPECT_EQ(dump(file(0, ".log"), {.print_data_log = true}),
            "Dumping /logs/t-0/00000000000000000000.log\n"
            "Log starting offset: 0\n"
            "baseOffset: 0 lastOffset: 1 count: 2 baseSequence: 0 lastSequence: 1 producerId: 7 producerEpoch: 1 "
            "partitionLeaderEpoch: 4 isTransactional: true isControl: false deleteHorizonMs: OptionalLong.empty "
            "position: 0 CreateTime: 1001 size: 78 magic: 2 compresscodec: none crc: " +
                crc(0) +
                " isvalid: true\n"
                "| offset: 0 CreateTime: 1000 keySize: -1 valueSize: 1 sequence: 0 headerKeys: [] payload: a\n"
                "| offset: 1 CreateTime: 1001 keySize: -1 valueSize: 2 sequence: 1 headerKeys: [] payload: bc\n"
                "baseOffset: 2 lastOffset: 2 count: 1 baseSequence: -1 lastSequence: -1 producerId: 7 "
                "producerEpoch: 1 partitionLeaderEpoch: 0 isTransactional: true isControl: true deleteHorizonMs: "
                "OptionalLong.empty position: 78 CreateTime: 2000 size: 78 magic: 2 compresscodec: none crc: " +
                crc(78) +
                " isvalid: true\n"
                "| offset: 2 CreateTime: 2000 keySize: 4 valueSize: 6 sequence: -1 headerKeys: [] endTxnMarker: ABORT "
                "coordinatorEpoch: 3\n");
  EXPECT_EQ(complaints_, "");
  EXPECT_EQ(dump(file(0, ".txnindex")),
            "Dumping /logs/t-0/00000000000000000000.txnindex\n"
            "version: 0 producerId: 7 firstOffset: 0 lastOffset: 2 lastStableOffset: 3\n");
  log_.reset();
  manager_->shutdown();
  EXPECT_EQ(dump(file(0, ".timeindex")),
            "Dumping /logs/t-0/00000000000000000000.timeindex\ntimestamp: 2000 offset: 2\n");
  EXPECT_EQ(dump(file(0, ".index")),
            "Dumping /logs/t-0/00000000000000000000.index\n/logs/t-0/00000000000000000000.index is empty.\n");
}

TEST_F(Dump, FindsDamage) {
  config_.index_interval_bytes = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(log(), {.timestamp = 1000 + i}).ok());
  log_.reset();
  manager_->shutdown();
  DumpOptions verify{.verify_index_only = true};
  EXPECT_EQ(dump(file(0, ".index"), verify), "Dumping /logs/t-0/00000000000000000000.index\n");
  EXPECT_EQ(complaints_, "");
  dump(file(0, ".timeindex"), verify);
  EXPECT_EQ(complaints_, "");

  auto index = fs_.content(file(0, ".index"));
  index[11] ^= 4;  // the second entry's offset, 2
  fs_.set_content(file(0, ".index"), index);
  dump(file(0, ".index"), verify);
  EXPECT_EQ(complaints_, "Mismatches in :/logs/t-0/00000000000000000000.index\n  Index offset: 6, log offset: 2\n");
  auto times = fs_.content(file(0, ".timeindex"));
  times[7] ^= 1;  // the first entry's timestamp, 1001
  fs_.set_content(file(0, ".timeindex"), times);
  dump(file(0, ".timeindex"), verify);
  EXPECT_EQ(complaints_,
            "Found timestamp mismatch in :/logs/t-0/00000000000000000000.timeindex\n"
            "  Index timestamp: 1000, log timestamp: 1001\n");

  auto content = fs_.content(file(0, ".log"));
  content[content.size() - 1] ^= 1;
  content.resize(content.size() + 7);
  fs_.set_content(file(0, ".log"), content);
  auto text = dump(file(0, ".log"));
  EXPECT_NE(text.find("isvalid: false"), std::string::npos);
  EXPECT_TRUE(text.ends_with("Found 7 invalid bytes at the end of 00000000000000000000.log\n")) << text;
}

TEST_F(Dump, VerifiesAndRebuilds) {
  config_.index_interval_bytes = 0;
  config_.segment_bytes = 400;
  for (int i = 0; i < 12; ++i) {
    TestBatch batch{.timestamp = 1'700'000'000'000 + i, .producer_id = 7, .producer_epoch = 0, .sequence = i};
    batch.transactional = true;
    ASSERT_TRUE(append(log(), batch).ok());
    if (i % 4 == 3) {
      ASSERT_TRUE(append_marker(log(), record::ControlType::abort, 7, 0).ok());
    }
  }
  log_.reset();
  manager_->shutdown();
  manager_.reset();
  const auto verify = [&](std::string& said) {
    std::ostringstream out;
    bool good = true;
    const auto files = partition_files(fs_, "/logs/t-0");
    EXPECT_TRUE(files.ok());
    EXPECT_GT(files->size(), 12u);
    for (auto& path : *files) good &= verify_file(fs_, path, out);
    said = out.str();
    return good;
  };
  std::string said;
  EXPECT_TRUE(verify(said)) << said;
  std::map<std::string, Bytes> before;
  for (auto& path : fs_.all_files()) {
    if (path.ends_with("index")) before[path] = fs_.content(path);
  }
  ASSERT_GT(before.size(), 6u);
  for (auto& [path, bytes] : before) {
    if (!bytes.empty()) fs_.set_content(path, Bytes(bytes.size(), 0x5a));
  }
  EXPECT_FALSE(verify(said));
  EXPECT_NE(said.find(".index: is wrong"), std::string::npos) << said;
  auto rebuilt = rebuild_indexes(fs_, "/logs/t-0", config_.index_interval_bytes);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().message;
  EXPECT_TRUE(verify(said)) << said;
  for (auto& [path, bytes] : before) EXPECT_EQ(fs_.content(path), bytes) << path;
  EXPECT_FALSE(rebuild_indexes(fs_, "/logs", 4096).ok()) << "no partition's directory";

  auto batches = fs_.content(file(0, ".log"));
  batches[65] ^= 1;
  batches.resize(batches.size() + 9);
  fs_.set_content(file(0, ".log"), batches);
  EXPECT_FALSE(verify(said));
  EXPECT_NE(said.find("at position 0 has a wrong checksum"), std::string::npos) << said;
  EXPECT_NE(said.find("9 bytes from position"), std::string::npos) << said;
}

Bytes joined(int16_t version, const auto& message) {
  Bytes bytes(2);
  store_be(bytes.data(), version);
  Chain chain;
  wire::encode(message, version, chain);
  const Bytes body = chain.flatten();
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

DecodedRecord decoded(const RecordDecoder& decode, const Bytes& key, const std::optional<Bytes>& value) {
  record::RecordView record;
  record.offset = 7;
  record.key = ByteView(key);
  if (value) record.value = ByteView(*value);
  return decode(record);
}

TEST(DumpDecoders, ShowOffsets) {
  const Bytes commit = joined(1, wire::OffsetCommitKey{"g", "t", 3});
  wire::OffsetCommitValue position;
  position.offset = 42;
  position.metadata = "\"m\"";
  position.commit_timestamp = 1000;
  auto shown = decoded(decode_offsets_record, commit, joined(3, position));
  EXPECT_EQ(shown.key, R"({"type":"1","data":{"group":"g","topic":"t","partition":3}})");
  EXPECT_EQ(shown.payload,
            R"({"version":"3","data":{"offset":42,"leaderEpoch":-1,"metadata":"\"m\"","commitTimestamp":1000}})");
  shown = decoded(decode_offsets_record, commit, std::nullopt);
  EXPECT_EQ(shown.payload, "<DELETE>");

  wire::ConsumerProtocolSubscription subscription;
  subscription.topics = {"t"};
  wire::GroupMetadataValue group;
  group.protocol_type = "consumer";
  group.members.resize(1);
  group.members[0].member_id = "m";
  group.members[0].subscription = joined(1, subscription);
  group.members[0].assignment = {0x7f};
  const Bytes group_key = joined(2, wire::GroupMetadataKey{"g"});
  shown = decoded(decode_offsets_record, group_key, joined(2, group));
  EXPECT_EQ(shown.key, R"({"type":"2","data":{"group":"g"}})");
  EXPECT_EQ(shown.payload,
            R"({"version":"2","data":{"protocolType":"consumer","generation":0,"protocol":"","leader":"",)"
            R"("currentStateTimestamp":-1,"members":[{"memberId":"m","clientId":"","clientHost":"",)"
            R"("rebalanceTimeout":-1,"sessionTimeout":0,)"
            R"("subscription":{"topics":["t"],"userData":null,"ownedPartitions":[]},"assignment":"fw=="}]}})")
      << "what cannot be read stays base64";
  group.protocol_type = "connect";
  shown = decoded(decode_offsets_record, group_key, joined(2, group));
  EXPECT_NE(shown.payload->find(R"("subscription":"AAE)"), std::string::npos) << *shown.payload;

  EXPECT_EQ(decoded(decode_offsets_record, {0, 9}, std::nullopt).key, "Unknown record type 9 at offset 7, skipping.");
  EXPECT_TRUE(decoded(decode_offsets_record, commit, Bytes{0, 3, 1}).key->starts_with("Error at offset 7, skipping."));
  EXPECT_TRUE(decoded(decode_offsets_record, {0}, std::nullopt).key->starts_with("Error at offset 7, skipping."));
}

TEST(DumpDecoders, ShowTransactions) {
  const Bytes key = joined(0, wire::TransactionLogKey{"tx"});
  wire::TransactionLogValue txn;
  txn.producer_id = 5;
  txn.producer_epoch = 2;
  txn.transaction_timeout_ms = 60'000;
  txn.transaction_status = 1;
  txn.transaction_partitions->push_back({"a", {0, 2}});
  txn.transaction_partitions->push_back({"b", {1}});
  txn.transaction_last_update_timestamp_ms = 1000;
  auto shown = decoded(decode_transaction_record, key, joined(0, txn));
  EXPECT_EQ(shown.key, "transaction_metadata::transactionalId=tx");
  EXPECT_EQ(shown.payload,
            "producerId:5,producerEpoch:2,state=Ongoing,partitions=[a-0,a-2,b-1],txnLastUpdateTimestamp=1000,"
            "txnTimeoutMs=60000");
  EXPECT_EQ(decoded(decode_transaction_record, key, std::nullopt).payload, "<DELETE>");
  txn.transaction_status = 77;
  EXPECT_TRUE(decoded(decode_transaction_record, key, joined(0, txn)).key->starts_with("Error at offset 7, skipping."));
  EXPECT_EQ(decoded(decode_transaction_record, {0, 4}, std::nullopt).key, "unknown::version=4");
}

TEST(DumpDecoders, ShowTextAndNumbers) {
  const Bytes key = {'k', 0xff}, value = {0, 0, 0, 0, 0, 0, 1, 2};
  EXPECT_EQ(decoded(decode_text, key, std::nullopt).key, "k\uFFFD");
  EXPECT_EQ((*field_decoder("org.apache.kafka.tools.api.LongDecoder"))(value), "258");
  EXPECT_EQ((*field_decoder("IntegerDecoder"))(value), "0");
  EXPECT_EQ((*field_decoder("IntegerDecoder"))(key), "(too short)");
  EXPECT_FALSE(field_decoder("com.example.Mine").has_value());
}

TEST_F(Dump, ShowsSnapshots) {
  ASSERT_TRUE(
      append(
          log(),
          {.values = {"a", "b"}, .timestamp = clock_.wall_ms(), .producer_id = 3, .producer_epoch = 0, .sequence = 5})
          .ok());
  log_.reset();
  manager_->shutdown();
  auto time = std::to_string(clock_.wall_ms() + 1);
  EXPECT_EQ(dump(file(2, ".snapshot")),
            "Dumping /logs/t-0/00000000000000000002.snapshot\n"
            "producerId: 3 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty "
            "lastTimestamp: " +
                time + " firstSequence: 5 lastSequence: 6 lastOffset: 1 offsetDelta: 1 timestamp: " + time + "\n");
}

}  // namespace
}  // namespace meerkat::storage
