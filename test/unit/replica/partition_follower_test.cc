// The follower's side of a partition.
#include "replica/partition.h"
#include "replica_fixture.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;

class FollowerTest : public ReplicaTest {};

TEST_F(FollowerTest, AFollowerTakesWhatTheLeaderSent) {
  ASSERT_EQ(assign("t", {.leader = 2, .epoch = 3, .isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  Effects effects;
  const auto first = batch_of(4, 10, {.base_offset = 0, .leader_epoch = 2});
  ASSERT_TRUE(p->append_from_leader(first, 0, 3, 3, 0, effects).ok());
  EXPECT_EQ(effects.progress, progress::kLogEnd | progress::kHighWatermark);
  EXPECT_EQ(p->log()->log_end_offset(), 4);
  EXPECT_EQ(p->log()->high_watermark(), 3);
  EXPECT_EQ(p->fetch_start()->last_fetched_epoch, 2);
  EXPECT_EQ(p->fetch_start()->offset, 4);
  EXPECT_EQ(p->fetch_start()->leader, 2);

  EXPECT_EQ(p->append_from_leader(first, 0, 3, 3, 0, effects).error().code, ErrorCode::unknown_server_error)
      << "not the log end";
  EXPECT_EQ(p->append_from_leader({}, 4, 2, 3, 0, effects).error().code, ErrorCode::fenced_leader_epoch);
  ASSERT_TRUE(p->append_from_leader({}, 4, 3, 100, 0, effects).ok());
  EXPECT_EQ(p->log()->high_watermark(), 4) << "never beyond our own end";
  ASSERT_TRUE(p->append_from_leader({}, 4, 3, 4, 2, effects).ok());
  EXPECT_EQ(p->log()->log_start_offset(), 2);
}

TEST_F(FollowerTest, AFollowerTruncatesToTheCommonEpoch) {
  struct {
    const char* what;
    storage::EpochEndOffset leader_end;
    int64_t end;
    int32_t last_epoch;
  } const cases[] = {
      {"the leader's epoch ended earlier", {2, 6}, 6, 2},
      {"ours ended earlier", {1, 6}, 4, 1},
      {"an epoch unknown here: the end of the one before it", {3, 9}, 8, 2},
      {"all that we have is from later epochs", {0, 1}, 0, -1},
  };
  int32_t index = 0;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    ASSERT_EQ(assign("t", {.leader = 2, .epoch = 9, .isr = {1, 2}, .replicas = {1, 2}, .partition = index}),
              ErrorCode::none);
    auto p = partition("t", index++);
    Effects effects;  // epoch 1: 0..3, epoch 2: 4..7, epoch 5: 8..11
    int64_t at = 0;
    for (int32_t epoch : {1, 2, 5}) {
      for (int i = 0; i < 4; ++i, ++at) {
        const auto one = batch_of(1, 10, {.base_offset = at, .leader_epoch = epoch});
        ASSERT_TRUE(p->append_from_leader(one, at, 9, 0, 0, effects).ok());
      }
    }
    auto start = p->truncate_to_epoch(c.leader_end, 9);
    ASSERT_TRUE(start.ok());
    EXPECT_EQ(start->offset, c.end);
    EXPECT_EQ(p->log()->log_end_offset(), c.end);
    EXPECT_EQ(start->last_fetched_epoch, c.last_epoch);
  }
}

TEST_F(FollowerTest, AnEmptyFollowerTakesABatchThatBeginsBeforeItsStart) {
  ASSERT_EQ(assign("t", {.leader = 2, .epoch = 1, .isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(p->restart_at(5, 1).ok());
  EXPECT_EQ(p->fetch_start()->offset, 5);
  const auto batch = batch_of(10, 10, {.base_offset = 0, .leader_epoch = 1});
  Effects effects;
  ASSERT_TRUE(p->append_from_leader(batch, 5, 1, 10, 5, effects).ok());
  EXPECT_EQ(p->log()->log_end_offset(), 10);
  EXPECT_EQ(p->log()->log_start_offset(), 5);
}

}  // namespace
}  // namespace meerkat::replica
