#include "controller/isr_events.h"

#include "test/unit/controller/cluster_fixture.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;
using Ids = std::vector<int32_t>;

class IsrEvents : public ClusterTest {
 protected:
  void SetUp() override {
    for (int32_t id : {1, 2, 3}) add_broker(id);
    add_topic("t", {{0, {1, 2, 3}}});
    add_state("t", 0, 1, {1, 2}, 5);
    begin_quietly();
  }

  wire::AlterPartitionRequest proposal(Ids isr) {
    const Leadership& now = *partition("t", 0).leadership;
    wire::AlterPartitionRequest request;
    request.broker_id = 1;
    request.broker_epoch = term->context.brokers[1].epoch;
    auto& topic = request.topics.emplace_back();
    topic.topic_id = term->context.topics["t"].id;
    topic.topic_name = "t";
    auto& p = topic.partitions.emplace_back();
    p.leader_epoch = now.leader_epoch;
    p.partition_epoch = now.partition_epoch;
    for (int32_t b : isr) p.new_isr_with_epochs.emplace_back().broker_id = b;
    p.new_isr = isr;
    return request;
  }
};

TEST_F(IsrEvents, AnExpansionIsWrittenAndSpread) {
  const auto response = alter_partition(*term, proposal({1, 2, 3}), 3);
  const auto& p = response.topics.at(0).partitions.at(0);
  EXPECT_EQ(p.error_code, ErrorCode::none);
  EXPECT_EQ(p.leader_id, 1);
  EXPECT_EQ(p.leader_epoch, 5) << "the leader epoch stays";
  EXPECT_EQ(p.isr, (Ids{1, 2, 3}));
  EXPECT_EQ(p.partition_epoch, 1);
  EXPECT_EQ(state("t", 0).isr, (Ids{1, 2, 3}));
  EXPECT_EQ(state("t", 0).controller_epoch, 7);
  EXPECT_TRUE(channels.with("LISR").empty());
  EXPECT_EQ(channels.with("UMR 3 t"), (Lines{"UMR 3 t-0 leader=1 epoch=5 isr=1,2,3"}));
}

TEST_F(IsrEvents, Rules) {
  using Request = wire::AlterPartitionRequest;
  struct Case {
    const char* what;
    std::function<void(Request&)> change;
    int16_t version;
    ErrorCode whole;
    ErrorCode code;
  };
  const auto first = [](Request& r) -> Request::PartitionData& { return r.topics[0].partitions[0]; };
  const Case cases[] = {
      {"unknown broker", [](Request& r) { r.broker_id = 9; }, 3, ErrorCode::stale_broker_epoch, ErrorCode::none},
      {"old broker epoch", [](Request& r) { --r.broker_epoch; }, 3, ErrorCode::stale_broker_epoch, ErrorCode::none},
      {"newer broker epoch", [](Request& r) { ++r.broker_epoch; }, 3, ErrorCode::stale_broker_epoch, ErrorCode::none},
      {"unknown topic id", [](Request& r) { r.topics[0].topic_id = Uuid::random(); }, 3, ErrorCode::none,
       ErrorCode::unknown_topic_id},
      {"unknown topic name", [](Request& r) { r.topics[0].topic_name = "x"; }, 1, ErrorCode::none,
       ErrorCode::unknown_topic_or_partition},
      {"unknown partition", [&](Request& r) { first(r).partition_index = 5; }, 3, ErrorCode::none,
       ErrorCode::unknown_topic_or_partition},
      {"leader epoch ahead", [&](Request& r) { ++first(r).leader_epoch; }, 3, ErrorCode::none,
       ErrorCode::not_controller},
      {"partition epoch ahead", [&](Request& r) { ++first(r).partition_epoch; }, 3, ErrorCode::none,
       ErrorCode::not_controller},
      {"leader epoch behind", [&](Request& r) { --first(r).leader_epoch; }, 3, ErrorCode::none,
       ErrorCode::fenced_leader_epoch},
      {"partition epoch behind", [&](Request& r) { --first(r).partition_epoch; }, 3, ErrorCode::none,
       ErrorCode::invalid_update_version},
      {"recovered to recovering",
       [&](Request& r) {
         first(r).leader_recovery_state = 1;
         first(r).new_isr_with_epochs.resize(1);
       },
       3, ErrorCode::none, ErrorCode::invalid_request},
      {"recovering with followers in sync", [&](Request& r) { first(r).leader_recovery_state = 1; }, 3, ErrorCode::none,
       ErrorCode::invalid_request},
      {"dead member", [&](Request& r) { first(r).new_isr_with_epochs[2].broker_id = 9; }, 3, ErrorCode::none,
       ErrorCode::ineligible_replica},
      {"dead member, version 1", [&](Request& r) { first(r).new_isr[2] = 9; }, 1, ErrorCode::none,
       ErrorCode::operation_not_attempted},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    auto request = proposal({1, 2, 3});
    c.change(request);
    const auto plan = plan_isr_changes(term->context, request, c.version);
    EXPECT_EQ(plan.error, c.whole);
    EXPECT_TRUE(plan.writes.empty());
    if (c.whole == ErrorCode::none) {
      EXPECT_EQ(plan.errors, std::vector<ErrorCode>{c.code});
    }
  }
}

TEST_F(IsrEvents, TheSameProposalTwiceIsFine) {
  const auto request = proposal({1, 2, 3});
  EXPECT_EQ(alter_partition(*term, request, 3).topics[0].partitions[0].error_code, ErrorCode::none);
  zookeeper.writes.clear();
  const auto again = alter_partition(*term, request, 3);
  EXPECT_EQ(again.topics[0].partitions[0].error_code, ErrorCode::none);
  EXPECT_EQ(again.topics[0].partitions[0].partition_epoch, 1);
  EXPECT_TRUE(zookeeper.writes.empty());
}

TEST_F(IsrEvents, AShuttingDownBrokerDoesNotComeBackIntoTheIsr) {
  term->context.brokers[3].shutting_down = true;
  const auto response = alter_partition(*term, proposal({1, 2, 3}), 3);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::ineligible_replica);
}

TEST_F(IsrEvents, AStateChangedBehindOurBackIsReadAgain) {
  const auto request = proposal({1, 2, 3});
  add_state("t", 0, 1, {1}, 5, 7);
  const auto response = alter_partition(*term, request, 3);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::invalid_update_version);
  EXPECT_EQ(partition("t", 0).leadership->isr, (Ids{1}));
  EXPECT_EQ(alter_partition(*term, proposal({1, 2, 3}), 3).topics[0].partitions[0].error_code, ErrorCode::none);
}

TEST_F(IsrEvents, AReplacedControllerSaysSo) {
  zookeeper.put(zk::paths::kControllerEpoch, "8");
  EXPECT_EQ(alter_partition(*term, proposal({1, 2, 3}), 3).error_code, ErrorCode::not_controller);
  EXPECT_TRUE(store->lost());
  EXPECT_TRUE(channels.lines.empty());
}

TEST_F(IsrEvents, ARecoveredLeaderClearsItsMark) {
  zookeeper.put("/brokers/topics/t/partitions/0/state", zk::encode(zk::PartitionStateNode{7, 1, 6, {1}, true}));
  begin_quietly();
  auto request = proposal({1});
  const auto response = alter_partition(*term, request, 3);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none);
  EXPECT_FALSE(state("t", 0).recovering);
}

TEST_F(IsrEvents, NotificationsOfOldLeadersAreReadAndDeleted) {
  add_state("t", 0, 1, {1}, 5, 7);
  zookeeper.put("/isr_change_notification/isr_change_0000000003", zk::encode_isr_change({{"t", 0}, {"nobody", 1}}));
  on_isr_notifications(*term);
  EXPECT_EQ(partition("t", 0).leadership->isr, (Ids{1}));
  EXPECT_EQ(channels.with("UMR 2 t"), (Lines{"UMR 2 t-0 leader=1 epoch=5 isr=1"}));
  EXPECT_FALSE(zookeeper.has("/isr_change_notification/isr_change_0000000003"));
}

}  // namespace
}  // namespace meerkat::controller
