#include "replica/apply.h"

#include "replica_fixture.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;

class ApplyTest : public ReplicaTest {
 protected:
  wire::StopReplicaResponse stop(const std::string& topic, int32_t epoch, bool remove, int32_t partition = 0) {
    wire::StopReplicaRequest r;
    r.controller_epoch = 1;
    r.topic_states.push_back({topic, {{partition, epoch, remove}}});
    return states.apply(4, r);
  }
  ErrorCode stop_code(const std::string& topic, int32_t epoch, bool remove, int32_t partition = 0) {
    const auto response = stop(topic, epoch, remove, partition);
    EXPECT_EQ(response.error_code, ErrorCode::none);
    return response.partition_errors.at(0).error_code;
  }
  bool directory_exists(const std::string& name) { return std::filesystem::exists(dir.path() + "/" + name); }
};

TEST_F(ApplyTest, CreatesLeadsAndFindsAPartition) {
  const auto response = lisr("t", {.leader = 1, .epoch = 0});
  EXPECT_EQ(response.error_code, ErrorCode::none);
  ASSERT_EQ(response.topics.size(), 1u);
  EXPECT_EQ(response.topics[0].topic_id, topic_id());
  EXPECT_TRUE(response.partition_errors.empty());
  auto p = partition("t");
  ASSERT_NE(p, nullptr);
  EXPECT_TRUE(p->is_leader());
  EXPECT_EQ(p->log()->topic_id(), topic_id());
  EXPECT_EQ(*context.partitions.current()->find(topic_id(), 0), p);
  EXPECT_EQ(context.partitions.current()->find("t", 1), nullptr);
  EXPECT_TRUE(directory_exists("t-0"));
}

TEST_F(ApplyTest, AnswersOldVersionsByName) {
  const auto response = lisr("t", {}, 4);
  EXPECT_TRUE(response.topics.empty());
  ASSERT_EQ(response.partition_errors.size(), 1u);
  EXPECT_EQ(response.partition_errors[0].topic_name, "t");
}

TEST_F(ApplyTest, EpochsOfControllerAndBroker) {
  context.broker_epoch = 100;
  EXPECT_EQ(lisr("t", {.controller_epoch = 5, .broker_epoch = 99}).error_code, ErrorCode::stale_broker_epoch);
  EXPECT_EQ(lisr("t", {.controller_epoch = 5, .broker_epoch = 101}).error_code, ErrorCode::none)
      << "the controller may know our registration first";
  const auto stale = lisr("t", {.controller_epoch = 4, .broker_epoch = 101});
  EXPECT_EQ(stale.error_code, ErrorCode::stale_controller_epoch);
  EXPECT_EQ(stale.topics.at(0).partition_errors.at(0).error_code, ErrorCode::stale_controller_epoch);

  // All three requests share the epoch.
  wire::UpdateMetadataRequest update;
  update.controller_epoch = 4;
  EXPECT_EQ(states.apply(update).error_code, ErrorCode::stale_controller_epoch);
  wire::StopReplicaRequest stop;
  stop.controller_epoch = 4;
  EXPECT_EQ(states.apply(4, stop).error_code, ErrorCode::stale_controller_epoch);
  update.controller_epoch = 6;
  update.broker_epoch = 99;
  EXPECT_EQ(states.apply(update).error_code, ErrorCode::stale_broker_epoch);
  update.broker_epoch = -1;
  EXPECT_EQ(states.apply(update).error_code, ErrorCode::none);
  EXPECT_EQ(lisr("t", {.controller_epoch = 5}).error_code, ErrorCode::stale_controller_epoch);
}

TEST_F(ApplyTest, LeaderEpochsAndTopicIdsPerPartition) {
  ASSERT_EQ(assign("t", {.epoch = 5}), ErrorCode::none);
  struct {
    const char* what;
    Role role;
    ErrorCode code;
  } const cases[] = {
      {"an older epoch", {.epoch = 4}, ErrorCode::stale_controller_epoch},
      {"the same epoch", {.epoch = 5}, ErrorCode::stale_controller_epoch},
      {"another topic id", {.epoch = 6, .id = topic_id(2)}, ErrorCode::inconsistent_topic_id},
      {"not a replica",
       {.leader = 2, .epoch = 6, .isr = {2}, .replicas = {2, 3}},
       ErrorCode::unknown_topic_or_partition},
      {"no topic id: the one on disk stays", {.epoch = 6, .id = {}}, ErrorCode::none},
      {"newer", {.epoch = 7}, ErrorCode::none},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(assign("t", c.role), c.code);
  }
  EXPECT_EQ(partition("t")->leader_epoch(), 7);
  EXPECT_EQ(partition("t")->topic_id(), topic_id());
}

TEST_F(ApplyTest, ATopicIdMayComeWithinAnEpoch) {
  ASSERT_EQ(assign("t", {.id = {}}), ErrorCode::none);
  EXPECT_EQ(context.partitions.current()->find(topic_id(), 0), nullptr);
  EXPECT_EQ(assign("t", {}), ErrorCode::none);
  EXPECT_NE(context.partitions.current()->find(topic_id(), 0), nullptr);
  EXPECT_EQ(partition("t")->log()->topic_id(), topic_id());
  EXPECT_TRUE(partition("t")->is_leader());
}

TEST_F(ApplyTest, AnOlderPartitionEpochChangesNothing) {
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1, 2}, .replicas = {1, 2}, .partition_epoch = 9}), ErrorCode::none);
  EXPECT_EQ(assign("t", {.epoch = 2, .isr = {1}, .replicas = {1, 2}, .partition_epoch = 8}), ErrorCode::none);
  EXPECT_EQ(partition("t")->leader_epoch(), 1);
}

TEST_F(ApplyTest, UpdateMetadataBringsWhatTheControllerCommitted) {
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1}, .replicas = {1, 2}, .partition_epoch = 5}), ErrorCode::none);
  wire::UpdateMetadataRequest r;
  r.controller_epoch = 1;
  wire::UpdateMetadataRequest::UpdateMetadataPartitionState s;
  s.leader = 1;
  s.leader_epoch = 1;
  s.zk_version = 6;
  s.isr = {1, 2};
  r.topic_states.push_back({"t", topic_id(), {s}});
  ASSERT_EQ(states.apply(r).error_code, ErrorCode::none);
  EXPECT_EQ(partition("t")->view().isr, (std::vector<int32_t>{1, 2}));
}

TEST_F(ApplyTest, AFollowerWithoutALiveLeaderOnlyGetsItsLog) {
  EXPECT_EQ(assign("t", {.leader = 7, .isr = {7}, .replicas = {7, 1}}), ErrorCode::none);
  auto p = partition("t");
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->leader_epoch(), -1) << "so that the same epoch is accepted when the leader is known";
  EXPECT_NE(p->log(), nullptr);
  brokers({1, 7});
  EXPECT_EQ(assign("t", {.leader = 7, .isr = {7}, .replicas = {7, 1}}), ErrorCode::none);
  EXPECT_EQ(p->leader(), 7);
}

TEST_F(ApplyTest, LeadingANewEpochNotesItsStart) {
  ASSERT_EQ(assign("t", {.epoch = 0}), ErrorCode::none);
  ASSERT_TRUE(append(*partition("t"), batch_of(3)).ok());
  ASSERT_EQ(assign("t", {.epoch = 4, .partition_epoch = 1}), ErrorCode::none);
  const auto log = partition("t")->log();
  EXPECT_EQ(log->latest_epoch(), 4);
  EXPECT_EQ(log->end_offset_for_epoch(0), (storage::EpochEndOffset{0, 3})) << "though nothing was written since";
}

TEST_F(ApplyTest, StopReplicaChecksEpochsAndDeletes) {
  ASSERT_EQ(assign("t", {.epoch = 5}), ErrorCode::none);
  auto p = partition("t");
  EXPECT_EQ(stop_code("t", 4, true), ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(stop_code("t", 5, false), ErrorCode::none);
  EXPECT_NE(partition("t"), nullptr) << "stopping alone keeps it";
  EXPECT_EQ(stop_code("t", -2, true), ErrorCode::none) << "a topic's deletion overrides the epoch";
  EXPECT_EQ(partition("t"), nullptr);
  EXPECT_EQ(context.partitions.current()->find(topic_id(), 0), nullptr);
  EXPECT_FALSE(directory_exists("t-0"));
  EXPECT_EQ(p->ack_state({}).error().code, ErrorCode::not_leader_or_follower) << "who held it notices";
  EXPECT_EQ(stop_code("t", 5, true), ErrorCode::none) << "unknown is as good as deleted";
}

TEST_F(ApplyTest, ARecreatedTopicGetsAFreshLog) {
  ASSERT_EQ(assign("t", {.epoch = 5}), ErrorCode::none);
  ASSERT_TRUE(append(*partition("t"), batch_of(3)).ok());
  ASSERT_EQ(stop_code("t", -2, true), ErrorCode::none);
  ASSERT_EQ(assign("t", {.epoch = 0, .id = topic_id(2)}), ErrorCode::none);
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 0);
  EXPECT_NE(context.partitions.current()->find(topic_id(2), 0), nullptr);
}

TEST_F(ApplyTest, DeletesALogThatNoPartitionHolds) {
  // The topic went while this broker was down: its log was loaded, but no LeaderAndIsr named it since.
  ASSERT_TRUE(logs->get_or_create({"gone", 3}, topic_id()).ok());
  ASSERT_TRUE(directory_exists("gone-3"));
  EXPECT_EQ(stop_code("gone", -2, true, 3), ErrorCode::none);
  EXPECT_FALSE(directory_exists("gone-3"));
}

TEST_F(ApplyTest, AFailedDirectoryTakesItsPartitionsOutOfService) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  auto p = partition("t");
  states.apply_dir_failure(p->log()->parent_dir());
  EXPECT_TRUE(p->offline());
  EXPECT_EQ(hosted_partition(context, *context.partitions.current(), "t", 0).error().code,
            ErrorCode::kafka_storage_error);
  EXPECT_EQ(assign("t", {.epoch = 1}), ErrorCode::kafka_storage_error);
  EXPECT_EQ(stop_code("t", 1, true), ErrorCode::kafka_storage_error);
}

TEST_F(ApplyTest, PartitionsThatAreNotHere) {
  const auto code = [&](const std::string& topic) {
    return hosted_partition(context, *context.partitions.current(), topic, 0).error().code;
  };
  metadata("elsewhere", 2);
  EXPECT_EQ(code("elsewhere"), ErrorCode::not_leader_or_follower);
  EXPECT_EQ(code("nowhere"), ErrorCode::unknown_topic_or_partition);
}

/// Notes what the state thread tells others, in order.
class Witness : public Following, public LeadershipListener {
 public:
  void follow(const std::vector<std::shared_ptr<Partition>>& partitions) override {
    for (const auto& p : partitions) notes.push_back("follow " + p->name().to_string());
  }
  void unfollow(const std::vector<TopicPartition>& partitions) override {
    for (const auto& p : partitions) notes.push_back("unfollow " + p.to_string());
  }
  void on_leader(const TopicPartition& p, int32_t epoch) override {
    notes.push_back("lead " + p.to_string() + " " + std::to_string(epoch));
  }
  void on_resigned(const TopicPartition& p, int32_t epoch) override {
    notes.push_back("resign " + p.to_string() + " " + std::to_string(epoch));
  }
  std::vector<std::string> take() { return std::exchange(notes, {}); }
  std::vector<std::string> notes;
};

TEST_F(ApplyTest, TellsFetchersAndCoordinatorsInOrder) {
  Witness witness;
  StateChanges told(context, &witness, {&witness});
  const auto order = [&](int32_t leader, int32_t epoch) {
    wire::LeaderAndIsrRequest r;
    r.controller_epoch = 1;
    wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState s;
    s.leader = leader;
    s.leader_epoch = s.partition_epoch = epoch;
    s.isr = s.replicas = {1, 2};
    s.is_new = true;
    r.topic_states.push_back({"t", topic_id(), {s}});
    told.apply(7, r);
  };
  using Notes = std::vector<std::string>;
  order(1, 0);
  EXPECT_EQ(witness.take(), (Notes{"unfollow t-0", "lead t-0 0"}));
  order(2, 1);
  EXPECT_EQ(witness.take(), (Notes{"unfollow t-0", "follow t-0", "resign t-0 1"}));
  order(2, 1);
  EXPECT_EQ(witness.take(), Notes{}) << "nothing new, nothing told";
  wire::StopReplicaRequest stop;
  stop.controller_epoch = 1;
  stop.topic_states.push_back({"t", {{0, -2, true}}});
  told.apply(4, stop);
  EXPECT_EQ(witness.take(), (Notes{"unfollow t-0", "resign t-0 -1"}));
}

TEST_F(ApplyTest, TheStateThreadKeepsTheOrder) {
  std::promise<ErrorCode> led;
  wire::LeaderAndIsrRequest r;
  r.controller_epoch = 1;
  wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState s;
  s.leader = 9;  // alive only by the update before it
  s.isr = s.replicas = {9, 1};
  s.is_new = true;
  r.topic_states.push_back({"t", topic_id(), {s}});
  wire::UpdateMetadataRequest update;
  update.controller_epoch = 1;
  update.live_brokers.resize(1);
  update.live_brokers[0].id = 9;
  states.handle(std::move(update), [](wire::UpdateMetadataResponse) {});
  states.handle(7, std::move(r), [&](wire::LeaderAndIsrResponse response) { led.set_value(response.error_code); });
  EXPECT_EQ(led.get_future().get(), ErrorCode::none);
  EXPECT_EQ(partition("t")->leader(), 9);
}

}  // namespace
}  // namespace meerkat::replica
