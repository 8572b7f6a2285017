#include "replica/partition.h"

#include <map>
#include <random>

#include "replica_fixture.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;

storage::LogConfig two_in_sync() {
  storage::LogConfig c;
  c.min_insync_replicas = 2;
  return c;
}

class PartitionTest : public ReplicaTest {
 protected:
  using ReplicaTest::ReplicaTest;
  ReadRequest follower(int32_t id, int64_t offset, int32_t epoch = -1) {
    return {.offset = offset,
            .max_bytes = 1 << 20,
            .bound = storage::ReadBound::log_end,
            .current_leader_epoch = epoch,
            .replica_id = id,
            .replica_log_start = 0};
  }
  ReadRequest consumer(int64_t offset) { return {.offset = offset, .max_bytes = 1 << 20}; }
  /// One follower's fetch; settles what it brings about.
  wire::Outcome<PartitionRead> fetch(const std::shared_ptr<Partition>& p, const ReadRequest& request) {
    Effects effects;
    auto read = p->read(request, effects);
    last_effects = effects;
    settle(context, p, std::move(effects));
    return read;
  }
};

class PartitionMinIsrTest : public PartitionTest {
 protected:
  PartitionMinIsrTest() : PartitionTest(two_in_sync()) {}
};

TEST_F(PartitionTest, ASingleReplicaCommitsAtOnce) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  auto p = partition("t");
  auto info = append(*p, batch_of(3), -1);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->first_offset, 0);
  EXPECT_EQ(info->last_offset, 2);
  EXPECT_EQ(p->log()->high_watermark(), 3);
  EXPECT_EQ(last_effects.progress, progress::kLogEnd | progress::kHighWatermark);
  EXPECT_EQ(*p->ack_state(*info), AckState::done);
}

TEST_F(PartitionTest, FollowersMoveTheHighWatermark) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  auto five = append(*p, batch_of(5), -1);
  ASSERT_TRUE(five.ok());
  EXPECT_EQ(p->log()->high_watermark(), 0);
  EXPECT_EQ(*p->ack_state(*five), AckState::waiting);
  EXPECT_EQ(fetch(p, consumer(0))->records.length, 0) << "consumers see nothing above the high watermark";

  auto read = fetch(p, follower(2, 0));
  ASSERT_TRUE(read.ok());
  EXPECT_GT(read->records.length, 0);
  EXPECT_EQ(p->log()->high_watermark(), 0);
  ASSERT_TRUE(fetch(p, follower(2, 5)).ok());
  EXPECT_EQ(p->log()->high_watermark(), 5);
  EXPECT_TRUE(last_effects.progress & progress::kHighWatermark);
  EXPECT_EQ(*p->ack_state(*five), AckState::done);
  EXPECT_GT(fetch(p, consumer(0))->records.length, 0);
}

TEST_F(PartitionTest, AParkedFetchThatIsReadAgainDoesNotCountTwice) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(append(*p, batch_of(5)).ok());
  Effects effects;
  ASSERT_TRUE(p->read(follower(2, 5), effects, /*quietly=*/true).ok());
  EXPECT_EQ(p->log()->high_watermark(), 0);
}

TEST_F(PartitionTest, RefusesStrangersAndWrongEpochs) {
  ASSERT_EQ(assign("t", {.epoch = 5, .isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  struct {
    const char* what;
    ReadRequest request;
    ErrorCode code;
  } const cases[] = {
      {"older epoch", follower(2, 0, 4), ErrorCode::fenced_leader_epoch},
      {"newer epoch", follower(2, 0, 6), ErrorCode::unknown_leader_epoch},
      {"not assigned, epoch given", follower(3, 0, 5), ErrorCode::unknown_leader_epoch},
      {"not assigned", follower(3, 0), ErrorCode::not_leader_or_follower},
      {"ourselves", follower(1, 0), ErrorCode::not_leader_or_follower},
      {"beyond the end", follower(2, 1, 5), ErrorCode::offset_out_of_range},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    auto read = fetch(p, c.request);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, c.code);
  }
}

TEST_F(PartitionTest, FollowersServeConsumersThatKnowIt) {
  ASSERT_EQ(assign("t", {.leader = 2, .isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  auto request = consumer(0);
  EXPECT_EQ(fetch(p, request).error().code, ErrorCode::not_leader_or_follower);
  request.only_leader = false;
  EXPECT_TRUE(fetch(p, request).ok());
  EXPECT_EQ(append(*p, batch_of(1)).error().code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(p->ack_state({}).error().code, ErrorCode::not_leader_or_follower);
}

TEST_F(PartitionTest, DivergingReadersAreToldWhere) {
  ASSERT_EQ(assign("t", {.epoch = 0}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(append(*p, batch_of(10)).ok());  // epoch 0: 0..9
  ASSERT_EQ(assign("t", {.epoch = 3, .partition_epoch = 1}), ErrorCode::none);
  ASSERT_TRUE(append(*p, batch_of(5)).ok());  // epoch 3: 10..14
  struct {
    int64_t offset;
    int32_t last_epoch;
    std::optional<storage::EpochEndOffset> diverging;
    ErrorCode code = ErrorCode::none;
  } const cases[] = {
      {10, 0, std::nullopt},
      {12, 0, storage::EpochEndOffset{0, 10}},
      {12, 2, storage::EpochEndOffset{0, 10}},
      {8, 2, storage::EpochEndOffset{0, 10}},
      {15, 3, std::nullopt},
      {12, 9, std::nullopt, ErrorCode::offset_out_of_range},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::to_string(c.offset) + " after epoch " + std::to_string(c.last_epoch));
    auto request = consumer(c.offset);
    request.last_fetched_epoch = c.last_epoch;
    auto read = fetch(p, request);
    ASSERT_EQ(read.ok() ? ErrorCode::none : read.error().code, c.code);
    if (!read) continue;
    EXPECT_EQ(read->diverging, c.diverging);
    if (c.diverging) {
      EXPECT_EQ(read->records.length, 0);
    }
    auto readable = p->readable(request, 100);
    EXPECT_EQ(*readable > 0, c.diverging || c.offset < 15);
  }
}

TEST_F(PartitionTest, ExpandsTheIsrWhenAFollowerHasCaughtUp) {
  ASSERT_EQ(assign("t", {.isr = {1}, .replicas = {1, 2}, .partition_epoch = 7}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(append(*p, batch_of(5)).ok());
  EXPECT_EQ(p->log()->high_watermark(), 5);
  ASSERT_TRUE(fetch(p, follower(2, 0)).ok());
  EXPECT_TRUE(isr_changes.sent.empty()) << "below the high watermark";
  ASSERT_TRUE(fetch(p, follower(2, 5)).ok());
  ASSERT_EQ(isr_changes.sent.size(), 1u);
  EXPECT_EQ(isr_changes.sent[0].proposal.isr, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(isr_changes.sent[0].proposal.partition_epoch, 7);

  // Counted from the moment of sending.
  ASSERT_TRUE(append(*p, batch_of(1)).ok());
  EXPECT_EQ(p->log()->high_watermark(), 5);
  ASSERT_TRUE(fetch(p, follower(2, 5)).ok());
  EXPECT_EQ(isr_changes.sent.size(), 1u) << "one at a time";
  isr_changes.commit();
  EXPECT_EQ(p->view().isr, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(p->view().partition_epoch, 8);
  ASSERT_TRUE(fetch(p, follower(2, 6)).ok());
  EXPECT_EQ(p->log()->high_watermark(), 6);
}

TEST_F(PartitionTest, DeadBrokersDoNotJoinTheIsr) {
  ASSERT_EQ(assign("t", {.isr = {1}, .replicas = {1, 2}}), ErrorCode::none);
  brokers({1, 3});
  ASSERT_TRUE(fetch(partition("t"), follower(2, 0)).ok());
  EXPECT_TRUE(isr_changes.sent.empty());
}

TEST_F(PartitionTest, AFollowerMustReachTheLeadersEpochBeforeItJoins) {
  ASSERT_EQ(assign("t", {.leader = 2, .isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  auto batch = batch_of(4);
  Effects effects;
  ASSERT_TRUE(p->append_from_leader(batch, 0, 0, 2, 0, effects).ok());
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1}, .replicas = {1, 2}, .partition_epoch = 1}), ErrorCode::none);
  // Alone in the ISR, so all is committed by taking over.
  EXPECT_EQ(p->log()->high_watermark(), 4);
  ASSERT_TRUE(fetch(p, follower(2, 3)).ok());
  EXPECT_TRUE(isr_changes.sent.empty());
  ASSERT_TRUE(fetch(p, follower(2, 4)).ok());
  EXPECT_EQ(isr_changes.sent.size(), 1u);
}

TEST_F(PartitionTest, ShrinksTheIsrAfterTheLagTime) {
  ASSERT_EQ(assign("t", {.isr = {1, 2, 3}, .replicas = {1, 2, 3}}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(append(*p, batch_of(5)).ok());
  ASSERT_TRUE(fetch(p, follower(2, 5)).ok());
  clock.advance_ms(30'000);
  settle(context, p, p->shrink_isr());
  EXPECT_TRUE(isr_changes.sent.empty()) << "not longer than the lag time yet";
  clock.advance_ms(1);
  settle(context, p, p->shrink_isr());
  ASSERT_EQ(isr_changes.sent.size(), 1u);
  EXPECT_EQ(isr_changes.sent[0].proposal.isr, (std::vector<int32_t>{1, 2})) << "2 is idle, but has everything";
  EXPECT_EQ(p->log()->high_watermark(), 0) << "3 counts until the controller has agreed";
  isr_changes.commit();
  EXPECT_EQ(p->log()->high_watermark(), 5);
}

TEST_F(PartitionTest, AnswersOfTheControllerThatRefuse) {
  struct {
    ErrorCode code;
    bool sent_again;
    bool may_propose_anew;
  } const cases[] = {
      {ErrorCode::operation_not_attempted, false, true}, {ErrorCode::ineligible_replica, false, true},
      {ErrorCode::fenced_leader_epoch, false, false},    {ErrorCode::invalid_update_version, false, false},
      {ErrorCode::unknown_topic_id, false, false},       {ErrorCode::invalid_request, false, false},
      {ErrorCode::unknown_server_error, true, false},    {ErrorCode::request_timed_out, true, false},
  };
  int32_t index = 0;
  for (const auto& c : cases) {
    SCOPED_TRACE(wire::name(c.code));
    isr_changes.sent.clear();
    ASSERT_EQ(assign("t", {.isr = {1}, .replicas = {1, 2}, .partition = index}), ErrorCode::none);
    auto p = partition("t", index++);
    ASSERT_TRUE(fetch(p, follower(2, 0)).ok());
    ASSERT_EQ(isr_changes.sent.size(), 1u);
    isr_changes.refuse(c.code);
    EXPECT_EQ(isr_changes.sent.size(), c.sent_again ? 1u : 0u);
    isr_changes.sent.clear();
    ASSERT_TRUE(fetch(p, follower(2, 0)).ok());
    EXPECT_EQ(isr_changes.sent.size(), c.may_propose_anew ? 1u : 0u);
    EXPECT_EQ(p->view().isr, (std::vector<int32_t>{1}));
  }
}

TEST_F(PartitionTest, AProposalThatIsStuckEndsWithTheControllersView) {
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1}, .replicas = {1, 2, 3}, .partition_epoch = 5}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(fetch(p, follower(2, 0)).ok());
  isr_changes.refuse(ErrorCode::invalid_update_version);  // somebody has changed the znode
  struct {
    const char* what;
    int32_t leader_epoch, partition_epoch;
    bool taken;
  } const cases[] = {
      {"older", 1, 4, false}, {"what we know", 1, 5, false}, {"another epoch", 2, 6, false}, {"newer", 1, 7, true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    settle(context, p, p->on_controller_view(c.leader_epoch, c.partition_epoch, {1, 3}));
    EXPECT_EQ(p->view().isr, (c.taken ? std::vector<int32_t>{1, 3} : std::vector<int32_t>{1}));
    EXPECT_EQ(p->view().partition_epoch, c.taken ? 7 : 5);
  }
  ASSERT_TRUE(fetch(p, follower(2, 0)).ok());
  ASSERT_EQ(isr_changes.sent.size(), 1u) << "and it may propose again";
  EXPECT_EQ(isr_changes.sent[0].proposal.partition_epoch, 7);
  EXPECT_EQ(isr_changes.sent[0].proposal.isr, (std::vector<int32_t>{1, 3, 2}));
}

TEST_F(PartitionTest, AnAnswerForAnEarlierEpochIsIgnored) {
  ASSERT_EQ(assign("t", {.isr = {1}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(fetch(p, follower(2, 0)).ok());
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1}, .replicas = {1, 2}, .partition_epoch = 1}), ErrorCode::none);
  isr_changes.commit();
  EXPECT_EQ(p->view().isr, (std::vector<int32_t>{1}));
  EXPECT_EQ(p->view().partition_epoch, 1);
}

TEST_F(PartitionMinIsrTest, NothingIsCommittedUnderTheMinimum) {
  ASSERT_EQ(assign("t", {.isr = {1}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  EXPECT_TRUE(p->under_min_isr());
  EXPECT_EQ(append(*p, batch_of(1), -1).error().code, ErrorCode::not_enough_replicas);
  EXPECT_EQ(p->log()->log_end_offset(), 0) << "and nothing written";
  ASSERT_TRUE(append(*p, batch_of(1), 1).ok());
  EXPECT_EQ(p->log()->high_watermark(), 0);
  ASSERT_TRUE(fetch(p, follower(2, 1)).ok());
  EXPECT_EQ(p->log()->high_watermark(), 0) << "not before the controller took it in";
  isr_changes.commit();
  EXPECT_EQ(p->log()->high_watermark(), 1);
  EXPECT_FALSE(p->under_min_isr());
}

TEST_F(PartitionMinIsrTest, AcksAllTellsWhenTheIsrShrankMeanwhile) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  auto one = append(*p, batch_of(1), -1);
  ASSERT_TRUE(one.ok());
  ASSERT_TRUE(fetch(p, follower(2, 1)).ok());
  EXPECT_EQ(*p->ack_state(*one), AckState::done);
  ASSERT_TRUE(append(*p, batch_of(1)).ok());
  clock.advance_ms(30'001);
  settle(context, p, p->shrink_isr());
  isr_changes.commit();
  EXPECT_EQ(*p->ack_state(*one), AckState::not_enough_replicas);
}

TEST_F(PartitionTest, LeadershipThatCameBackDoesNotAcknowledgeWhatWasAppendedBefore) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  auto before = append(*p, batch_of(1), -1);
  ASSERT_TRUE(before.ok());
  // Another epoch of the same leadership changes nothing …
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1, 2}, .replicas = {1, 2}, .partition_epoch = 1}), ErrorCode::none);
  EXPECT_EQ(*p->ack_state(*before), AckState::waiting);
  // … but while another leads, the record may be replaced by another one of the same offset.
  ASSERT_EQ(assign("t", {.leader = 2, .epoch = 2, .isr = {1, 2}, .replicas = {1, 2}, .partition_epoch = 2}),
            ErrorCode::none);
  ASSERT_EQ(assign("t", {.epoch = 3, .isr = {1}, .replicas = {1, 2}, .partition_epoch = 3}), ErrorCode::none);
  EXPECT_EQ(p->log()->high_watermark(), 1);
  EXPECT_EQ(p->ack_state(*before).error().code, ErrorCode::not_leader_or_follower);
}

TEST_F(PartitionMinIsrTest, OneReplicaNeedsNoSecond) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  EXPECT_TRUE(append(*partition("t"), batch_of(1), -1).ok()) << "min.insync.replicas is bounded by the replicas";
}

TEST_F(PartitionTest, TheLowWatermarkIsThatOfAllLiveReplicas) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_TRUE(append(*p, batch_of(5)).ok());
  ASSERT_TRUE(fetch(p, follower(2, 5)).ok());
  Effects effects;
  EXPECT_EQ(p->delete_records(6, effects).error().code, ErrorCode::offset_out_of_range);
  EXPECT_EQ(*p->delete_records(-1, effects), 5);
  EXPECT_EQ(p->log()->log_start_offset(), 5);
  EXPECT_EQ(*p->low_watermark(), 0);
  auto moved = follower(2, 5);
  moved.replica_log_start = 5;
  ASSERT_TRUE(fetch(p, moved).ok());
  EXPECT_TRUE(last_effects.progress & progress::kLowWatermark);
  EXPECT_EQ(*p->low_watermark(), 5);
  EXPECT_EQ(*p->delete_records(2, effects), 2) << "already gone is fine";
}

TEST_F(PartitionTest, TheHighWatermarkNeverFallsOnALeader) {
  // Random appends, fetches (also from offsets that went back), ISR changes and epochs against the rules of thumb:
  // never down, never beyond the log end, never beyond what the committed ISR has fetched.
  std::mt19937 random(7);
  ASSERT_EQ(assign("t", {.isr = {1, 2, 3}, .replicas = {1, 2, 3}}), ErrorCode::none);
  auto p = partition("t");
  std::map<int32_t, int64_t> ends{{2, -1}, {3, -1}};
  int64_t last = 0;
  int32_t epoch = 0;
  for (int step = 0; step < 5000; ++step) {
    const int64_t end = p->log()->log_end_offset();
    switch (random() % 12) {
      case 0:
      case 1:
      case 2:
        ASSERT_TRUE(append(*p, batch_of(1 + static_cast<int>(random() % 3), 5)).ok());
        break;
      case 3:
        clock.advance_ms(static_cast<int64_t>(random() % 20'000));
        break;
      case 4:
        settle(context, p, p->shrink_isr());
        break;
      case 5:
        if (!isr_changes.sent.empty()) isr_changes.commit();
        break;
      case 6:
        if (!isr_changes.sent.empty()) isr_changes.refuse(ErrorCode::ineligible_replica);
        break;
      case 7:
        if (random() % 10 == 0) {
          const auto view = p->view();
          ASSERT_EQ(assign("t", {.epoch = ++epoch,
                                 .isr = view.isr,
                                 .replicas = {1, 2, 3},
                                 .partition_epoch = view.partition_epoch + 1}),
                    ErrorCode::none);
        }
        break;
      default: {
        const int32_t id = 2 + static_cast<int32_t>(random() % 2);
        int64_t& at = ends[id];
        at = std::min<int64_t>(end, std::max<int64_t>(at, 0) + static_cast<int64_t>(random() % 4));
        ASSERT_TRUE(fetch(p, follower(id, at)).ok());
      }
    }
    const int64_t now = p->log()->high_watermark();
    ASSERT_GE(now, last) << "step " << step;
    ASSERT_LE(now, p->log()->log_end_offset());
    if (now > last) {
      for (int32_t id : p->view().isr) {
        if (id != 1) {
          ASSERT_LE(now, ends[id]) << "replica " << id << ", step " << step;
        }
      }
    }
    last = now;
  }
  EXPECT_GT(last, 100) << "the schedule made progress";
}

}  // namespace
}  // namespace meerkat::replica
