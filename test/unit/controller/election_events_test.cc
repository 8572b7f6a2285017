#include "controller/election_events.h"

#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;

class ElectionEvents : public ClusterTest {
 protected:
  void SetUp() override {
    add_broker(1);
    add_broker(2);
    add_topic("t", {{0, {1, 2}}, {1, {1, 2}}, {2, {2, 1}}, {3, {9, 1}}});
    add_state("t", 0, 2, {2, 1});
    add_state("t", 1, 2, {2});
    add_state("t", 2, 2, {2, 1});
    add_state("t", 3, 9, {9});
    begin_quietly();
  }

  std::map<int32_t, ErrorCode> request(int8_t type, std::optional<std::vector<int32_t>> partitions) {
    wire::ElectLeadersRequest request;
    request.election_type = type;
    std::vector<wire::ElectLeadersRequest::TopicPartitions> topics(1);
    topics[0].topic = "t";
    topics[0].partitions = partitions.value_or(std::vector<int32_t>{});
    if (partitions) {
      request.topic_partitions = std::move(topics);
    } else {
      request.topic_partitions = std::nullopt;
    }
    std::map<int32_t, ErrorCode> out;
    for (const auto& topic : elect_on_request(*term, request).replica_election_results) {
      for (const auto& p : topic.partition_result) out[p.partition_id] = p.error_code;
    }
    return out;
  }
};

TEST_F(ElectionEvents, PreferredOnRequest) {
  const std::map<int32_t, ErrorCode> expected = {
      {0, ErrorCode::none},
      {1, ErrorCode::preferred_leader_not_available},
      {2, ErrorCode::election_not_needed},
      {8, ErrorCode::unknown_topic_or_partition},
  };
  EXPECT_EQ(request(0, std::vector<int32_t>{0, 1, 2, 8}), expected);
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(state("t", 0).leader_epoch, 1);
  EXPECT_EQ(channels.with("LISR").size(), 2u);
}

TEST_F(ElectionEvents, AllPartitionsLeaveOutTheNeedless) {
  const std::map<int32_t, ErrorCode> expected = {
      {0, ErrorCode::none},
      {1, ErrorCode::preferred_leader_not_available},
      {3, ErrorCode::preferred_leader_not_available},
  };
  EXPECT_EQ(request(0, std::nullopt), expected);
}

TEST_F(ElectionEvents, UncleanOnRequest) {
  const std::map<int32_t, ErrorCode> expected = {{0, ErrorCode::election_not_needed}, {3, ErrorCode::none}};
  EXPECT_EQ(request(1, std::vector<int32_t>{0, 3}), expected);
  EXPECT_EQ(state("t", 3).leader, 1);
  EXPECT_TRUE(state("t", 3).recovering);
}

TEST_F(ElectionEvents, OfATopicThatIsBeingDeleted) {
  term->context.topics_to_delete.insert("t");
  const std::map<int32_t, ErrorCode> expected = {{0, ErrorCode::invalid_topic_exception}};
  EXPECT_EQ(request(0, std::vector<int32_t>{0}), expected);
}

TEST_F(ElectionEvents, ByTheOldNode) {
  zookeeper.put("/admin/preferred_replica_election", zk::encode_preferred_election({{"t", 0}, {"t", 1}, {"no", 0}}));
  on_preferred_election_node(*term);
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(state("t", 1).leader, 2);
  EXPECT_FALSE(zookeeper.has("/admin/preferred_replica_election"));
}

TEST_F(ElectionEvents, RebalancesBrokersBeyondTheLimitOnly) {
  using Partitions = std::vector<TopicPartition>;
  EXPECT_EQ(plan_rebalance(term->context, 10), (Partitions{{"t", 0}})) << "t-1 has not caught up";
  EXPECT_EQ(plan_rebalance(term->context, 100), Partitions{});
  EXPECT_FALSE(rebalance_leaders(*term, 10));
  EXPECT_EQ(state("t", 0).leader, 1);
  EXPECT_EQ(plan_rebalance(term->context, 10), Partitions{});
}

TEST_F(ElectionEvents, RebalancesInSteps) {
  std::map<int32_t, std::vector<int32_t>> partitions;
  for (int32_t p = 0; p < 5; ++p) {
    partitions[p] = {1, 2};
    zookeeper.put(zk::paths::partition_state("many", p), zk::encode(zk::PartitionStateNode{6, 2, 0, {2, 1}, false}));
  }
  add_topic("many", partitions);
  begin_quietly();
  EXPECT_TRUE(rebalance_leaders(*term, 4));
  EXPECT_EQ(plan_rebalance(term->context, 0).size(), 2u);
  EXPECT_FALSE(rebalance_leaders(*term, 4));
  EXPECT_TRUE(plan_rebalance(term->context, 0).empty());
}

}  // namespace
}  // namespace meerkat::controller
