#include "controller/topic_events.h"

#include "controller/reassignment.h"
#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

class TopicEvents : public ClusterTest {};

TEST_F(TopicEvents, ATopicWrittenToZooKeeperGetsLeaders) {
  add_broker(1);
  add_broker(2);
  begin_quietly();
  add_topic("t", {{0, {1, 2}}, {1, {2, 1}}});
  on_topics_changed(*term);

  EXPECT_EQ(zookeeper.data("/brokers/topics/t/partitions/0"), "(null)");
  const auto first = state("t", 0);
  EXPECT_EQ(first.leader, 1);
  EXPECT_EQ(first.leader_epoch, 0);
  EXPECT_EQ(first.isr, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(first.controller_epoch, 7);
  EXPECT_EQ(channels.lines, (Lines{
                                "LISR 1 t-0 leader=1 epoch=0 isr=1,2 replicas=1,2 new",
                                "LISR 1 t-1 leader=2 epoch=0 isr=2,1 replicas=2,1 new",
                                "LISR 2 t-0 leader=1 epoch=0 isr=1,2 replicas=1,2 new",
                                "LISR 2 t-1 leader=2 epoch=0 isr=2,1 replicas=2,1 new",
                                "UMR 1 live=1,2",
                                "UMR 1 t-0 leader=1 epoch=0 isr=1,2",
                                "UMR 1 t-1 leader=2 epoch=0 isr=2,1",
                                "UMR 2 live=1,2",
                                "UMR 2 t-0 leader=1 epoch=0 isr=1,2",
                                "UMR 2 t-1 leader=2 epoch=0 isr=2,1",
                            }));
  EXPECT_TRUE(watcher.topics.contains("t"));
}

TEST_F(TopicEvents, OnlyLiveReplicasAreInTheFirstIsr) {
  add_broker(2);
  begin_quietly();
  add_topic("t", {{0, {1, 2}}});
  on_topics_changed(*term);
  EXPECT_EQ(state("t", 0).leader, 2);
  EXPECT_EQ(state("t", 0).isr, (std::vector<int32_t>{2}));
  EXPECT_EQ(channels.with("LISR"), (Lines{"LISR 2 t-0 leader=2 epoch=0 isr=2 replicas=1,2 new"}));
}

TEST_F(TopicEvents, WithoutALiveReplicaThereIsNoState) {
  add_broker(2);
  begin_quietly();
  add_topic("t", {{0, {1}}});
  on_topics_changed(*term);
  EXPECT_FALSE(zookeeper.has("/brokers/topics/t/partitions/0/state"));
  EXPECT_EQ(partition("t", 0).state, PartitionState::fresh);
  add_broker(1);
  on_brokers_changed(*term);
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(channels.with("LISR"), (Lines{"LISR 1 t-0 leader=1 epoch=0 isr=1 replicas=1 new"}));
}

TEST_F(TopicEvents, ManyPartitionsMakeFewRequestsAndBatches) {
  add_broker(1);
  add_broker(2);
  begin_quietly();
  for (int t = 0; t < 4; ++t) {
    std::map<int32_t, std::vector<int32_t>> partitions;
    for (int32_t p = 0; p < 500; ++p) partitions[p] = {1 + p % 2, 2 - p % 2};
    add_topic("t" + std::to_string(t), partitions);
  }
  const int batches = zookeeper.batches;
  const int requests = zookeeper.requests;
  on_topics_changed(*term);
  EXPECT_EQ(channels.requests, 4) << "a LeaderAndIsr and an UpdateMetadata for each broker";
  EXPECT_LE(zookeeper.batches - batches, 4);
  EXPECT_LE(zookeeper.requests - requests, 60);
  EXPECT_EQ(state("t3", 499).leader, 2);
}

TEST_F(TopicEvents, PartitionsAreAdded) {
  add_broker(1);
  add_topic("t", {{0, {1}}});
  begin_quietly();
  const Uuid id = term->context.topics["t"].id;
  zk::TopicAssignment node = topic_node(term->context.topics["t"]);
  node.partitions[1] = {1};
  zookeeper.put("/brokers/topics/t", zk::encode(node));
  on_topic_modified(*term, "t");
  EXPECT_EQ(state("t", 1).leader, 1);
  EXPECT_EQ(channels.with("LISR"), (Lines{"LISR 1 t-1 leader=1 epoch=0 isr=1 replicas=1 new"}));
  EXPECT_EQ(term->context.topics["t"].id, id);
  quiet();
  on_topic_modified(*term, "t");
  EXPECT_TRUE(channels.lines.empty()) << "nothing new";
}

TEST_F(TopicEvents, ATopicFromBeforeTopicIdsGetsOne) {
  add_broker(1);
  add_topic("old", {{0, {1}}}, false);
  begin();
  const auto node = zk::decode_topic("old", zookeeper.data("/brokers/topics/old"));
  ASSERT_TRUE(node->topic_id.has_value());
  EXPECT_EQ(term->context.topic_names[*node->topic_id], "old");
}

TEST_F(TopicEvents, AnExistingStateIsTakenOver) {
  add_broker(1);
  begin_quietly();
  add_topic("t", {{0, {1}}});
  add_state("t", 0, 9, {1}, 4);
  on_topics_changed(*term);
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(state("t", 0).leader_epoch, 5);
  EXPECT_EQ(partition("t", 0).state, PartitionState::online);
}

TEST_F(TopicEvents, AMalformedTopicHarmsNoOther) {
  add_broker(1);
  begin_quietly();
  zookeeper.put("/brokers/topics/broken", "{nonsense");
  add_topic("t", {{0, {1}}});
  on_topics_changed(*term);
  EXPECT_EQ(state("t", 0).leader, 1);
}

TEST_F(TopicEvents, ATopicGoneFromZooKeeperIsForgotten) {
  add_broker(1);
  add_topic("t", {{0, {1}}});
  begin_quietly();
  for (const char* path : {"/brokers/topics/t/partitions/0/state", "/brokers/topics/t/partitions/0",
                           "/brokers/topics/t/partitions", "/brokers/topics/t"}) {
    zookeeper.erase(path);
  }
  on_topics_changed(*term);
  EXPECT_FALSE(term->context.topics.contains("t"));
  EXPECT_TRUE(term->context.topic_names.empty());
  EXPECT_FALSE(watcher.topics.contains("t"));
}

TEST_F(TopicEvents, AReplacedControllerWritesAndSendsNothing) {
  add_broker(1);
  begin_quietly();
  zookeeper.put(zk::paths::kControllerEpoch, "8");
  quiet();
  add_topic("t", {{0, {1}}});
  on_topics_changed(*term);
  EXPECT_TRUE(store->lost());
  EXPECT_FALSE(zookeeper.has("/brokers/topics/t/partitions"));
  EXPECT_TRUE(channels.lines.empty());
}

TEST_F(TopicEvents, AnEndedSessionEndsTheTerm) {
  add_broker(1);
  begin_quietly();
  add_topic("t", {{0, {1}}});
  zookeeper.expired = true;
  on_topics_changed(*term);
  EXPECT_TRUE(store->lost());
  EXPECT_TRUE(channels.lines.empty());
}

TEST_F(TopicEvents, TopicsThatCannotBeReadAreNotTakenForDeleted) {
  add_broker(1);
  add_topic("t", {{0, {1}}});
  begin_quietly();
  zookeeper.unreadable[zk::paths::kTopics] = zk::Code::no_auth;
  on_topics_changed(*term);
  EXPECT_TRUE(term->context.topics.contains("t"));
  EXPECT_TRUE(store->lost()) << "another broker may be able to";
}

}  // namespace
}  // namespace meerkat::controller
