#include "controller/failover.h"

#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

class Failover : public ClusterTest {};

TEST_F(Failover, TellsLiveBrokersFirstThenLeadership) {
  add_broker(1);
  add_broker(2);
  add_topic("t", {{0, {1, 2}}});
  add_state("t", 0, 1, {1, 2}, 3);
  begin();
  EXPECT_EQ(channels.lines, (Lines{
                                "UMR 1 live=1,2",
                                "UMR 2 live=1,2",
                                "LISR 1 t-0 leader=1 epoch=3 isr=1,2 replicas=1,2",
                                "LISR 2 t-0 leader=1 epoch=3 isr=1,2 replicas=1,2",
                                "UMR 1 live=1,2",
                                "UMR 1 t-0 leader=1 epoch=3 isr=1,2",
                                "UMR 2 live=1,2",
                                "UMR 2 t-0 leader=1 epoch=3 isr=1,2",
                            }));
  EXPECT_EQ(channels.open, (std::set<int32_t>{1, 2}));
  EXPECT_EQ(watcher.brokers, (std::set<int32_t>{1, 2}));
  EXPECT_EQ(watcher.topics, (std::set<std::string>{"t"}));
}

TEST_F(Failover, BrokersThatDiedMeanwhileLoseLeadershipsAndLeaveIsrs) {
  add_broker(2);
  add_broker(3);
  add_topic("t", {{0, {1, 2}}, {1, {2, 1, 3}}});
  add_state("t", 0, 1, {1, 2}, 3);
  add_state("t", 1, 2, {2, 1, 3}, 0);
  begin();
  EXPECT_EQ(state("t", 0).leader, 2);
  EXPECT_EQ(state("t", 0).isr, (std::vector<int32_t>{2}));
  EXPECT_EQ(state("t", 0).controller_epoch, 7);
  EXPECT_EQ(state("t", 1).leader, 2);
  EXPECT_EQ(state("t", 1).isr, (std::vector<int32_t>{2, 3}));
  EXPECT_EQ(state("t", 1).leader_epoch, 1);
}

TEST_F(Failover, SetsUpFeaturesOnce) {
  begin();
  EXPECT_TRUE(zk::decode_features(zookeeper.data("/feature"))->enabled);
  const int32_t version = zookeeper.find("/feature")->stat.version;
  begin();
  EXPECT_EQ(zookeeper.find("/feature")->stat.version, version);
}

TEST_F(Failover, DropsOldNotifications) {
  zookeeper.put("/isr_change_notification/isr_change_0000000001", "{}");
  zookeeper.put("/log_dir_event_notification/log_dir_event_0000000001", "{}");
  begin();
  EXPECT_FALSE(zookeeper.has("/isr_change_notification/isr_change_0000000001"));
  EXPECT_FALSE(zookeeper.has("/log_dir_event_notification/log_dir_event_0000000001"));
}

TEST_F(Failover, AStateOfANewerControllerEndsTheTerm) {
  add_broker(1);
  add_topic("t", {{0, {1}}});
  add_state("t", 0, 1, {1}, 0, 9);
  begin();
  EXPECT_TRUE(store->lost());
  EXPECT_TRUE(channels.lines.empty());
}

TEST_F(Failover, IsLinearInBatches) {
  add_broker(1);
  for (int t = 0; t < 50; ++t) {
    std::map<int32_t, std::vector<int32_t>> partitions;
    for (int32_t p = 0; p < 20; ++p) {
      partitions[p] = {1};
      add_state("t" + std::to_string(t), p, 1, {1});
    }
    add_topic("t" + std::to_string(t), partitions);
  }
  begin();
  EXPECT_EQ(channels.requests, 3) << "the live brokers, the leaderships, their metadata";
  EXPECT_LE(zookeeper.batches, 25) << "pipelined, whatever the number of partitions";
}

TEST_F(Failover, Figures) {
  add_broker(1);
  add_topic("t", {{0, {2, 1}}, {1, {9}}});
  add_state("t", 0, 1, {1});
  add_state("t", 1, 9, {9});
  begin();
  const auto figures = snapshot_of(term->context);
  EXPECT_TRUE(figures.active);
  EXPECT_EQ(figures.topics, 1);
  EXPECT_EQ(figures.partitions, 2);
  EXPECT_EQ(figures.offline_partitions, 1);
  EXPECT_EQ(figures.preferred_replica_imbalance, 2);
  EXPECT_EQ(figures.live_brokers, 1);
}

}  // namespace
}  // namespace meerkat::controller
