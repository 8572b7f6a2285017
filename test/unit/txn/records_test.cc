// The records of __transaction_state: bytes as Kafka writes them, and what a load makes of a log.
#include "txn/records.h"

#include <gtest/gtest.h>

#include "record/builder.h"
#include "test/fakes/corpus.h"
#include "txn/loader.h"
#include "txn/settings.h"

namespace meerkat::txn {
namespace {

Details ongoing() {
  Details details;
  details.state = State::ongoing;
  details.producer = {0, 0};
  details.timeout_ms = 60'000;
  details.partitions = {{"t1", 0}};
  details.start_ms = 0x1a1fc2cac10;
  details.last_update_ms = 0x1a1fc2cac11;
  return details;
}

TEST(Records, AreTheBytesThatKafkaWrites) {
  EXPECT_EQ(test::to_hex(id_key("txn-A")), "0000000574786e2d41");
  Details empty;
  empty.producer = {0, 0};
  empty.timeout_ms = 60'000;
  empty.last_update_ms = 0x1a1fc2cac03;
  EXPECT_EQ(test::to_hex(details_value(empty)),
            "0000"
            "0000000000000000"
            "0000"
            "0000ea60"
            "00"
            "ffffffff"
            "000001a1fc2cac03"
            "ffffffffffffffff");
  EXPECT_EQ(test::to_hex(details_value(ongoing())),
            "0000"
            "0000000000000000"
            "0000"
            "0000ea60"
            "01"
            "00000001"
            "00027431"
            "00000001"
            "00000000"
            "000001a1fc2cac11"
            "000001a1fc2cac10");
  Details complete;
  complete.state = State::complete_commit;
  EXPECT_NE(test::to_hex(details_value(complete)).find("0400000000"), std::string::npos) << "an empty list, not none";
}

TEST(RecordsCorpus, TransactionsAreWrittenAndReadAlike) {
  const auto lines = test::corpus_lines("coordinator");
  SKIP_WITHOUT_CORPUS(lines);
  size_t checked = 0;
  for (const auto& line : lines) {
    if (line["api"] != "written" || line["kind"] != "transaction") continue;
    Details details;
    details.state = static_cast<State>(line["stateId"].get<int>());
    details.producer = {line["producerId"], line["producerEpoch"]};
    details.timeout_ms = line["timeoutMs"];
    details.start_ms = line["startTimestamp"];
    details.last_update_ms = line["lastUpdateTimestamp"];
    EXPECT_EQ(name(details.state), line["state"].get<std::string>());
    const Bytes theirs = test::from_hex(line["valueHex"].get<std::string>());
    const auto read = read_value(theirs);
    ASSERT_TRUE(read) << line.dump();
    details.partitions = read->partitions;
    EXPECT_EQ(details, *read) << line.dump();
    EXPECT_EQ(test::to_hex(id_key(line["transactionalId"])), line["keyHex"]);
    // The order of the partitions is that of a hash table there.
    const Bytes ours = details_value(details);
    EXPECT_EQ(ours.size(), theirs.size());
    EXPECT_EQ(*read_value(ours), *read);
    if (details.partitions.size() <= 1) {
      EXPECT_EQ(test::to_hex(ours), line["valueHex"]);
    }
    const auto flexible = read_value(test::from_hex(line["flexibleValueHex"].get<std::string>()));
    ASSERT_TRUE(flexible) << line.dump();
    EXPECT_EQ(*flexible, *read);
    ++checked;
  }
  EXPECT_GT(checked, 0u);
}

TEST(Records, WhatIsNoneIsRefused) {
  EXPECT_FALSE(read_key(test::from_hex("00")));
  EXPECT_FALSE(read_key(test::from_hex("00000005")));
  const auto later = read_key(test::from_hex("00070005"));
  ASSERT_TRUE(later);
  EXPECT_EQ(*later, std::nullopt) << "of a later version";
  Bytes value = details_value(ongoing());
  EXPECT_TRUE(read_value(value));
  EXPECT_FALSE(read_value(ByteView(value).first(value.size() - 1)));
  constexpr size_t kState = 2 + 8 + 2 + 4;
  value[kState] = kStates;
  EXPECT_FALSE(read_value(value));
}

TEST(Loader, KeepsTheLastRecordOfAnId) {
  Details complete = ongoing();
  complete.state = State::complete_abort;
  complete.partitions.clear();
  Bytes log;
  int64_t offset = 0;
  const auto append = [&](Bytes batch) {
    record::MutableBatch(batch).set_base_offset(offset++);
    log.insert(log.end(), batch.begin(), batch.end());
  };
  append(state_batch("a", ongoing(), 1));
  append(state_batch("b", ongoing(), 1));
  append(state_batch("c", ongoing(), 1));
  append(state_batch("a", complete, 2));
  record::BatchBuilder odd;
  odd.append(2, ByteView(test::from_hex("0009ff")), ByteView(test::from_hex("00")));
  odd.append(2, ByteView(id_key("d")), ByteView(test::from_hex("00")));
  odd.append(2, ByteView(id_key("b")), std::nullopt);
  append(odd.build());
  Loader loader;
  EXPECT_TRUE(loader.add(log));
  EXPECT_EQ(loader.next_offset(), offset + 2);
  EXPECT_EQ(loader.take(), (LoadedTransactions{{"a", complete}, {"c", ongoing()}}));
}

TEST(Settings, MarkersHaveTheVersionOfTheInterBrokerProtocol) {
  for (const char* old : {"0.11.0-IV2", "1.0-IV0", "2.7-IV2"}) EXPECT_EQ(markers_version(old), 0) << old;
  for (const char* recent : {"2.8-IV0", "2.8", "3.0-IV1", "3.9-IV0"}) EXPECT_EQ(markers_version(recent), 1) << recent;
}

}  // namespace
}  // namespace meerkat::txn
