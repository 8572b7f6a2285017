#include "controller/deletion.h"

#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

class Deletion : public ClusterTest {
 protected:
  void SetUp() override {
    add_broker(1);
    add_broker(2);
    add_topic("t", {{0, {1, 2}}});
    zookeeper.put("/config/topics/t", zk::encode_config({}));
  }
  void mark(const std::string& topic) {
    zookeeper.put("/admin/delete_topics/" + topic);
    on_deletion_marks_changed(*term);
  }
  void answer(int32_t broker, bool ok = true) {
    const std::vector<Replica> replica{{{"t", 0}, broker}};
    on_replicas_deleted(*term, ok ? replica : std::vector<Replica>{}, ok ? std::vector<Replica>{} : replica);
  }
};

TEST_F(Deletion, TellsBrokersThenDeletesTheNodes) {
  begin_quietly();
  mark("t");
  EXPECT_EQ(channels.lines, (Lines{
                                "UMR 1 live=1,2",
                                "UMR 1 t-0 leader=-2 epoch=0 isr=1,2",
                                "UMR 2 live=1,2",
                                "UMR 2 t-0 leader=-2 epoch=0 isr=1,2",
                                "STOP 1 t-0 epoch=-2",
                                "STOP 2 t-0 epoch=-2",
                                "STOP 1 t-0 epoch=-2 delete",
                                "STOP 2 t-0 epoch=-2 delete",
                            }));
  answer(1);
  EXPECT_TRUE(zookeeper.has("/brokers/topics/t"));
  quiet();
  answer(2);
  EXPECT_EQ(zookeeper.writes, (Lines{
                                  "delete /brokers/topics/t/partitions/0/state",
                                  "delete /brokers/topics/t/partitions/0",
                                  "delete /brokers/topics/t/partitions",
                                  "delete /brokers/topics/t",
                                  "delete /config/topics/t",
                                  "delete /admin/delete_topics/t",
                              }));
  EXPECT_FALSE(term->context.topics.contains("t"));
  EXPECT_FALSE(term->context.queued_for_deletion("t"));
  EXPECT_FALSE(watcher.topics.contains("t"));
}

TEST_F(Deletion, ATopicOfTheSameNameMayFollow) {
  begin_quietly();
  mark("t");
  answer(1);
  answer(2);
  quiet();
  add_topic("t", {{0, {2, 1}}});
  on_topics_changed(*term);
  EXPECT_EQ(state("t", 0).leader, 2);
  EXPECT_EQ(channels.with("LISR 1"), (Lines{"LISR 1 t-0 leader=2 epoch=0 isr=2,1 replicas=2,1 new"}));
}

TEST_F(Deletion, WaitsForADeadBroker) {
  begin_quietly();
  remove_broker(2);
  on_brokers_changed(*term);
  quiet();
  mark("t");
  EXPECT_TRUE(channels.with("STOP 2").empty());
  EXPECT_EQ(channels.with("STOP 1").back(), "STOP 1 t-0 epoch=-2 delete");
  answer(1);
  EXPECT_TRUE(zookeeper.has("/brokers/topics/t"));
  EXPECT_TRUE(term->context.deletion_ineligible.contains("t"));
  quiet();
  add_broker(2);
  on_brokers_changed(*term);
  EXPECT_TRUE(channels.with("LISR 2").empty()) << "what is to be deleted is not made anew";
  EXPECT_EQ(channels.with("STOP"), (Lines{"STOP 2 t-0 epoch=-2", "STOP 2 t-0 epoch=-2 delete"}));
  answer(2);
  EXPECT_FALSE(zookeeper.has("/brokers/topics/t"));
}

TEST_F(Deletion, ABrokerThatDiesOnTheWayIsWaitedFor) {
  begin_quietly();
  mark("t");
  answer(1);
  remove_broker(2);
  on_brokers_changed(*term);
  EXPECT_TRUE(zookeeper.has("/brokers/topics/t"));
  quiet();
  add_broker(2);
  on_brokers_changed(*term);
  EXPECT_EQ(channels.with("STOP").back(), "STOP 2 t-0 epoch=-2 delete");
  answer(2);
  EXPECT_FALSE(zookeeper.has("/brokers/topics/t"));
}

TEST_F(Deletion, AFailedReplicaIsTriedAgainAtTheNextStartOfItsBroker) {
  begin_quietly();
  mark("t");
  answer(1);
  answer(2, false);
  EXPECT_TRUE(zookeeper.has("/brokers/topics/t"));
  quiet();
  remove_broker(2);
  add_broker(2);
  on_brokers_changed(*term);
  EXPECT_EQ(channels.with("STOP").back(), "STOP 2 t-0 epoch=-2 delete");
  answer(2);
  EXPECT_FALSE(zookeeper.has("/brokers/topics/t"));
}

TEST_F(Deletion, TheNextControllerGoesOn) {
  begin_quietly();
  mark("t");
  answer(1);
  zookeeper.put(zk::paths::kControllerEpoch, "8");
  channels.clear();
  begin();
  EXPECT_TRUE(channels.with("LISR").empty());
  EXPECT_EQ(channels.with("STOP"), (Lines{
                                       "STOP 1 t-0 epoch=-2",
                                       "STOP 2 t-0 epoch=-2",
                                       "STOP 1 t-0 epoch=-2 delete",
                                       "STOP 2 t-0 epoch=-2 delete",
                                   }));
  answer(1);
  answer(2);
  EXPECT_FALSE(zookeeper.has("/brokers/topics/t"));
  EXPECT_FALSE(zookeeper.has("/admin/delete_topics/t"));
}

TEST_F(Deletion, AMarkWithoutATopicIsTakenAway) {
  begin_quietly();
  mark("nobody");
  EXPECT_FALSE(zookeeper.has("/admin/delete_topics/nobody"));
}

TEST_F(Deletion, MarksAreTakenAwayWhereDeletionIsOff) {
  settings.delete_topic_enable = false;
  begin_quietly();
  mark("t");
  EXPECT_FALSE(zookeeper.has("/admin/delete_topics/t"));
  EXPECT_TRUE(zookeeper.has("/brokers/topics/t"));
  EXPECT_TRUE(channels.with("STOP").empty());
}

TEST_F(Deletion, PartitionsAddedToADyingTopicAreTakenBack) {
  begin_quietly();
  mark("t");
  zk::TopicAssignment node = *zk::decode_topic("t", zookeeper.data("/brokers/topics/t"));
  node.partitions[1] = {1};
  zookeeper.put("/brokers/topics/t", zk::encode(node));
  on_topic_modified(*term, "t");
  EXPECT_EQ(zk::decode_topic("t", zookeeper.data("/brokers/topics/t"))->partitions.size(), 1u);
}

TEST_F(Deletion, ATopicWithoutALeaderCanBeDeletedToo) {
  add_topic("lost", {{0, {9}}});
  begin_quietly();
  mark("lost");
  EXPECT_TRUE(zookeeper.has("/brokers/topics/lost")) << "broker 9 may hold a replica";
  add_broker(9);
  on_brokers_changed(*term);
  const std::vector<Replica> replica{{{"lost", 0}, 9}};
  on_replicas_deleted(*term, replica, {});
  EXPECT_FALSE(zookeeper.has("/brokers/topics/lost"));
}

}  // namespace
}  // namespace meerkat::controller
