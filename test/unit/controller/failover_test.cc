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

// What ZooKeeper holds, as UpdateMetadata requests would have told it.
class GuessingFailover : public Failover {
 protected:
  void remember(const std::string& topic) {
    const auto node = *zk::decode_topic(topic, zookeeper.data(zk::paths::topic(topic)));
    auto& to = told_.topic_states.emplace_back();
    to.topic_name = topic;
    to.topic_id = node.topic_id.value_or(Uuid());
    for (const auto& [number, replicas] : node.partitions) {
      const auto* found = zookeeper.find(zk::paths::partition_state(topic, number));
      const auto known = *zk::decode_partition_state("", *found->data);
      auto& p = to.partition_states.emplace_back();
      p.partition_index = number;
      p.controller_epoch = known.controller_epoch;
      p.leader = known.leader;
      p.leader_epoch = known.leader_epoch;
      p.isr = known.isr;
      p.zk_version = found->stat.version;
      p.replicas = replicas;
    }
    last_metadata = cluster::MetadataImage().apply(told_);
  }
  int requests_of_a_beginning() {
    const int before = zookeeper.requests;
    begin();
    return zookeeper.requests - before;
  }

  wire::UpdateMetadataRequest told_;
};

TEST_F(GuessingFailover, ReadsNoStateThatIsAsTheBrokerKnowsIt) {
  add_broker(1);
  add_broker(2);
  std::map<int32_t, std::vector<int32_t>> partitions;
  for (int32_t p = 0; p < 600; ++p) {
    partitions[p] = {1, 2};
    add_state("t", p, 1 + p % 2, {1, 2}, p);
  }
  add_topic("t", partitions);
  begin();
  const int reading = requests_of_a_beginning();
  const auto read = term->context.topics.find("t")->second.partitions;
  remember("t");
  const int guessing = requests_of_a_beginning();
  EXPECT_EQ(reading - guessing, 600 - 3) << "600 in three requests";
  for (const auto& [number, partition] : read) EXPECT_EQ(this->partition("t", number).leadership, partition.leadership);
}

TEST_F(GuessingFailover, BelievesNothingThatHasChanged) {
  add_broker(1);
  add_broker(2);
  std::map<int32_t, std::vector<int32_t>> partitions;
  for (int32_t p = 0; p < 6; ++p) {
    partitions[p] = {1, 2};
    add_state("t", p, 1, {1, 2}, 0);
  }
  add_topic("t", partitions);
  remember("t");
  add_state("t", 3, 2, {2}, 4);
  zookeeper.erase(zk::paths::partition_state("t", 5));
  begin();
  for (int32_t p : {0, 1, 2, 4}) EXPECT_EQ(state("t", p).leader_epoch, partition("t", p).leadership->leader_epoch) << p;
  EXPECT_EQ(partition("t", 3).leadership->leader, 2);
  EXPECT_EQ(partition("t", 3).leadership->leader_epoch, 4);
  EXPECT_EQ(partition("t", 3).leadership->isr, (std::vector<int32_t>{2}));
  EXPECT_EQ(partition("t", 5).leadership->controller_epoch, 7) << "it had none any more, and got its first one";
}

TEST_F(GuessingFailover, ATopicOfTheSameNameIsAnother) {
  add_broker(1);
  add_topic("t", {{0, {1}}});
  add_state("t", 0, 1, {1}, 8);
  remember("t");
  zookeeper.erase(zk::paths::partition_state("t", 0));
  add_topic("t", {{0, {1}}});
  add_state("t", 0, 1, {1}, 0);
  begin();
  EXPECT_EQ(partition("t", 0).leadership->leader_epoch, 0);
}

TEST_F(GuessingFailover, AnUncleanElectionIsNotForgotten) {
  add_broker(1);
  add_broker(2);
  add_topic("t", {{0, {1, 2}}});
  zookeeper.put(zk::paths::partition_state("t", 0), zk::encode(zk::PartitionStateNode{6, 1, 3, {1}, true}));
  remember("t");
  begin();
  EXPECT_TRUE(partition("t", 0).leadership->recovering);
}

TEST_F(GuessingFailover, AGuessFromANewerTermIsRead) {
  add_broker(1);
  add_topic("t", {{0, {1}}});
  add_state("t", 0, 1, {1}, 0, 9);
  remember("t");
  begin();
  EXPECT_TRUE(store->lost());
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
