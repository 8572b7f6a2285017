#include "controller/suspicion_events.h"

#include "controller/election_events.h"
#include "controller/isr_events.h"
#include "controller/transitions.h"
#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

class SuspicionEvents : public ClusterTest {
 protected:
  // Brokers 1, 2, 3; t-0 led by 1, t-1 led by 2, everything in sync; solo-0 on broker 2 alone.
  void SetUp() override {
    for (int32_t id : {1, 2, 3}) add_broker(id);
    add_topic("solo", {{0, {2}}});
    add_topic("t", {{0, {1, 2, 3}}, {1, {2, 3, 1}}});
    begin_quietly();
  }
  int64_t epoch(int32_t id) { return term->context.brokers.at(id).epoch; }
};

TEST_F(SuspicionEvents, LeadershipMovesAndTheIsrsShrinkBeforeTheSessionEnds) {
  on_broker_vanished(*term, 2, epoch(2));
  EXPECT_EQ(state("t", 1).leader, 3);
  EXPECT_EQ(state("t", 1).isr, (std::vector<int32_t>{3, 1}));
  EXPECT_EQ(state("t", 1).leader_epoch, 1) << "what 2 still takes is fenced";
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(state("t", 0).isr, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(channels.with("LISR 3"), (Lines{
                                         "LISR 3 t-1 leader=3 epoch=1 isr=3,1 replicas=2,3,1",
                                         "LISR 3 t-0 leader=1 epoch=1 isr=1,3 replicas=1,2,3",
                                     }));
  EXPECT_EQ(state("solo", 0).leader, 2) << "nobody else could lead";
  EXPECT_EQ(channels.with("UMR 1").back(), "UMR 1 live=1,3");
  EXPECT_EQ(snapshot_of(term->context).offline_partitions, 0);
}

TEST_F(SuspicionEvents, AnEarlierRegistrationOfTheBrokerIsOfNoInterest) {
  on_broker_vanished(*term, 2, epoch(2) - 1);
  on_broker_vanished(*term, 9, 1);
  EXPECT_TRUE(zookeeper.writes.empty());
  EXPECT_EQ(channels.requests, 0);
}

TEST_F(SuspicionEvents, ASuspectDoesNotEnterAnIsr) {
  on_broker_vanished(*term, 2, epoch(2));
  wire::AlterPartitionRequest request;
  request.broker_id = 3;
  request.broker_epoch = epoch(3);
  auto& topic = request.topics.emplace_back();
  topic.topic_id = term->context.topics.at("t").id;
  auto& p = topic.partitions.emplace_back();
  p.partition_index = 1;
  p.leader_epoch = 1;
  p.partition_epoch = partition("t", 1).leadership->partition_epoch;
  for (int32_t id : {3, 1, 2}) p.new_isr_with_epochs.emplace_back().broker_id = id;
  const auto plan = plan_isr_changes(term->context, request, 3);
  EXPECT_EQ(plan.errors, (std::vector{wire::ErrorCode::ineligible_replica}));
}

TEST_F(SuspicionEvents, TheEndOfItsSessionAddsOnlyWhatHasNobodyElse) {
  on_broker_vanished(*term, 2, epoch(2));
  quiet();
  remove_broker(2);
  on_brokers_changed(*term);
  EXPECT_EQ(state("solo", 0).leader, -1);
  EXPECT_EQ(state("t", 1).leader_epoch, 1) << "has moved already";
  EXPECT_EQ(state("t", 0).leader_epoch, 1);
}

TEST_F(SuspicionEvents, OneThatLivesIsToldEverythingAndLeadsAgainOnceItHasCaughtUp) {
  on_broker_vanished(*term, 2, epoch(2));
  quiet();
  on_broker_back(*term, 2, epoch(2));
  EXPECT_EQ(channels.with("UMR 2").front(), "UMR 2 live=1,2,3");
  EXPECT_EQ(channels.with("LISR 2"), (Lines{
                                         "LISR 2 solo-0 leader=2 epoch=0 isr=2 replicas=2",
                                         "LISR 2 t-0 leader=1 epoch=1 isr=1,3 replicas=1,2,3",
                                         "LISR 2 t-1 leader=3 epoch=1 isr=3,1 replicas=2,3,1",
                                     }));
  EXPECT_TRUE(restore_leaders(*term, 10)) << "not in sync yet";
  EXPECT_EQ(state("t", 1).leader, 3);
  add_state("t", 1, 3, {3, 1, 2}, 1, 7);
  refresh_leadership(*term, {{"t", 1}});
  EXPECT_FALSE(restore_leaders(*term, 10));
  EXPECT_EQ(state("t", 1).leader, 2);
  EXPECT_EQ(state("t", 1).leader_epoch, 2);
}

TEST_F(SuspicionEvents, SuspicionAloneMakesNoUncleanElection) {
  unclean_default = true;
  add_topic("u", {{0, {2, 3}}});
  on_topics_changed(*term);
  partition("u", 0).leadership->isr = {2};
  add_state("u", 0, 2, {2}, 0, 7);
  refresh_leadership(*term, {{"u", 0}});
  on_broker_vanished(*term, 2, epoch(2));
  remove_broker(1);
  on_brokers_changed(*term);
  EXPECT_EQ(state("u", 0).leader, 2) << "another broker's death is no reason either";
  remove_broker(2);
  on_brokers_changed(*term);
  EXPECT_EQ(state("u", 0).leader, 3);
}

TEST_F(SuspicionEvents, APreferredLeaderThatIsSuspectedIsNotAvailable) {
  on_broker_vanished(*term, 2, epoch(2));
  wire::ElectLeadersRequest request;
  auto& topic = request.topic_partitions->emplace_back();
  topic.topic = "solo";
  topic.partitions = {0};
  const auto response = elect_on_request(*term, request);
  ASSERT_EQ(response.replica_election_results.size(), 1u);
  EXPECT_EQ(response.replica_election_results[0].partition_result.at(0).error_code,
            wire::ErrorCode::preferred_leader_not_available);
}

TEST_F(SuspicionEvents, WhereAllAreSuspectedTheyStay) {
  for (int32_t id : {1, 2, 3}) on_broker_vanished(*term, id, epoch(id));
  EXPECT_NE(state("t", 1).leader, -1);
  EXPECT_EQ(state("t", 1).isr.size(), 1u);
  EXPECT_EQ(snapshot_of(term->context).offline_partitions, 0);
}

}  // namespace
}  // namespace meerkat::controller
