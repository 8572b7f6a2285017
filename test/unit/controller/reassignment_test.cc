#include "controller/reassignment.h"

#include "controller/isr_events.h"
#include "controller/reassignment_events.h"
#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;
using Ids = std::vector<int32_t>;

class Reassignment : public ClusterTest {
 protected:
  void SetUp() override {
    for (int32_t id : {0, 1, 2, 3}) add_broker(id);
    add_topic("r1", {{0, {0, 1}}});
    begin_quietly();
  }

  ErrorCode reassign(const std::string& topic, int32_t partition, std::optional<Ids> replicas) {
    wire::AlterPartitionReassignmentsRequest request;
    auto& t = request.topics.emplace_back();
    t.name = topic;
    auto& p = t.partitions.emplace_back();
    p.partition_index = partition;
    p.replicas = std::move(replicas);
    const auto response = alter_reassignments(*term, request);
    return response.responses.at(0).partitions.at(0).error_code;
  }

  // The leader proposes an ISR.
  ErrorCode propose(const std::string& topic, int32_t number, Ids isr) {
    const Leadership now = *partition(topic, number).leadership;
    wire::AlterPartitionRequest request;
    request.broker_id = now.leader;
    request.broker_epoch = term->context.brokers[now.leader].epoch;
    auto& t = request.topics.emplace_back();
    t.topic_id = term->context.topics[topic].id;
    auto& p = t.partitions.emplace_back();
    p.partition_index = number;
    p.leader_epoch = now.leader_epoch;
    p.partition_epoch = now.partition_epoch;
    for (int32_t b : isr) p.new_isr_with_epochs.emplace_back().broker_id = b;
    const auto response = alter_partition(*term, request, 3);
    after_alter_partition(*term, response, 3);
    return response.topics.at(0).partitions.at(0).error_code;
  }

  // What was written, without topic ids: "r1 0:2,1,0 +2 -0" and "r1-0 leader 0 epoch 1 isr 0,1".
  Lines trace() const {
    Lines out;
    for (const auto& write : zookeeper.writes) {
      const auto path_end = write.find(' ', 4);
      const std::string path = write.substr(4, path_end - 4);
      if (!write.starts_with("set ")) {
        out.push_back(write);
      } else if (path == "/brokers/topics/r1") {
        const auto node = *zk::decode_topic("r1", write.substr(path_end + 1));
        const auto list = [](const auto& lists) {
          return lists.contains(0) ? absl::StrJoin(lists.at(0), ",") : std::string();
        };
        out.push_back("r1 " + list(node.partitions) + " +" + list(node.adding_replicas) + " -" +
                      list(node.removing_replicas));
      } else {
        const auto state = *zk::decode_partition_state(path, write.substr(path_end + 1));
        out.push_back(absl::StrCat("r1-0 leader ", state.leader, " epoch ", state.leader_epoch, " isr ",
                                   absl::StrJoin(state.isr, ",")));
      }
    }
    return out;
  }
};

// The writes of a reassignment [0,1] → [2,1], as a cluster of Java brokers makes them.
TEST_F(Reassignment, WritesInKafkasOrder) {
  EXPECT_EQ(reassign("r1", 0, Ids{2, 1}), ErrorCode::none);
  EXPECT_EQ(channels.with("LISR"), (Lines{
                                       "LISR 0 r1-0 leader=0 epoch=1 isr=0,1 replicas=2,1,0",
                                       "LISR 1 r1-0 leader=0 epoch=1 isr=0,1 replicas=2,1,0",
                                       "LISR 2 r1-0 leader=0 epoch=1 isr=0,1 replicas=2,1,0 new",
                                   }));
  channels.clear();
  EXPECT_EQ(propose("r1", 0, {0, 1, 2}), ErrorCode::none);
  EXPECT_EQ(trace(), (Lines{
                         "r1 2,1,0 +2 -0",
                         "r1-0 leader 0 epoch 1 isr 0,1",
                         "r1-0 leader 0 epoch 1 isr 0,1,2",
                         "r1-0 leader 2 epoch 2 isr 0,1,2",
                         "r1-0 leader 2 epoch 3 isr 1,2",
                         "r1 2,1 + -",
                     }));
  EXPECT_EQ(channels.with("STOP"), (Lines{"STOP 0 r1-0 epoch=2", "STOP 0 r1-0 epoch=3 delete"}));
  EXPECT_EQ(channels.with("LISR 2").back(), "LISR 2 r1-0 leader=2 epoch=3 isr=1,2 replicas=2,1");
  EXPECT_TRUE(term->context.reassigning.empty());
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{2, 1}, {}, {}}));
}

TEST_F(Reassignment, ALeaderThatStaysGetsANewEpochOnly) {
  EXPECT_EQ(reassign("r1", 0, Ids{0, 3}), ErrorCode::none);
  EXPECT_EQ(propose("r1", 0, {0, 1, 3}), ErrorCode::none);
  EXPECT_EQ(trace(), (Lines{
                         "r1 0,3,1 +3 -1",
                         "r1-0 leader 0 epoch 1 isr 0,1",
                         "r1-0 leader 0 epoch 1 isr 0,1,3",
                         "r1-0 leader 0 epoch 2 isr 0,1,3",
                         "r1-0 leader 0 epoch 3 isr 0,3",
                         "r1 0,3 + -",
                     }));
}

TEST_F(Reassignment, OnlyTheOrderChanges) {
  EXPECT_EQ(reassign("r1", 0, Ids{1, 0}), ErrorCode::none);
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{1, 0}, {}, {}}));
  EXPECT_EQ(state("r1", 0).leader, 0);
  EXPECT_TRUE(channels.with("STOP").empty());
}

TEST_F(Reassignment, CancelTakesTheNewReplicasAwayAgain) {
  EXPECT_EQ(reassign("r1", 0, Ids{2, 1}), ErrorCode::none);
  channels.clear();
  EXPECT_EQ(reassign("r1", 0, std::nullopt), ErrorCode::none);
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{1, 0}, {}, {}}));
  EXPECT_EQ(channels.with("STOP 2").back(), "STOP 2 r1-0 epoch=1 delete");
  EXPECT_TRUE(term->context.reassigning.empty());
  EXPECT_EQ(reassign("r1", 0, std::nullopt), ErrorCode::no_reassignment_in_progress);
}

TEST_F(Reassignment, AnotherTargetSupplantsTheFirst) {
  EXPECT_EQ(reassign("r1", 0, Ids{2, 1}), ErrorCode::none);
  channels.clear();
  EXPECT_EQ(reassign("r1", 0, Ids{3, 1}), ErrorCode::none);
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{3, 1, 0}, {3}, {0}}));
  EXPECT_EQ(channels.with("STOP 2").back(), "STOP 2 r1-0 epoch=1 delete");
  EXPECT_EQ(propose("r1", 0, {0, 1, 3}), ErrorCode::none);
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{3, 1}, {}, {}}));
}

TEST_F(Reassignment, Refusals) {
  EXPECT_EQ(reassign("r1", 0, Ids{}), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(reassign("r1", 0, Ids{1, 1}), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(reassign("r1", 0, Ids{-1}), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(reassign("r1", 0, Ids{0, 9}), ErrorCode::invalid_replica_assignment);
  EXPECT_EQ(reassign("r1", 7, Ids{0, 1}), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(reassign("nobody", 0, Ids{0, 1}), ErrorCode::unknown_topic_or_partition);
  EXPECT_TRUE(zookeeper.writes.empty());
}

TEST_F(Reassignment, ADeadReplicaMayStayInTheTarget) {
  remove_broker(1);
  on_brokers_changed(*term);
  EXPECT_EQ(reassign("r1", 0, Ids{2, 1}), ErrorCode::none);
  EXPECT_EQ(propose("r1", 0, {0, 2}), ErrorCode::none);
  EXPECT_TRUE(term->context.reassigning.contains({"r1", 0})) << "it completes when broker 1 is in sync";
  add_broker(1);
  on_brokers_changed(*term);
  EXPECT_EQ(propose("r1", 0, {0, 2, 1}), ErrorCode::none);
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{2, 1}, {}, {}}));
}

TEST_F(Reassignment, TheNextControllerCompletesIt) {
  EXPECT_EQ(reassign("r1", 0, Ids{2, 1}), ErrorCode::none);
  const auto now = state("r1", 0);
  add_state("r1", 0, now.leader, {0, 1, 2}, now.leader_epoch, 7);
  zookeeper.put(zk::paths::kControllerEpoch, "8");
  begin();
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{2, 1}, {}, {}}));
  EXPECT_EQ(state("r1", 0).leader, 2);
  EXPECT_EQ(state("r1", 0).isr, (Ids{1, 2}));
}

TEST_F(Reassignment, IsListed) {
  EXPECT_TRUE(list_reassignments(*term, {}).topics.empty());
  EXPECT_EQ(reassign("r1", 0, Ids{2, 1}), ErrorCode::none);
  const auto all = list_reassignments(*term, {});
  ASSERT_EQ(all.topics.size(), 1u);
  EXPECT_EQ(all.topics[0].partitions[0].replicas, (Ids{2, 1, 0}));
  EXPECT_EQ(all.topics[0].partitions[0].adding_replicas, (Ids{2}));
  EXPECT_EQ(all.topics[0].partitions[0].removing_replicas, (Ids{0}));
}

TEST_F(Reassignment, ByTheOldNode) {
  zookeeper.put("/admin/reassign_partitions", zk::encode_reassignments({{{"r1", 0}, {2, 1}}, {{"nobody", 0}, {1}}}));
  on_reassignment_node(*term);
  EXPECT_EQ(zk::decode_reassignments(zookeeper.data("/admin/reassign_partitions"))->size(), 1u)
      << "what cannot be done is taken out";
  EXPECT_EQ(propose("r1", 0, {0, 1, 2}), ErrorCode::none);
  EXPECT_FALSE(zookeeper.has("/admin/reassign_partitions"));
  EXPECT_EQ(partition("r1", 0).assignment, (Assignment{{2, 1}, {}, {}}));
}

TEST_F(Reassignment, AMalformedOldNodeIsDeleted) {
  zookeeper.put("/admin/reassign_partitions", "what?");
  on_reassignment_node(*term);
  EXPECT_FALSE(zookeeper.has("/admin/reassign_partitions"));
}

}  // namespace
}  // namespace meerkat::controller
