// Batches that a leader appends together fare as if they had come one by one.
#include <random>
#include <sstream>

#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using wire::ErrorCode;
using Lines = std::vector<std::string>;

/// Appends all of them in one call.
std::vector<wire::Outcome<AppendInfo>> append_together(Log& log, std::vector<Bytes> batches, int32_t leader_epoch = 0) {
  record::AppendRules rules;
  rules.max_batch_bytes = 100 << 20;
  std::vector<record::AppendPlan> plans;
  for (Bytes& batch : batches) {
    auto plan = record::validate(batch, rules);
    if (!plan) std::abort();  // what these tests build is valid
    plans.push_back(std::move(*plan));
  }
  std::vector<GatheredAppend> appends;
  for (auto& plan : plans) appends.push_back({.plan = &plan});
  log.append_as_leader(appends, leader_epoch);
  std::vector<wire::Outcome<AppendInfo>> outcomes;
  for (auto& append : appends) outcomes.push_back(append.outcome);
  return outcomes;
}

/// "first-last", with "=" in front for a duplicate, or the name of the error.
std::string told(const wire::Outcome<AppendInfo>& outcome) {
  if (!outcome) return std::string(wire::name(outcome.error().code));
  return (outcome->duplicate ? "=" : "") + std::to_string(outcome->first_offset) + "-" +
         std::to_string(outcome->last_offset);
}

Lines told(const std::vector<wire::Outcome<AppendInfo>>& outcomes) {
  Lines lines;
  for (auto& outcome : outcomes) lines.push_back(told(outcome));
  return lines;
}

class LogGather : public LogTest {};

TEST_F(LogGather, WritesNeighboursAtOnce) {
  auto& l = log();
  ASSERT_TRUE(append(l, {.values = {"a"}}, 3).ok());
  const int64_t before = fs_.writes();
  auto outcomes =
      append_together(l, {build({.values = {"b", "c"}}), build({.values = {"d"}}), build({.values = {"e"}})}, 3);
  EXPECT_EQ(fs_.writes() - before, 1);
  EXPECT_EQ(told(outcomes), (Lines{"1-2", "3-3", "4-4"}));
  EXPECT_EQ(outcomes[0]->log_end_offset, 3);
  EXPECT_EQ(outcomes[2]->log_end_offset, 5);
  EXPECT_EQ(l.log_end_offset(), 5);
  EXPECT_EQ(read_all(l, 0), (Lines{"0=a", "1=b", "2=c", "3=d", "4=e"}));
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 3), (Lines{"3=d", "4=e"}));
}

TEST_F(LogGather, AsksProducersAsIfTheyCameOneByOne) {
  struct Case {
    const char* name;
    std::vector<TestBatch> batches;
    Lines expected;
  };
  const TestBatch first{.values = {"a", "b"}, .producer_id = 7, .producer_epoch = 1, .sequence = 0};
  const TestBatch second{.values = {"c"}, .producer_id = 7, .producer_epoch = 1, .sequence = 2};
  const TestBatch gap{.values = {"x"}, .producer_id = 7, .producer_epoch = 1, .sequence = 9};
  const TestBatch fenced{.values = {"x"}, .producer_id = 7, .producer_epoch = 0, .sequence = 3};
  const TestBatch newer{.values = {"d"}, .producer_id = 7, .producer_epoch = 2, .sequence = 0};
  const TestBatch other{.values = {"o"}, .producer_id = 8, .producer_epoch = 0, .sequence = 0};
  const TestBatch plain{.values = {"p"}};
  const Case cases[] = {
      {"in sequence", {first, second, plain, other}, {"0-1", "2-2", "3-3", "4-4"}},
      {"repeated within", {first, first, second, second}, {"0-1", "=0-1", "2-2", "=2-2"}},
      {"a gap", {first, gap, second}, {"0-1", "OUT_OF_ORDER_SEQUENCE_NUMBER", "2-2"}},
      {"an old epoch", {first, other, fenced, second}, {"0-1", "2-2", "INVALID_PRODUCER_EPOCH", "3-3"}},
      {"a new epoch", {first, second, newer, second}, {"0-1", "2-2", "3-3", "INVALID_PRODUCER_EPOCH"}},
  };
  for (const Case& c : cases) {
    auto& l = log(std::string("t-") + std::to_string(&c - cases));
    std::vector<Bytes> batches;
    for (auto& batch : c.batches) batches.push_back(build(batch));
    EXPECT_EQ(told(append_together(l, std::move(batches))), c.expected) << c.name;
  }
}

TEST_F(LogGather, OnAFullDiskEachHearsItsOwnFate) {
  auto& l = log();
  ASSERT_TRUE(append(l).ok());
  const auto batch = [](int i) { return build({.values = {std::string(500, static_cast<char>('a' + i))}}); };
  const auto size = static_cast<int64_t>(batch(0).size());
  int64_t used = 0;
  for (const auto& file : fs_.all_files()) used += *fs_.file_size(file);
  fs_.set_capacity(used + 2 * size + size / 2);
  const auto outcomes = append_together(l, {batch(0), batch(1), batch(2), batch(3)});
  EXPECT_EQ(told(outcomes), (Lines{"1-1", "2-2", "KAFKA_STORAGE_ERROR", "KAFKA_STORAGE_ERROR"}));
  EXPECT_EQ(l.log_end_offset(), 3);
  fs_.set_capacity(1 << 20);
  EXPECT_EQ(told(append_together(l, {batch(2), batch(3)})), (Lines{"3-3", "4-4"}));
  EXPECT_EQ(read_all(l, 0).size(), 5u);
  EXPECT_TRUE(failed_dirs_.empty());
}

TEST_F(LogGather, AFailedDiskRefusesAllForGood) {
  auto& l = log();
  ASSERT_TRUE(append(l, {.values = {"kept"}}).ok());
  fs_.fail_at(1, EIO);
  EXPECT_EQ(told(append_together(l, {build({.values = {"x"}}), build({.values = {"y"}})})),
            (Lines{"KAFKA_STORAGE_ERROR", "KAFKA_STORAGE_ERROR"}));
  EXPECT_EQ(failed_dirs_.size(), 1u);
  EXPECT_FALSE(append(l).ok());
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 0), (Lines{"0=kept"}));
}

// Segments that fill up, indexes that do, producers that repeat themselves: whatever comes together ends as it would
// one by one, down to the bytes.
TEST_F(LogGather, EndsAsOneByOne) {
  config_.segment_bytes = 3000;
  config_.segment_index_bytes = 64;
  config_.index_interval_bytes = 200;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    const std::string name = std::to_string(seed);
    auto& alone = log("alone-" + name);
    auto& together = log("together-" + name);
    std::vector<int32_t> next(3, 0);
    for (int round = 0; round < 20; ++round) {
      std::vector<Bytes> batches;
      for (uint64_t n = 1 + random() % 9; n-- > 0;) {
        TestBatch batch{.values = std::vector<std::string>(1 + random() % 3, std::string(random() % 400, 'v'))};
        batch.timestamp += static_cast<int64_t>(random() % 1000);
        if (const uint64_t producer = random() % 4; producer < next.size()) {
          batch.producer_id = static_cast<int64_t>(producer);
          batch.producer_epoch = 0;
          batch.sequence = next[producer];
          const uint64_t mood = random() % 8;
          if (mood == 0) batch.sequence += 5;                                         // a gap
          if (mood > 1) next[producer] += static_cast<int32_t>(batch.values.size());  // else it comes again
          if (mood == 0) next[producer] = batch.sequence - 5;
        }
        batches.push_back(build(batch));
      }
      Lines expected;
      for (const Bytes& batch : batches) expected.push_back(told(append_bytes(alone, batch)));
      ASSERT_EQ(told(append_together(together, batches)), expected) << "seed " << seed << ", round " << round;
    }
    ASSERT_EQ(together.log_end_offset(), alone.log_end_offset());
    EXPECT_EQ(together.segment_count(), alone.segment_count()) << seed;
    EXPECT_EQ(together.size(), alone.size());
    EXPECT_EQ(read_all(together, 0), read_all(alone, 0));
    for (int64_t offset = 0; offset < alone.log_end_offset(); offset += 7) {
      EXPECT_EQ(*together.read_bytes(offset, 300, ReadBound::log_end),
                *alone.read_bytes(offset, 300, ReadBound::log_end));
    }
  }
}

}  // namespace
}  // namespace meerkat::storage
