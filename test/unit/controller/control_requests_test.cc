#include "controller/control_requests.h"

#include <gtest/gtest.h>

#include <array>
#include <variant>

namespace meerkat::controller {
namespace {

using wire::LeaderAndIsrRequest;
using wire::StopReplicaRequest;
using wire::UpdateMetadataRequest;

class Recorder : public Sender {
 public:
  void send(int32_t broker, const LeaderAndIsrRequest& r) override { sent.emplace_back(broker, r); }
  void send(int32_t broker, const UpdateMetadataRequest& r) override { sent.emplace_back(broker, r); }
  void send(int32_t broker, const StopReplicaRequest& r) override { sent.emplace_back(broker, r); }

  template <class Request>
  std::vector<std::pair<int32_t, Request>> of() const {
    std::vector<std::pair<int32_t, Request>> out;
    for (const auto& [broker, request] : sent) {
      if (const auto* r = std::get_if<Request>(&request)) out.emplace_back(broker, *r);
    }
    return out;
  }

  std::vector<std::pair<int32_t, std::variant<LeaderAndIsrRequest, UpdateMetadataRequest, StopReplicaRequest>>> sent;
};

class ControlRequestsTest : public ::testing::Test {
 protected:
  ControlRequestsTest() {
    context_.epoch = 4;
    for (int32_t id : {1, 2}) {
      Broker& broker = context_.brokers[id];
      broker.epoch = 100 + id;
      broker.info.id = id;
      broker.info.endpoints = {{"CLIENT", "public", 9000 + id, "SASL_SSL"},
                               {"INTERNAL", "private", 7000 + id, "PLAINTEXT"}};
    }
    context_.brokers[1].info.rack = "r1";
    id_ = Uuid::random();
    context_.set_topic_id("t", id_);
    for (int32_t p : {0, 1}) {
      Partition& partition = context_.topics["t"].partitions[p];
      partition.assignment.replicas = {1, 2};
      Leadership leadership;
      leadership.leader = 1 + p;
      leadership.leader_epoch = 5;
      leadership.isr = {1, 2};
      leadership.controller_epoch = 3;
      leadership.partition_epoch = 9;
      partition.leadership = leadership;
    }
  }

  void send() { requests_.send(context_, 1, "INTERNAL", recorder_); }

  Context context_;
  Uuid id_;
  ControlRequests requests_;
  Recorder recorder_;
};

TEST_F(ControlRequestsTest, OneOfAKindABrokerInOrder) {
  requests_.stop_replica(2, {"t", 1}, false, context_);
  requests_.leader_and_isr(std::array{2, 1}, {"t", 1}, false);
  requests_.leader_and_isr(std::array{1, 2}, {"t", 0}, true);
  send();
  ASSERT_EQ(recorder_.sent.size(), 5u);
  EXPECT_EQ(recorder_.of<LeaderAndIsrRequest>().size(), 2u);
  EXPECT_TRUE(std::holds_alternative<LeaderAndIsrRequest>(recorder_.sent[1].second));
  EXPECT_TRUE(std::holds_alternative<UpdateMetadataRequest>(recorder_.sent[3].second));
  EXPECT_TRUE(std::holds_alternative<StopReplicaRequest>(recorder_.sent[4].second));
  EXPECT_TRUE(requests_.empty());
  send();
  EXPECT_EQ(recorder_.sent.size(), 5u) << "what was sent is not sent again";
}

TEST_F(ControlRequestsTest, LeaderAndIsrSaysItAll) {
  requests_.leader_and_isr(std::array{1}, {"t", 0}, true);
  requests_.leader_and_isr(std::array{1}, {"t", 0}, false);
  send();
  const auto request = recorder_.of<LeaderAndIsrRequest>().at(0).second;
  EXPECT_EQ(request.controller_id, 1);
  EXPECT_EQ(request.controller_epoch, 4);
  EXPECT_EQ(request.broker_epoch, 101);
  EXPECT_EQ(request.topic_states.at(0).topic_id, id_);
  const auto& state = request.topic_states[0].partition_states.at(0);
  EXPECT_EQ(state.controller_epoch, 3) << "of the controller that decided";
  EXPECT_EQ(state.leader_epoch, 5);
  EXPECT_EQ(state.partition_epoch, 9);
  EXPECT_TRUE(state.is_new) << "once new stays new";
  ASSERT_EQ(request.live_leaders.size(), 1u);
  EXPECT_EQ(request.live_leaders[0].host_name, "private");
  EXPECT_EQ(request.live_leaders[0].port, 7001);
}

TEST_F(ControlRequestsTest, MetadataNamesAllBrokersWithAllEndpoints) {
  context_.brokers[2].shutting_down = true;
  requests_.metadata_to_all({"t", 0});
  send();
  const auto sent = recorder_.of<UpdateMetadataRequest>();
  ASSERT_EQ(sent.size(), 2u) << "a broker that shuts down is told, too";
  EXPECT_EQ(sent[1].second.broker_epoch, 102);
  const auto& request = sent[0].second;
  ASSERT_EQ(request.live_brokers.size(), 2u);
  EXPECT_EQ(request.live_brokers[0].rack, "r1");
  EXPECT_FALSE(request.live_brokers[1].rack.has_value());
  ASSERT_EQ(request.live_brokers[0].endpoints.size(), 2u);
  EXPECT_EQ(request.live_brokers[0].endpoints[0].security_protocol, 3);
  EXPECT_EQ(request.live_brokers[0].endpoints[1].security_protocol, 0);
  EXPECT_EQ(request.topic_states.at(0).partition_states.at(0).offline_replicas, (std::vector<int32_t>{2}));
}

TEST_F(ControlRequestsTest, ContentsAreThoseOfTheMomentOfSending) {
  requests_.leader_and_isr(std::array{1}, {"t", 0}, false);
  context_.find({"t", 0})->leadership->leader_epoch = 6;
  requests_.leader_and_isr(std::array{1}, {"t", 1}, false);
  context_.topics["t"].partitions.erase(1);
  send();
  const auto request = recorder_.of<LeaderAndIsrRequest>().at(0).second;
  ASSERT_EQ(request.topic_states.at(0).partition_states.size(), 1u) << "a partition that is gone is left out";
  EXPECT_EQ(request.topic_states[0].partition_states[0].leader_epoch, 6);
}

TEST_F(ControlRequestsTest, UnregisteredBrokersAreLeftOut) {
  requests_.leader_and_isr(std::array{7, -1}, {"t", 0}, false);
  requests_.stop_replica(7, {"t", 0}, true, context_);
  send();
  EXPECT_TRUE(recorder_.of<LeaderAndIsrRequest>().empty());
  EXPECT_TRUE(recorder_.of<StopReplicaRequest>().empty());
  EXPECT_EQ(recorder_.of<UpdateMetadataRequest>().size(), 2u);
}

TEST_F(ControlRequestsTest, TopicsThatAreBeingDeleted) {
  requests_.stop_replica(2, {"t", 0}, false, context_);
  context_.topics_to_delete.insert("t");
  requests_.stop_replica(2, {"t", 1}, true, context_);
  requests_.metadata_to_all({"t", 0});
  send();
  const auto stop = recorder_.of<StopReplicaRequest>().at(0).second;
  const auto& states = stop.topic_states.at(0).partition_states;
  EXPECT_EQ(states.at(0).leader_epoch, 5) << "the epoch of the moment it was decided";
  EXPECT_FALSE(states[0].delete_partition);
  EXPECT_EQ(states.at(1).leader_epoch, -2);
  EXPECT_TRUE(states[1].delete_partition);
  const auto metadata = recorder_.of<UpdateMetadataRequest>().at(0).second;
  EXPECT_EQ(metadata.topic_states.at(0).partition_states.at(0).leader, -2);
}

TEST_F(ControlRequestsTest, APartitionWithoutALeaderIsNotTold) {
  context_.find({"t", 0})->leadership.reset();
  requests_.metadata_to_all({"t", 0});
  send();
  EXPECT_TRUE(recorder_.of<UpdateMetadataRequest>().at(0).second.topic_states.empty());
}

}  // namespace
}  // namespace meerkat::controller
