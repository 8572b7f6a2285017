// The controller as a whole, against a real ZooKeeper and brokers on sockets.
#include "controller/controller.h"

#include <gtest/gtest.h>

#include <future>

#include "cluster/topic_admin.h"
#include "test/fakes/zookeeper_server.h"
#include "test/unit/controller/fake_broker.h"
#include "wire/messages/07_controlled_shutdown.h"
#include "wire/messages/43_elect_leaders.h"
#include "wire/messages/45_alter_partition_reassignments.h"
#include "wire/messages/46_list_partition_reassignments.h"
#include "wire/messages/56_alter_partition.h"
#include "wire/messages/67_allocate_producer_ids.h"
#include "zk/controller_lease.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/persistent_paths.h"

namespace meerkat::controller {
namespace {

using wire::ErrorCode;

// A session, a registered broker and its candidate for controller.
struct Node {
  Node(int32_t id, const std::string& connect) : broker(id) {
    zk::Session::Options options;
    options.connect = connect;
    options.session_timeout = std::chrono::milliseconds(6000);
    auto opened = zk::Session::open(options);
    if (!opened) ADD_FAILURE() << opened.error().message;
    session = std::move(*opened);
    EXPECT_TRUE(zk::create_persistent_paths(*session).ok());
    registration = session->add_handler({[] {}, [this] { on_new_session(); }});
    Settings settings;
    settings.broker_id = id;
    candidate = std::make_unique<Controller>(settings, *session, Clock::system(),
                                             OwnBroker{[] { return false; }, [] { return nullptr; }});
    epoch = broker.register_in(*session);
  }
  ~Node() { leave(); }

  void on_new_session() {
    epoch = broker.register_in(*session);
    candidate->on_registered();
  }
  void leave() {
    if (!session) return;
    candidate->stop();
    session->remove_handler(registration);
    session->close();
    candidate.reset();
    session.reset();
  }

  FakeBroker broker;
  std::unique_ptr<zk::Session> session;
  zk::Session::HandlerId registration = 0;
  std::unique_ptr<Controller> candidate;
  std::atomic<int64_t> epoch{-1};
};

class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() : connect_(test::ZooKeeperServer::shared().fresh_chroot()) {}

  std::unique_ptr<Node> node(int32_t id) { return std::make_unique<Node>(id, connect_); }

  Uuid create(Node& via, const std::string& topic, cluster::Assignment assignment) {
    cluster::TopicAdmin admin(*via.session, {});
    cluster::NewTopic wanted;
    wanted.name = topic;
    wanted.manual_assignment = std::move(assignment);
    const auto created = admin.create_topic(wanted, {});
    EXPECT_TRUE(created.ok()) << created.error().message;
    return created->id;
  }

  template <class Response, class Call>
  Response ask(Call call) {
    auto done = std::make_shared<std::promise<Response>>();
    auto response = done->get_future();
    call([done](Response r) { done->set_value(std::move(r)); });
    return response.get();
  }

  std::string connect_;
};

TEST_F(ControllerTest, OneBrokerIsElectedAndDrivesItself) {
  auto one = node(1);
  one->candidate->start();
  ASSERT_TRUE(one->broker.saw("UMR e1 live=1"));
  EXPECT_TRUE(one->candidate->is_active());
  EXPECT_EQ(one->candidate->epoch(), 1);
  EXPECT_EQ(*zk::read_controller(*one->session), 1);
  EXPECT_EQ(one->session->run(zk::Get{zk::paths::kControllerEpoch}).data, "1");
  EXPECT_EQ(one->broker.last_header().client_id, "1") << "the client id is the controller's broker id";
  EXPECT_EQ(one->broker.last_header().request_api_version, 8);

  create(*one, "t", {{0, {1}}, {1, {1}}});
  ASSERT_TRUE(one->broker.saw("UMR t-1 leader=1"));
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0 leader=1 epoch=0 isr=1 new"));
  const auto state = one->session->run(zk::Get{"/brokers/topics/t/partitions/1/state"});
  EXPECT_EQ(zk::decode_partition_state("", *state.data)->leader, 1);
}

TEST_F(ControllerTest, ATopicGrowsAndIsDeleted) {
  auto one = node(1);
  one->candidate->start();
  create(*one, "t", {{0, {1}}});
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0"));
  cluster::TopicAdmin admin(*one->session, {});
  const cluster::BrokerRack alive[] = {{1, std::nullopt}};
  ASSERT_TRUE(admin.create_partitions({"t", 3, std::nullopt}, alive).ok());
  ASSERT_TRUE(one->broker.saw("LISR e1 t-2 leader=1 epoch=0 isr=1 new"));

  ASSERT_TRUE(admin.delete_topic("t").ok());
  ASSERT_TRUE(one->broker.saw("UMR t-2 leader=-2"));
  ASSERT_TRUE(one->broker.saw("STOP t-2 epoch=-2 delete"));
  // The nodes go on the controller's thread, behind the answer to StopReplica: once the name is free a new topic shows.
  while (admin.create_topic({.name = "t", .manual_assignment = {{0, {1}}}}, {}).ok() == false) {
    ASSERT_TRUE(one->session->run(zk::Sync{}).ok());
  }
  one->broker.forget();
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0 leader=1 epoch=0 isr=1 new"));
}

TEST_F(ControllerTest, TheNextOneTakesOver) {
  auto one = node(1);
  auto two = node(2);
  one->candidate->start();
  ASSERT_TRUE(one->broker.saw("UMR e1 live=1,2"));
  two->candidate->start();
  create(*two, "t", {{0, {1, 2}}});
  ASSERT_TRUE(two->broker.saw("LISR e1 t-0 leader=1 epoch=0 isr=1,2 new"));
  EXPECT_FALSE(two->candidate->is_active());

  one->leave();
  ASSERT_TRUE(two->broker.saw("UMR e2 live=2"));
  ASSERT_TRUE(two->broker.saw("LISR e2 t-0 leader=2 epoch=1 isr=2"));
  EXPECT_TRUE(two->candidate->is_active());
  EXPECT_EQ(two->candidate->epoch(), 2);
}

TEST_F(ControllerTest, ABrokerJoinsAndDies) {
  auto one = node(1);
  one->candidate->start();
  create(*one, "t", {{0, {2, 1}}});
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0 leader=1 epoch=0 isr=1 new"));
  auto two = node(2);
  ASSERT_TRUE(two->broker.saw("LISR e1 t-0 leader=1 epoch=0 isr=1"));
  EXPECT_EQ(two->broker.lines().front(), "UMR e1 live=1,2");
  one->broker.forget();
  two->leave();
  ASSERT_TRUE(one->broker.saw("UMR e1 live=1"));
}

TEST_F(ControllerTest, AnExpiredSessionEndsTheTermAndBeginsAnother) {
  auto one = node(1);
  one->candidate->start();
  create(*one, "t", {{0, {1}}});
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0"));
  const int64_t before = one->epoch;
  ASSERT_TRUE(zk::close_session(one->session->options(), one->session->id()).ok());
  ASSERT_TRUE(one->broker.saw("UMR e2 live=1"));
  ASSERT_TRUE(one->broker.saw("LISR e2 t-0 leader=1"));
  EXPECT_GT(one->epoch, before);
  EXPECT_EQ(one->candidate->epoch(), 2);
}

TEST_F(ControllerTest, AFencedControllerStandsAgain) {
  auto one = node(1);
  one->candidate->start();
  ASSERT_TRUE(one->broker.saw("UMR e1 live=1"));
  // As if another broker had been controller for a moment.
  ASSERT_TRUE(one->session->run(zk::SetData{zk::paths::kControllerEpoch, "5", -1}).ok());
  create(*one, "t", {{0, {1}}});
  ASSERT_TRUE(one->broker.saw("LISR e6 t-0 leader=1 epoch=0 isr=1"));
  for (const auto& line : one->broker.lines()) EXPECT_FALSE(line.starts_with("LISR e1")) << line;
}

TEST_F(ControllerTest, RequestsAreTriedAgainUntilTheyAreAnswered) {
  auto one = node(1);
  one->broker.break_next(3);
  one->candidate->start();
  ASSERT_TRUE(one->broker.saw("UMR e1 live=1"));
  EXPECT_EQ(one->broker.lines().front(), "BROKEN");
}

TEST_F(ControllerTest, ALeaderWhoseProcessDiesIsReplacedWhileItsSessionLives) {
  auto one = node(1);
  auto two = node(2);
  one->candidate->start();
  create(*one, "t", {{0, {2, 1}}});
  ASSERT_TRUE(two->broker.saw("LISR e1 t-0 leader=2 epoch=0 isr=2,1 new"));
  two->broker.die();
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0 leader=1 epoch=1 isr=1"));
  EXPECT_TRUE(one->session->run(zk::Exists{zk::paths::broker(2)}).ok());

  two->broker.forget();
  two->broker.revive();
  ASSERT_TRUE(two->broker.saw("LISR e1 t-0 leader=1 epoch=1 isr=1")) << "it is told everything anew";
  EXPECT_EQ(two->broker.lines().front(), "UMR e1 live=1,2");
}

TEST_F(ControllerTest, AControllerWhoseProcessDiesIsReplacedWhileItsSessionLives) {
  auto one = node(1);
  auto two = node(2);
  one->candidate->start();
  create(*two, "t", {{0, {1, 2}}});
  ASSERT_TRUE(two->broker.saw("LISR e1 t-0 leader=1 epoch=0 isr=1,2 new"));
  two->candidate->start();
  one->broker.wait_for_kin(2);  // of the controller's channel and of the other's vigil
  one->broker.die();
  ASSERT_TRUE(two->broker.saw("LISR e2 t-0 leader=2 epoch=1 isr=2"));
  EXPECT_TRUE(two->candidate->is_active());
  // This one was not dead but out of reach, and steps down when it sees who is controller now.
  one->broker.revive();
  ASSERT_TRUE(one->broker.saw("LISR e2 t-0 leader=2 epoch=1"));
  while (one->candidate->is_active()) ASSERT_TRUE(one->session->run(zk::Sync{}).ok());
}

TEST_F(ControllerTest, ARoleHandedOverIsTakenByAnother) {
  auto one = node(1);
  auto two = node(2);
  one->candidate->start();
  ASSERT_TRUE(two->broker.saw("UMR e1 live=1,2"));
  two->candidate->start();
  EXPECT_TRUE(one->candidate->hand_over(std::chrono::seconds(10)));
  EXPECT_EQ(one->candidate->current_controller(), 2);
  ASSERT_TRUE(one->broker.saw("UMR e2 live=1,2")) << "still served";
}

TEST_F(ControllerTest, AnswersRequestsOfBrokers) {
  auto one = node(1);
  one->candidate->start();
  ASSERT_TRUE(one->broker.saw("UMR e1 live=1"));

  wire::AllocateProducerIdsRequest ids;
  ids.broker_id = 1;
  ids.broker_epoch = one->epoch;
  const auto first = ask<wire::AllocateProducerIdsResponse>(
      [&](auto done) { one->candidate->allocate_producer_ids(ids, std::move(done)); });
  EXPECT_EQ(first.error_code, ErrorCode::none);
  EXPECT_EQ(first.producer_id_start, 0);
  EXPECT_EQ(first.producer_id_len, 1000);
  const auto second = ask<wire::AllocateProducerIdsResponse>(
      [&](auto done) { one->candidate->allocate_producer_ids(ids, std::move(done)); });
  EXPECT_EQ(second.producer_id_start, 1000);
  ids.broker_epoch = one->epoch + 1;
  EXPECT_EQ(ask<wire::AllocateProducerIdsResponse>([&](auto done) {
              one->candidate->allocate_producer_ids(ids, std::move(done));
            }).error_code,
            ErrorCode::stale_broker_epoch);
  ids.broker_id = 9;
  EXPECT_EQ(ask<wire::AllocateProducerIdsResponse>([&](auto done) {
              one->candidate->allocate_producer_ids(ids, std::move(done));
            }).error_code,
            ErrorCode::broker_id_not_registered);

  const Uuid id = create(*one, "t", {{0, {1}}});
  ASSERT_TRUE(one->broker.saw("LISR e1 t-0"));
  wire::AlterPartitionRequest alter;
  alter.broker_id = 1;
  alter.broker_epoch = one->epoch;
  auto& topic = alter.topics.emplace_back();
  topic.topic_id = id;
  topic.partitions.emplace_back().new_isr_with_epochs.emplace_back().broker_id = 1;
  const auto altered =
      ask<wire::AlterPartitionResponse>([&](auto done) { one->candidate->alter_partition(alter, 3, std::move(done)); });
  EXPECT_EQ(altered.topics.at(0).partitions.at(0).error_code, ErrorCode::none) << "it is so already";
}

TEST_F(ControllerTest, OneThatIsNotActiveSaysSo) {
  auto one = node(1);
  auto two = node(2);
  one->candidate->start();
  ASSERT_TRUE(one->broker.saw("UMR e1"));
  two->candidate->start();
  Controller& standby = *two->candidate;
  EXPECT_EQ(
      ask<wire::AlterPartitionResponse>([&](auto done) { standby.alter_partition({}, 3, std::move(done)); }).error_code,
      ErrorCode::not_controller);
  EXPECT_EQ(ask<wire::AllocateProducerIdsResponse>([&](auto done) {
              standby.allocate_producer_ids({}, std::move(done));
            }).error_code,
            ErrorCode::not_controller);
  EXPECT_EQ(ask<wire::ControlledShutdownResponse>([&](auto done) {
              standby.controlled_shutdown({}, 3, std::move(done));
            }).error_code,
            ErrorCode::stale_controller_epoch);
  EXPECT_EQ(ask<wire::ElectLeadersResponse>([&](auto done) { standby.elect_leaders({}, std::move(done)); }).error_code,
            ErrorCode::not_controller);
  EXPECT_EQ(standby.current_controller(), 1);
}

}  // namespace
}  // namespace meerkat::controller
