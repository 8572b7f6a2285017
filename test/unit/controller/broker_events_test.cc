#include "controller/broker_events.h"

#include "controller/shutdown_events.h"
#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

class BrokerEvents : public ClusterTest {
 protected:
  // Brokers 1, 2, 3; t-0 led by 1, t-1 led by 2, everything in sync; solo-0 on broker 2 alone.
  void three_brokers() {
    for (int32_t id : {1, 2, 3}) add_broker(id);
    add_topic("solo", {{0, {2}}});
    add_topic("t", {{0, {1, 2, 3}}, {1, {2, 3, 1}}});
    begin();
    // Brokers in the order of their ids, so that all are in sync from the start.
    quiet();
  }
};

TEST_F(BrokerEvents, ADeadLeaderIsReplacedAndLeavesTheIsrs) {
  three_brokers();
  remove_broker(2);
  on_brokers_changed(*term);
  EXPECT_EQ(state("t", 1).leader, 3);
  EXPECT_EQ(state("t", 1).isr, (std::vector<int32_t>{3, 1}));
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(state("t", 0).isr, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(state("t", 0).leader_epoch, 1) << "also a follower's leaving raises the epoch";
  EXPECT_EQ(state("solo", 0).leader, -1);
  EXPECT_EQ(state("solo", 0).isr, (std::vector<int32_t>{2})) << "the last in sync is remembered";
  EXPECT_EQ(channels.with("LISR 1"), (Lines{
                                         "LISR 1 t-0 leader=1 epoch=1 isr=1,3 replicas=1,2,3",
                                         "LISR 1 t-1 leader=3 epoch=1 isr=3,1 replicas=2,3,1",
                                     }));
  EXPECT_TRUE(channels.with("LISR 2").empty());
  EXPECT_TRUE(channels.with("UMR 2").empty());
  EXPECT_EQ(channels.with("UMR 3"), (Lines{
                                        "UMR 3 live=1,3",
                                        "UMR 3 solo-0 leader=-1 epoch=1 isr=2 offline=2",
                                        "UMR 3 t-0 leader=1 epoch=1 isr=1,3 offline=2",
                                        "UMR 3 t-1 leader=3 epoch=1 isr=3,1 offline=2",
                                    }));
  EXPECT_FALSE(channels.open.contains(2));
  EXPECT_EQ(snapshot_of(term->context).offline_partitions, 1);
}

TEST_F(BrokerEvents, AReturningBrokerIsToldEverything) {
  three_brokers();
  remove_broker(2);
  on_brokers_changed(*term);
  quiet();
  add_broker(2);
  on_brokers_changed(*term);
  const auto mine = channels.with("UMR 2");
  ASSERT_GE(mine.size(), 4u);
  EXPECT_EQ(mine[0], "UMR 2 live=1,2,3") << "first the whole cluster";
  EXPECT_EQ(mine[1], "UMR 2 solo-0 leader=-1 epoch=1 isr=2");
  EXPECT_EQ(channels.with("LISR 2"), (Lines{
                                         "LISR 2 solo-0 leader=2 epoch=2 isr=2 replicas=2",
                                         "LISR 2 t-0 leader=1 epoch=1 isr=1,3 replicas=1,2,3",
                                         "LISR 2 t-1 leader=3 epoch=1 isr=3,1 replicas=2,3,1",
                                     }));
  EXPECT_LT(std::find(channels.lines.begin(), channels.lines.end(), mine[0]),
            std::find(channels.lines.begin(), channels.lines.end(), channels.with("LISR 2").front()));
  EXPECT_EQ(state("solo", 0).leader, 2) << "the last in sync leads again";
  EXPECT_TRUE(channels.open.contains(2));
}

TEST_F(BrokerEvents, ANewEpochMeansDeathAndReturn) {
  three_brokers();
  const int64_t before = term->context.brokers[2].epoch;
  remove_broker(2);
  add_broker(2);
  on_brokers_changed(*term);
  EXPECT_GT(term->context.brokers[2].epoch, before);
  EXPECT_EQ(state("t", 1).leader, 3) << "it has to catch up before it leads";
  EXPECT_EQ(channels.with("LISR 2").size(), 3u);
  EXPECT_EQ(channels.epochs.back(), term->context.brokers[2].epoch);
}

TEST_F(BrokerEvents, NewEndpointsGoToAllBrokers) {
  three_brokers();
  zk::BrokerInfo info = term->context.brokers[2].info;
  info.endpoints[0].port = 1234;
  zookeeper.put("/brokers/ids/2", zk::encode(info));
  on_broker_modified(*term, 2);
  EXPECT_EQ(term->context.brokers[2].info.endpoints[0].port, 1234);
  EXPECT_EQ(channels.lines, (Lines{"UMR 1 live=1,2,3", "UMR 2 live=1,2,3", "UMR 3 live=1,2,3"}));
  quiet();
  on_broker_modified(*term, 2);
  EXPECT_TRUE(channels.lines.empty());
}

TEST_F(BrokerEvents, UncleanElectionOnlyWhereTheTopicAllowsIt) {
  for (int32_t id : {1, 2}) add_broker(id);
  add_topic("safe", {{0, {2, 1}}});
  add_topic("unclean", {{0, {2, 1}}});
  add_state("safe", 0, 2, {2});
  add_state("unclean", 0, 2, {2});
  zookeeper.put("/config/topics/unclean", zk::encode_config({{"unclean.leader.election.enable", "true"}}));
  begin_quietly();
  remove_broker(2);
  on_brokers_changed(*term);
  EXPECT_EQ(state("safe", 0).leader, -1);
  EXPECT_EQ(state("unclean", 0).leader, 1);
  EXPECT_EQ(state("unclean", 0).isr, (std::vector<int32_t>{1}));
  EXPECT_TRUE(state("unclean", 0).recovering);
}

TEST_F(BrokerEvents, AWriteThatMetAnotherVersionIsPlannedAgain) {
  three_brokers();
  remove_broker(2);
  bool once = false;
  zookeeper.before_batch = [&] {
    if (once) return;
    if (!zookeeper.has("/brokers/ids/2")) {
      once = true;
      // A leader of an old inter-broker protocol shrinks the ISR by itself.
      zookeeper.put("/brokers/topics/t/partitions/1/state", zk::encode(zk::PartitionStateNode{7, 2, 0, {2, 1}, false}));
    }
  };
  on_brokers_changed(*term);
  EXPECT_EQ(state("t", 1).leader, 1) << "broker 3 is not in sync any more";
  EXPECT_EQ(state("t", 1).isr, (std::vector<int32_t>{1}));
  EXPECT_EQ(partition("t", 1).leadership->partition_epoch,
            zookeeper.find("/brokers/topics/t/partitions/1/state")->stat.version);
}

TEST_F(BrokerEvents, ControlledShutdownMovesLeadersAndLeavesIsrs) {
  three_brokers();
  wire::ControlledShutdownRequest request;
  request.broker_id = 2;
  request.broker_epoch = term->context.brokers[2].epoch;
  const auto response = controlled_shutdown(*term, request);
  EXPECT_EQ(response.error_code, wire::ErrorCode::none);
  EXPECT_TRUE(response.remaining_partitions.empty()) << "a partition with a single replica does not count";
  EXPECT_EQ(state("t", 1).leader, 3);
  EXPECT_EQ(state("t", 1).isr, (std::vector<int32_t>{3, 1}));
  EXPECT_EQ(state("t", 0).isr, (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(state("solo", 0).leader, 2);
  EXPECT_EQ(channels.with("STOP"), (Lines{"STOP 2 t-0 epoch=0"}));
  EXPECT_EQ(channels.with("LISR 2"), (Lines{"LISR 2 t-1 leader=3 epoch=1 isr=3,1 replicas=2,3,1"}));
}

TEST_F(BrokerEvents, ControlledShutdownRefusals) {
  three_brokers();
  wire::ControlledShutdownRequest request;
  request.broker_id = 2;
  request.broker_epoch = term->context.brokers[2].epoch - 1;
  EXPECT_EQ(controlled_shutdown(*term, request).error_code, wire::ErrorCode::stale_broker_epoch);
  request.broker_id = 77;
  EXPECT_EQ(controlled_shutdown(*term, request).error_code, wire::ErrorCode::broker_not_available);
  EXPECT_TRUE(zookeeper.writes.empty());
}

TEST_F(BrokerEvents, ControlledShutdownTellsWhatItStillLeads) {
  for (int32_t id : {1, 2}) add_broker(id);
  add_topic("t", {{0, {2, 1}}});
  add_state("t", 0, 2, {2});
  begin_quietly();
  wire::ControlledShutdownRequest request;
  request.broker_id = 2;
  request.broker_epoch = term->context.brokers[2].epoch;
  const auto response = controlled_shutdown(*term, request);
  ASSERT_EQ(response.remaining_partitions.size(), 1u);
  EXPECT_EQ(response.remaining_partitions[0].topic_name, "t");
  EXPECT_EQ(state("t", 0).leader, 2);
}

TEST_F(BrokerEvents, AFailedLogDirectoryTakesItsReplicasOffline) {
  three_brokers();
  zookeeper.put("/log_dir_event_notification/log_dir_event_0000000000", zk::encode_log_dir_event(2));
  on_log_dir_events(*term);
  EXPECT_FALSE(zookeeper.has("/log_dir_event_notification/log_dir_event_0000000000"));
  EXPECT_EQ(channels.with("LISR 2").size(), 3u) << "the broker is asked about all its replicas";
  quiet();

  wire::LeaderAndIsrResponse answer;
  auto& topic = answer.topics.emplace_back();
  topic.topic_id = term->context.topics["t"].id;
  auto& bad = topic.partition_errors.emplace_back();
  bad.partition_index = 1;
  bad.error_code = wire::ErrorCode::kafka_storage_error;
  auto& good = topic.partition_errors.emplace_back();
  good.partition_index = 0;
  on_leader_and_isr_answer(*term, 2, answer);
  EXPECT_EQ(state("t", 1).leader, 3);
  EXPECT_EQ(state("t", 1).isr, (std::vector<int32_t>{3, 1}));
  EXPECT_EQ(state("t", 0).isr, (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(channels.with("UMR 1 t-1"), (Lines{"UMR 1 t-1 leader=3 epoch=1 isr=3,1 offline=2"}));
  quiet();
  on_leader_and_isr_answer(*term, 2, answer);
  EXPECT_TRUE(zookeeper.writes.empty()) << "known already";
}

}  // namespace
}  // namespace meerkat::controller
