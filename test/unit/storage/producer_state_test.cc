#include "storage/producer_state.h"

#include "storage/producer_snapshot.h"
#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using wire::ErrorCode;

class Producers : public LogTest {};

TestBatch from(int64_t id, int16_t epoch, int32_t sequence, int count = 1, bool transactional = false) {
  return {.values = std::vector<std::string>(static_cast<size_t>(count), "p"),
          .producer_id = id,
          .producer_epoch = epoch,
          .sequence = sequence,
          .transactional = transactional};
}

TEST_F(Producers, ChecksSequencesAndEpochs) {
  struct Step {
    TestBatch batch;
    ErrorCode code;
    int64_t first_offset;  // where there is no error
    bool duplicate = false;
  } steps[] = {
      {from(1, 0, 0, 3), ErrorCode::none, 0},
      {from(1, 0, 3, 2), ErrorCode::none, 3},
      {from(1, 0, 3, 2), ErrorCode::none, 3, true},
      {from(1, 0, 0, 3), ErrorCode::none, 0, true},
      {from(1, 0, 6), ErrorCode::out_of_order_sequence_number, -1},
      {from(1, 0, 4), ErrorCode::out_of_order_sequence_number, -1},
      {from(1, 0, 3, 1), ErrorCode::out_of_order_sequence_number, -1},
      {from(1, 0, 5), ErrorCode::none, 5},
      {from(1, 1, 6), ErrorCode::out_of_order_sequence_number, -1},
      {from(1, 1, 0), ErrorCode::none, 6},
      {from(1, 0, 6), ErrorCode::invalid_producer_epoch, -1},
      {from(1, 1, 1), ErrorCode::none, 7},
      {from(2, 5, 1000), ErrorCode::none, 8},  // never heard of: may begin anywhere
      {from(2, 5, 1001), ErrorCode::none, 9},
      {from(3, 0, 2147483647), ErrorCode::none, 10},
      {from(3, 0, 0), ErrorCode::none, 11},  // the sequence wraps
      {from(3, 0, 1), ErrorCode::none, 12},
      {from(4, 0, 2147483646, 4), ErrorCode::none, 13},
      {from(4, 0, 2147483646, 4), ErrorCode::none, 13, true},
      {from(4, 0, 2), ErrorCode::none, 17},
  };
  auto& l = log();
  for (auto& step : steps) {
    SCOPED_TRACE("producer " + std::to_string(step.batch.producer_id) + " epoch " +
                 std::to_string(step.batch.producer_epoch) + " sequence " + std::to_string(step.batch.sequence));
    auto info = append(l, step.batch);
    if (step.code != ErrorCode::none) {
      ASSERT_FALSE(info.ok());
      EXPECT_EQ(info.error().code, step.code);
      continue;
    }
    ASSERT_TRUE(info.ok()) << info.error().message;
    EXPECT_EQ(info->first_offset, step.first_offset);
    EXPECT_EQ(info->last_offset, step.first_offset + static_cast<int64_t>(step.batch.values.size()) - 1);
    EXPECT_EQ(info->duplicate, step.duplicate);
  }
  EXPECT_EQ(l.log_end_offset(), 18) << "duplicates are not written";
}

TEST_F(Producers, RemembersFiveBatches) {
  auto& l = log();
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(append(l, from(1, 0, i)).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(append(l, from(1, 0, i)).error().code, ErrorCode::out_of_order_sequence_number) << i;
  }
  for (int i = 2; i < 7; ++i) {
    auto again = append(l, from(1, 0, i));
    ASSERT_TRUE(again.ok()) << i;
    EXPECT_TRUE(again->duplicate) << i;
    EXPECT_EQ(again->first_offset, i);
  }
}

TEST_F(Producers, StateSurvivesCleanStopsKillsAndRolls) {
  config_.segment_bytes = 1000;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(log(), from(1, 0, round * 20 + i)).ok());
    round == 0 ? reopen_cleanly() : reopen_after_kill();
    auto again = append(log(), from(1, 0, round * 20 + 19));
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(append(log(), from(1, 0, round * 20 + 21)).error().code, ErrorCode::out_of_order_sequence_number);
  }
}

TEST_F(Producers, DamagedOrMissingSnapshotsAreMadeUpForByTheLog) {
  for (int damage = 0; damage < 3; ++damage) {
    config_.segment_bytes = 1000;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(log(), from(1, 0, damage * 10 + i)).ok());
    log_.reset();
    manager_->shutdown();
    manager_.reset();
    for (auto& path : fs_.all_files()) {
      if (!path.ends_with(".snapshot")) continue;
      if (damage == 0) fs_.set_content(path, Bytes(fs_.content(path).size(), 7));
      if (damage == 1) {
        ASSERT_TRUE(fs_.remove(path).ok());
      }
      if (damage == 2) fs_.set_content(path, {});
    }
    scheduler_.drop_all();
    open();
    auto again = append(log(), from(1, 0, damage * 10 + 9));
    ASSERT_TRUE(again.ok()) << damage;
    EXPECT_TRUE(again->duplicate) << damage;
  }
}

TEST_F(Producers, ExpireWhenSilent) {
  auto batch = from(1, 0, 5);
  batch.timestamp = clock_.wall_ms();
  ASSERT_TRUE(append(log(), batch).ok());
  clock_.advance_ms(86'399'000);
  log().remove_expired_producers();
  EXPECT_EQ(log().active_producers().size(), 1u);
  clock_.advance_ms(2'000);
  log().remove_expired_producers();
  EXPECT_TRUE(log().active_producers().empty());
}

TEST_F(Producers, TransactionsHoldTheLastStableOffsetBack) {
  auto& l = log();
  ASSERT_TRUE(append(l).ok());                          // 0
  ASSERT_TRUE(append(l, from(1, 0, 0, 2, true)).ok());  // 1, 2
  ASSERT_TRUE(append(l, from(2, 0, 0, 1, true)).ok());  // 3
  l.advance_high_watermark(4);
  EXPECT_EQ(l.last_stable_offset(), 1);
  EXPECT_EQ(append(l, from(1, 0, 2, 1, false)).error().code, ErrorCode::invalid_txn_state);
  ASSERT_TRUE(append_marker(l, record::ControlType::abort, 1, 0).ok());  // 4
  EXPECT_EQ(l.last_stable_offset(), 1) << "the marker is not replicated yet";
  l.advance_high_watermark(5);
  EXPECT_EQ(l.last_stable_offset(), 3);
  ASSERT_TRUE(append_marker(l, record::ControlType::commit, 2, 0).ok());  // 5
  l.advance_high_watermark(6);
  EXPECT_EQ(l.last_stable_offset(), 6);

  auto read = l.read(0, 10000, ReadBound::last_stable, true);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->aborted, (std::vector<AbortedTransaction>{{1, 1}}));
  EXPECT_TRUE(l.read(5, 10000, ReadBound::last_stable, true)->aborted.empty());
  EXPECT_TRUE(l.read(0, 10000, ReadBound::high_watermark, true)->aborted.empty());

  // Live bytes of a Java broker have this form: version, producer, first, marker, last stable offset.
  Bytes expected(34);
  store_be<int64_t>(expected.data() + 2, 1);
  store_be<int64_t>(expected.data() + 10, 1);
  store_be<int64_t>(expected.data() + 18, 4);
  store_be<int64_t>(expected.data() + 26, 3);
  EXPECT_EQ(fs_.content(file(0, ".txnindex")), expected);

  for (bool clean : {true, false}) {
    clean ? reopen_cleanly() : reopen_after_kill();
    log().set_high_watermark(6);
    EXPECT_EQ(log().last_stable_offset(), 6);
    EXPECT_EQ(log().read(0, 10000, ReadBound::last_stable, true)->aborted, (std::vector<AbortedTransaction>{{1, 1}}));
    EXPECT_EQ(fs_.content(file(0, ".txnindex")), expected);
  }
}

TEST_F(Producers, OpenTransactionsSurviveARestart) {
  for (bool clean : {true, false}) {
    auto& l = log();
    int64_t start = l.log_end_offset();
    ASSERT_TRUE(append(l).ok());
    ASSERT_TRUE(append(l, from(clean ? 1 : 2, 0, 0, 1, true)).ok());
    ASSERT_TRUE(append(l).ok());
    l.advance_high_watermark(start + 3);
    clean ? reopen_cleanly() : reopen_after_kill();
    log().set_high_watermark(start + 3);
    EXPECT_EQ(log().last_stable_offset(), start + 1);
    ASSERT_TRUE(append_marker(log(), record::ControlType::commit, clean ? 1 : 2, 0).ok());
    log().advance_high_watermark(start + 4);
    EXPECT_EQ(log().last_stable_offset(), start + 4);
  }
}

TEST_F(Producers, MarkersFromReplacedCoordinatorsAreFenced) {
  auto& l = log();
  ASSERT_TRUE(append(l, from(1, 0, 0, 1, true)).ok());
  ASSERT_TRUE(append_marker(l, record::ControlType::commit, 1, 0, 5).ok());
  EXPECT_EQ(append_marker(l, record::ControlType::commit, 1, 0, 4).error().code,
            ErrorCode::transaction_coordinator_fenced);
  EXPECT_TRUE(append_marker(l, record::ControlType::abort, 1, 1, 6).ok());
  EXPECT_EQ(append(l, from(1, 0, 1, 1, true)).error().code, ErrorCode::invalid_producer_epoch)
      << "the marker's epoch fences the producer";
}

TEST(ProducerSnapshot, HasKafkasBytes) {
  ProducerEntry entry;
  entry.producer_id = 0x0102030405060708;
  entry.producer_epoch = 3;
  entry.coordinator_epoch = 7;
  entry.last_timestamp = 1'700'000'000'000;
  entry.current_txn_first_offset = 40;
  entry.add({9, 50, 2, 1'700'000'000'000});
  auto bytes = encode_producer_snapshot({&entry});
  ASSERT_EQ(bytes.size(), 10u + 46u);
  const uint8_t expected[] = {0, 0, 0,    1,                            // count
                              1, 2, 3,    4,    5,    6,    7,    8,    // producer id
                              0, 3,                                     // epoch
                              0, 0, 0,    9,                            // last sequence
                              0, 0, 0,    0,    0,    0,    0,    50,   // last offset
                              0, 0, 0,    2,                            // offset delta
                              0, 0, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0,    // timestamp
                              0, 0, 0,    7,                            // coordinator epoch
                              0, 0, 0,    0,    0,    0,    0,    40};  // first offset of the transaction
  EXPECT_EQ(load_be<int16_t>(bytes.data()), 1);
  EXPECT_EQ(Bytes(bytes.begin() + 6, bytes.end()), Bytes(std::begin(expected), std::end(expected)));
  auto back = decode_producer_snapshot(bytes);
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->size(), 1u);
  EXPECT_EQ((*back)[0].current_txn_first_offset, 40);
  EXPECT_EQ(*(*back)[0].last_batch(), *entry.last_batch());
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_FALSE(decode_producer_snapshot(damaged).ok()) << i;
    EXPECT_FALSE(decode_producer_snapshot(ByteView(bytes).subspan(0, i)).ok()) << i;
  }
}

}  // namespace
}  // namespace meerkat::storage
