// The cleaner over whole logs: what is left, what survives restarts, and who keeps it away from a log.
#include "test/unit/storage/cleaner_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;
using record::Codec;

TEST_F(CleanerTest, TheLastValueOfEachKeyStays) {
  auto& l = log();
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(
        put(l, {{"k" + std::to_string(i % 7), "v" + std::to_string(i)}, {"few" + std::to_string(i % 20), "x"}}).ok());
  }
  int64_t end = l.log_end_offset(), size = l.size();
  roll_and_clean(l);
  EXPECT_LT(l.size(), size);
  EXPECT_EQ(l.log_end_offset(), end);
  EXPECT_EQ(l.log_start_offset(), 0);
  std::map<std::string, std::string> last;
  auto seen = read_committed(l);
  for (auto& r : seen) last[r.key] = *r.value;
  EXPECT_EQ(seen.size(), 27u) << "one of each key";
  for (int i = 53; i < 60; ++i) EXPECT_EQ(last["k" + std::to_string(i % 7)], "v" + std::to_string(i));
  EXPECT_EQ(as_text(fs_.content("/logs/cleaner-offset-checkpoint")), "0\n1\nt 0 " + std::to_string(end) + "\n");
  EXPECT_FALSE(cleaner().clean_dirtiest()) << "nothing is dirty";

  auto lines = committed(l);
  reopen_cleanly();
  EXPECT_EQ(committed(log()), lines);
  EXPECT_FALSE(cleaner().clean_dirtiest()) << "the checkpoint was read";
  scheduler_.advance(1000);
  reopen_after_power_loss(1);
  log().advance_high_watermark(end);
  EXPECT_EQ(committed(log()), lines);
  EXPECT_FALSE(any_file(".deleted") || any_file(".swap") || any_file(".cleaned"));
}

TEST_F(CleanerTest, TombstonesHideOldValuesAndGoAfterTheirTime) {
  auto& l = log();
  ASSERT_TRUE(put(l, {{"a", "1"}, {"b", "2"}}).ok());
  ASSERT_TRUE(put(l, {{"a", {}}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(committed(l), (Lines{"b=2", "a=null"}));
  clock_.advance_ms(999);
  ASSERT_TRUE(put(l, {{"c", "3"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(committed(l), (Lines{"b=2", "a=null", "c=3"})) << "delete.retention.ms has not passed";
  clock_.advance_ms(1);
  ASSERT_TRUE(put(l, {{"d", "4"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(committed(l), (Lines{"b=2", "c=3", "d=4"}));
}

TEST_F(CleanerTest, AbortedTransactionsVanishAndMarkersFollow) {
  auto& l = log();
  TestBatch txn{.producer_id = 7, .producer_epoch = 0, .sequence = 0, .transactional = true};
  ASSERT_TRUE(put(l, {{"a", "old"}}).ok());
  ASSERT_TRUE(put(l, {{"a", "aborted"}, {"b", "aborted"}}, txn).ok());
  ASSERT_TRUE(end_txn(l, false, 7).ok());
  txn.sequence = 2;
  ASSERT_TRUE(put(l, {{"c", "committed"}}, txn).ok());
  ASSERT_TRUE(end_txn(l, true, 7).ok());
  roll_and_clean(l);
  EXPECT_EQ(committed(l), (Lines{"a=old", "c=committed"})) << "an aborted record does not hide an older one";
  EXPECT_EQ(read_all(l, 0), (Lines{"0=old", "3=marker", "4=committed", "5=marker"}));

  ASSERT_TRUE(put(l, {{"a", "new"}, {"c", "new"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(read_all(l, 0), (Lines{"3=marker", "5=marker", "6=new", "7=new"})) << "their horizons begin only now";
  clock_.advance_ms(1000);
  ASSERT_TRUE(put(l, {{"d", "x"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(read_all(l, 0), (Lines{"5=marker", "6=new", "7=new", "8=x"}))
      << "the producer's last batch is still there, without records";
  clock_.advance_ms(100'000'000);
  l.remove_expired_producers();
  ASSERT_TRUE(put(l, {{"e", "x"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(read_all(l, 0), (Lines{"5=marker", "6=new", "7=new", "8=x", "9=x"})) << "that batch has gone first";
  ASSERT_TRUE(put(l, {{"f", "x"}}).ok());
  roll_and_clean(l);
  clock_.advance_ms(1000);
  ASSERT_TRUE(put(l, {{"g", "x"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(read_all(l, 0), (Lines{"6=new", "7=new", "8=x", "9=x", "10=x", "11=x"}));
}

TEST_F(CleanerTest, AnOpenTransactionHoldsTheCleanerBack) {
  auto& l = log();
  ASSERT_TRUE(put(l, {{"a", "1"}}).ok());
  ASSERT_TRUE(put(l, {{"a", "2"}}).ok());
  ASSERT_TRUE(l.roll().ok());
  ASSERT_TRUE(
      put(l, {{"b", "open"}}, {.producer_id = 7, .producer_epoch = 0, .sequence = 0, .transactional = true}).ok());
  ASSERT_TRUE(put(l, {{"a", "3"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(read_all(l, 0), (Lines{"1=2", "2=open", "3=3"}));
}

TEST_F(CleanerTest, ProducersAreStillKnownAfterARestart) {
  auto& l = log();
  TestBatch mine{.producer_id = 9, .producer_epoch = 3, .sequence = 0};
  for (int i = 0; i < 5; ++i) {
    mine.sequence = i;
    ASSERT_TRUE(put(l, {{"a", "v" + std::to_string(i)}}, mine).ok());
  }
  ASSERT_TRUE(put(l, {{"a", "last"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(read_all(l, 0), (Lines{"5=last"}));
  for (auto& path : fs_.all_files()) {
    if (!path.ends_with(".snapshot")) continue;
    ASSERT_TRUE(fs_.remove(path).ok());
  }
  reopen_after_kill();
  auto& again = log();
  auto producers = again.active_producers();
  ASSERT_EQ(producers.size(), 1u);
  EXPECT_EQ(producers[0].last_sequence, 4) << "its last batch is there, without records";
  mine.sequence = 4;
  auto repeated = put(again, {{"a", "v4"}}, mine);
  ASSERT_TRUE(repeated.ok()) << repeated.error().message;
  EXPECT_TRUE(repeated->duplicate);
}

TEST_F(CleanerTest, CodecsStayAndIndexesFindTheirWay) {
  auto& l = log();
  for (int round = 0; round < 12; ++round) {
    for (auto codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
      auto k = std::to_string(static_cast<int>(codec));
      ASSERT_TRUE(put(l, {{"same" + k, std::string(50, 'v')}, {k + "-" + std::to_string(round), std::string(50, 'w')}},
                      {.codec = codec})
                      .ok());
      clock_.advance_ms(10);
    }
  }
  roll_and_clean(l);
  auto seen = read_committed(l);
  ASSERT_EQ(seen.size(), 65u);
  for (auto& r : seen) {
    auto at = l.read(r.offset, 1, ReadBound::log_end, true);
    ASSERT_TRUE(at.ok() && at->records.length > 0) << r.offset;
    auto bytes = l.read_bytes(r.offset, 1, ReadBound::log_end);
    record::AnyBatch batch;
    ASSERT_EQ(record::peek(*bytes, batch), record::Peek::ok);
    EXPECT_LE(batch.base_offset, r.offset);
    EXPECT_GE(batch.last_offset, r.offset);
    EXPECT_EQ(static_cast<int>(batch.codec), r.key[0] == 's' ? r.key[4] - '0' : r.key[0] - '0');
  }
}

TEST_F(CleanerTest, AMapThatIsTooSmallTakesSeveralRounds) {
  auto& l = log();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(put(l, {{"k" + std::to_string(i % 100), std::to_string(i)}}).ok());
  cleaner().set_config({.dedupe_buffer_size = 40 * OffsetMap::kSlotSize});
  ASSERT_TRUE(l.roll().ok());
  int rounds = 0;
  while (rounds < 30 && cleaner().clean_dirtiest()) ++rounds;
  EXPECT_GT(rounds, 3);
  EXPECT_LT(rounds, 30);
  auto seen = read_committed(l);
  std::map<std::string, std::string> last;
  for (auto& r : seen) last[r.key] = *r.value;
  EXPECT_EQ(last.size(), 100u);
  for (int i = 100; i < 200; ++i) EXPECT_EQ(last["k" + std::to_string(i % 100)], std::to_string(i));
}

TEST_F(CleanerTest, OneBatchBeyondTheMapIsSaidToBeUncleanable) {
  auto& l = log();
  std::vector<KeyValue> many;
  for (int i = 0; i < 30; ++i) many.push_back({"k" + std::to_string(i), "v"});
  ASSERT_TRUE(put(l, many).ok());
  ASSERT_TRUE(l.roll().ok());
  cleaner().set_config({.dedupe_buffer_size = 10 * OffsetMap::kSlotSize});
  EXPECT_TRUE(cleaner().clean_dirtiest());
  EXPECT_TRUE(cleaner().uncleanable({"t", 0}));
  EXPECT_FALSE(cleaner().clean_dirtiest());
}

TEST_F(CleanerTest, ADamagedLogIsLeftAloneAndOthersAreCleaned) {
  auto& good = log("good");
  auto keep = log_;
  auto& bad = log("bad");
  for (auto* l : {&good, &bad}) {
    ASSERT_TRUE(put(*l, {{"a", "1"}}).ok());
    ASSERT_TRUE(put(*l, {{"a", "2"}}).ok());
    ASSERT_TRUE(l->roll().ok());
  }
  auto path = file(0, ".log", "bad-0");
  auto bytes = fs_.content(path);
  bytes[bytes.size() / 2 - 2] ^= 1;
  fs_.set_content(path, bytes);
  clean();
  EXPECT_EQ(read_all(good, 0), (Lines{"1=2"}));
  EXPECT_TRUE(cleaner().uncleanable({"bad", 0}));
  auto stats = cleaner().stats();
  EXPECT_EQ(stats.dirs["/logs"].uncleanable_partitions, 1);
  EXPECT_EQ(stats.dirs["/logs"].uncleanable_bytes, bad.size());
  EXPECT_EQ(stats.cleanings, 1);
  EXPECT_TRUE(manager_->dirs()[0].online);
  EXPECT_FALSE(any_file(".cleaned")) << "what was begun is gone";
  ASSERT_TRUE(manager_->remove({"bad", 0}).ok());
  EXPECT_FALSE(cleaner().uncleanable({"bad", 0}));
}

TEST_F(CleanerTest, CompactAndDeleteDoesBoth) {
  config_.cleanup_delete = true;
  config_.retention_ms = 5000;
  auto& l = log();
  ASSERT_TRUE(put(l, {{"a", "1"}, {"b", "1"}}).ok());
  ASSERT_TRUE(put(l, {{"a", "2"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(committed(l), (Lines{"b=1", "a=2"}));
  clock_.advance_ms(5001);
  ASSERT_TRUE(put(l, {{"c", "3"}}).ok());
  cleaner().delete_old_segments();
  EXPECT_EQ(committed(l), (Lines{"c=3"}));
  EXPECT_EQ(l.log_start_offset(), 3);
}

TEST_F(CleanerTest, DeletedRecordsOfACompactedLogGoToo) {
  auto& l = log();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(put(l, {{"k" + std::to_string(i), std::string(100, 'v')}}).ok());
  ASSERT_TRUE(l.delete_records(20).ok());
  cleaner().delete_old_segments();
  EXPECT_GT(l.first_segment_offset(), 0);
  roll_and_clean(l);
  EXPECT_EQ(read_committed(l).size(), 10u);
}

TEST_F(CleanerTest, ATruncationLowersTheCheckpoint) {
  auto& l = log();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(put(l, {{"k", std::string(100, 'v')}}).ok());
  roll_and_clean(l);
  ASSERT_TRUE(l.truncate_to(20).ok());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(put(l, {{"k", "after" + std::to_string(i)}}).ok());
  ASSERT_TRUE(l.roll().ok());
  EXPECT_TRUE(cleaner().clean_dirtiest());
  EXPECT_EQ(committed(l), (Lines{"k=after4"}));
}

TEST_F(CleanerTest, APausedLogWaitsForItsTurn) {
  auto& l = log();
  ASSERT_TRUE(put(l, {{"a", "1"}}).ok());
  ASSERT_TRUE(put(l, {{"a", "2"}}).ok());
  ASSERT_TRUE(l.roll().ok());
  cleaner().pause({"t", 0});
  cleaner().pause({"t", 0});
  cleaner().resume({"t", 0});
  EXPECT_FALSE(cleaner().clean_dirtiest());
  cleaner().resume({"t", 0});
  EXPECT_TRUE(cleaner().clean_dirtiest());
  EXPECT_EQ(committed(l), (Lines{"a=2"}));
}

TEST_F(CleanerTest, ADeletedTopicsCheckpointGoes) {
  auto& l = log();
  ASSERT_TRUE(put(l, {{"a", "1"}}).ok());
  roll_and_clean(l);
  EXPECT_EQ(as_text(fs_.content("/logs/cleaner-offset-checkpoint")), "0\n1\nt 0 1\n");
  log_.reset();
  ASSERT_TRUE(manager_->remove({"t", 0}).ok());
  EXPECT_EQ(as_text(fs_.content("/logs/cleaner-offset-checkpoint")), "0\n0\n");
}

TEST_F(CleanerTest, AFullDiskPassesAndCostsNothing) {
  auto& l = log();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(l, {{"k" + std::to_string(i), std::string(100, 'v')}}).ok());
  ASSERT_TRUE(l.roll().ok());
  auto before = committed(l);
  fs_.set_capacity(1);
  EXPECT_FALSE(cleaner().clean_dirtiest()) << "try again after the backoff";
  EXPECT_TRUE(manager_->dirs()[0].online);
  EXPECT_EQ(committed(l), before);
  EXPECT_FALSE(any_file(".cleaned") || any_file(".swap"));
  fs_.set_capacity(1 << 30);
  EXPECT_TRUE(cleaner().clean_dirtiest());
  EXPECT_EQ(committed(l), before);
}

TEST_F(CleanerTest, GapsOfCompactionAreNoLossWhenTheTopicIsCompactedNoLonger) {
  auto& l = log();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(put(l, {{"k", std::string(100, 'v')}}).ok());
  ASSERT_TRUE(put(l, {{"k", "last"}}).ok());
  roll_and_clean(l);
  ASSERT_TRUE(put(l, {{"k", "more"}}).ok());
  config_.cleanup_compact = false;
  config_.cleanup_delete = true;
  config_.retention_ms = -1;
  reopen_after_kill();
  log().advance_high_watermark(42);
  EXPECT_EQ(committed(log()), (Lines{"k=last", "k=more"}));
}

}  // namespace
}  // namespace meerkat::storage
