// The records of __consumer_offsets: bytes as Kafka writes them, and what a load makes of a log.
#include "group/records.h"

#include "group/loader.h"
#include "test/fakes/corpus.h"
#include "test/unit/group/group_driver.h"

namespace meerkat::group {
namespace {

const TopicPartition kT1{"t1", 1};

TEST(Records, AreTheBytesThatKafkaWrites) {
  EXPECT_EQ(test::to_hex(offset_key("g1", kT1)), "0001000267310002743100000001");
  EXPECT_EQ(test::to_hex(group_key("g1")), "000200026731");
  const CommittedOffset offset{.offset = 4, .leader_epoch = 0, .commit_timestamp_ms = 0x1a1fc2cca9c};
  EXPECT_EQ(test::to_hex(offset_value(offset, {})),
            "0003"
            "0000000000000004"
            "00000000"
            "0000"
            "000001a1fc2cca9c");
  Group empty("g1");
  empty.protocol_type = "consumer";
  empty.generation = 2;
  empty.state_timestamp_ms = 0x1a1fc2d7a7c;
  EXPECT_EQ(test::to_hex(group_value(empty, {}, {})),
            "00030008636f6e73756d657200000002ffffffff000001a1fc2d7a7c00000000");
}

TEST(Records, VersionsFollowTheInterBrokerProtocol) {
  struct Case {
    const char* protocol;
    int16_t offset, group;
  } cases[] = {{"0.10.0-IV0", 1, 0}, {"0.10.1-IV0", 1, 1}, {"2.0-IV0", 1, 1}, {"2.1-IV0", 2, 2},
               {"2.1-IV1", 3, 2},    {"2.3-IV0", 3, 3},    {"3.9-IV0", 3, 3}, {"3.9", 3, 3}};
  for (const auto& c : cases) {
    EXPECT_EQ(record_versions(c.protocol).offset_value, c.offset) << c.protocol;
    EXPECT_EQ(record_versions(c.protocol).group_value, c.group) << c.protocol;
  }
}

TEST(RecordsCorpus, OffsetCommitsAreWrittenAlike) {
  const auto lines = test::corpus_lines("coordinator");
  SKIP_WITHOUT_CORPUS(lines);
  size_t checked = 0;
  for (const auto& line : lines) {
    if (line["api"] != "written" || line["kind"] != "offset commit") continue;
    CommittedOffset offset;
    offset.offset = line["offset"];
    if (!line["leaderEpoch"].is_null()) offset.leader_epoch = line["leaderEpoch"];
    offset.metadata = line["metadata"];
    offset.commit_timestamp_ms = line["commitTimestamp"];
    if (!line["expireTimestamp"].is_null()) offset.expire_timestamp_ms = line["expireTimestamp"];
    const auto versions = record_versions(line["interBrokerProtocol"].get<std::string>());
    EXPECT_EQ(test::to_hex(offset_key(line["group"], {line["topic"], line["partition"]})), line["keyHex"]);
    EXPECT_EQ(test::to_hex(offset_value(offset, versions)), line["valueHex"]) << line.dump();
    ++checked;
  }
  EXPECT_GT(checked, 0u);
}

TEST(Records, AStableGroupSurvivesTheLog) {
  GroupDriver g;
  const auto ids = g.make_stable(2, {.protocols = {"range", "sticky"}});
  std::map<std::string, Bytes> assignments;
  for (const auto& [id, member] : g.group.members()) assignments[id] = member.assignment;
  Group read("g");
  ASSERT_TRUE(read_group_value(group_value(g.group, assignments, {}), read).ok());
  EXPECT_EQ(read.state, GroupState::stable);
  EXPECT_EQ(read.generation, 1);
  EXPECT_EQ(read.leader, ids[0]);
  EXPECT_EQ(read.protocol, "range");
  EXPECT_EQ(read.subscribed_topics(), g.group.subscribed_topics());
  for (const auto& id : ids) EXPECT_EQ(read.find(id)->assignment, assignments[id]);
}

/// Builds the log of a partition, batch by batch.
class Log {
 public:
  Bytes bytes;
  void add(const std::function<void(record::BatchBuilder&)>& fill, int64_t transactional_producer = -1) {
    record::BatchOptions options;
    options.base_offset = next_;
    options.transactional = transactional_producer >= 0;
    options.producer_id = transactional_producer;
    if (options.transactional) options.producer_epoch = 0, options.base_sequence = 0;
    record::BatchBuilder builder(options);
    fill(builder);
    next_ = builder.next_offset();
    append(builder.build());
  }
  void commit(const std::string& group, const TopicPartition& tp, int64_t offset, int64_t producer = -1) {
    add([&](auto& b) { b.append(1, ByteView(offset_key(group, tp)), ByteView(offset_value({.offset = offset}, {}))); },
        producer);
  }
  void remove(const Bytes& key) {
    add([&](auto& b) { b.append(1, ByteView(key), std::nullopt); });
  }
  void end_transaction(int64_t producer, record::ControlType type) {
    append(record::build_end_txn_marker({type, 0}, producer, 0, 1, next_++));
  }

 private:
  void append(const Bytes& batch) { bytes.insert(bytes.end(), batch.begin(), batch.end()); }
  int64_t next_ = 0;
};

int64_t committed(const Groups& groups, const std::string& group, const TopicPartition& tp) {
  auto it = groups.find(group);
  if (it == groups.end()) return -2;
  const auto* found = it->second->offsets.find(tp.topic, tp.partition);
  return found == nullptr ? -1 : found->value.offset;
}

TEST(Loader, TheLastRecordOfAKeyCounts) {
  Log log;
  log.commit("g", kT1, 1);
  log.commit("g", kT1, 2);
  log.commit("gone", kT1, 3);
  log.remove(offset_key("gone", kT1));
  Group empty("kept");
  empty.protocol_type = "consumer";
  empty.generation = 3;
  log.add([&](auto& b) { b.append(1, ByteView(group_key("kept")), ByteView(group_value(empty, {}, {}))); });
  log.remove(group_key("never seen"));
  Loader loader;
  ASSERT_TRUE(loader.add(log.bytes));
  const Groups groups = loader.take();
  EXPECT_EQ(groups.size(), 2u);
  EXPECT_EQ(committed(groups, "g", kT1), 2);
  EXPECT_EQ(committed(groups, "gone", kT1), -2);
  EXPECT_EQ(groups.at("kept")->generation, 3);
}

TEST(Loader, TransactionsCountByTheirMarkers) {
  Log log;
  log.commit("g", {"t", 0}, 1);
  log.commit("g", {"t", 0}, 10, 7);
  log.commit("g", {"t", 1}, 11, 8);
  log.commit("g", {"t", 2}, 12, 9);
  log.end_transaction(7, record::ControlType::commit);
  log.end_transaction(8, record::ControlType::abort);
  Loader loader;
  ASSERT_TRUE(loader.add(log.bytes));
  const Groups groups = loader.take();
  EXPECT_EQ(committed(groups, "g", {"t", 0}), 10);
  EXPECT_EQ(committed(groups, "g", {"t", 1}), -1);
  EXPECT_EQ(committed(groups, "g", {"t", 2}), -1);
  EXPECT_TRUE(groups.at("g")->offsets.has_pending({"t", 2})) << "still open";
  EXPECT_FALSE(groups.at("g")->offsets.has_pending({"t", 1}));
}

TEST(Loader, SkipsRecordsOfOtherKindsOfGroups) {
  Log log;
  for (const char* key : {"0003000267310000", "0009", "00", "ffff"}) {
    const Bytes bytes = test::from_hex(key);
    log.add([&](auto& b) { b.append(1, ByteView(bytes), ByteView(bytes)); });
  }
  log.commit("g", kT1, 5);
  Loader loader;
  ASSERT_TRUE(loader.add(log.bytes));
  EXPECT_EQ(committed(loader.take(), "g", kT1), 5);
}

TEST(Loader, SkipsADamagedBatch) {
  Log log;
  log.commit("g", kT1, 5);
  const size_t second = log.bytes.size();
  log.commit("g", kT1, 6);
  log.commit("h", kT1, 7);
  log.bytes[second + 70] ^= 1;
  Loader loader;
  EXPECT_TRUE(loader.add(log.bytes));
  const Groups groups = loader.take();
  EXPECT_EQ(committed(groups, "g", kT1), 5);
  EXPECT_EQ(committed(groups, "h", kT1), 7);
}

TEST(Loader, StopsWhereBatchesHaveNoBorders) {
  Log log;
  log.commit("g", kT1, 5);
  const size_t second = log.bytes.size();
  log.commit("h", kT1, 6);
  log.bytes[second + 8] = 0xff;  // a negative size
  Loader loader;
  EXPECT_FALSE(loader.add(log.bytes));
  EXPECT_EQ(loader.next_offset(), 1);
  EXPECT_EQ(loader.take().size(), 1u);
}

}  // namespace
}  // namespace meerkat::group
