// Recipes against a real ZooKeeper, with the races that they have to win or lose properly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "test/unit/zk/zk_test.h"
#include "zk/cluster_id.h"
#include "zk/controller_lease.h"
#include "zk/paths.h"
#include "zk/persistent_paths.h"
#include "zk/producer_ids.h"
#include "zk/registration.h"
#include "zk/sequential.h"
#include "zk/tree.h"

namespace meerkat::zk {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class RecipesTest : public ZkTest {
 protected:
  void SetUp() override {
    session_ = open();
    ASSERT_TRUE(create_persistent_paths(*session_).ok());
  }
  static BrokerInfo broker(int32_t id, int32_t port) {
    return {id, {{"PLAINTEXT", "h", port, "PLAINTEXT"}}, {}, -1, 1, {}};
  }

  std::unique_ptr<Session> session_;
};

TEST_F(RecipesTest, persistent_paths_have_null_data_and_are_made_once) {
  for (const char* path : {"/consumers", "/brokers/seqid", "/config/ips", "/latest_producer_id_block", "/admin"}) {
    Response r = session_->run(Get{path});
    EXPECT_TRUE(r.ok()) << path;
    EXPECT_EQ(r.data, std::nullopt) << path;
  }
  session_->run(SetData{"/consumers", "kept", -1});
  EXPECT_TRUE(create_persistent_paths(*session_).ok());
  EXPECT_EQ(session_->run(Get{"/consumers"}).data, "kept");
}

TEST_F(RecipesTest, trees_grow_and_fall) {
  EXPECT_TRUE(create_with_parents(*session_, "/x/y/z", "data").ok());
  EXPECT_EQ(create_with_parents(*session_, "/x/y/z", "data").error().code, Code::node_exists);
  EXPECT_EQ((*get_if_exists(*session_, "/x/y/z"))->data, "data");
  EXPECT_EQ((*get_if_exists(*session_, "/x/y"))->data, std::nullopt);
  EXPECT_FALSE(*get_if_exists(*session_, "/x/q"));
  EXPECT_TRUE(delete_recursive(*session_, "/x").ok());
  EXPECT_FALSE(*get_if_exists(*session_, "/x"));
  EXPECT_TRUE(delete_recursive(*session_, "/x").ok());
  EXPECT_TRUE(children_or_none(*session_, "/x")->empty());
}

TEST_F(RecipesTest, all_brokers_agree_on_the_cluster_id) {
  EXPECT_EQ(*read_cluster_id(*session_), std::nullopt);
  std::vector<std::string> ids(4);
  std::vector<std::thread> threads;
  for (auto& id : ids) threads.emplace_back([&] { id = *create_or_get_cluster_id(*session_); });
  for (auto& t : threads) t.join();
  EXPECT_EQ(ids[0].size(), 22u);
  EXPECT_THAT(ids, testing::Each(ids[0]));
  EXPECT_EQ(*read_cluster_id(*session_), ids[0]);
}

TEST_F(RecipesTest, generated_broker_ids_are_unique) {
  EXPECT_EQ(*generate_broker_id(*session_, 1000), 1001);
  EXPECT_EQ(*generate_broker_id(*session_, 1000), 1002);
}

TEST_F(RecipesTest, registers_with_the_czxid_as_epoch) {
  auto epoch = register_broker(*session_, broker(1, 9092));
  ASSERT_TRUE(epoch.ok()) << epoch.error().message;
  Response r = session_->run(Get{"/brokers/ids/1"});
  EXPECT_EQ(r.stat.czxid, *epoch);
  EXPECT_EQ(r.stat.version, 1);
  EXPECT_TRUE(session_->is_current(r.stat.ephemeral_owner));
  EXPECT_EQ(*decode_broker(1, *r.data), broker(1, 9092));
  // Again within the session: the same registration; with new content: that content.
  EXPECT_EQ(*register_broker(*session_, broker(1, 9092)), *epoch);
  EXPECT_EQ(*register_broker(*session_, broker(1, 9093)), *epoch);
  EXPECT_EQ(*decode_broker(1, *session_->run(Get{"/brokers/ids/1"}).data), broker(1, 9093));
  ASSERT_TRUE(update_registration(*session_, broker(1, 9094)).ok());
  EXPECT_EQ(*decode_broker(1, *session_->run(Get{"/brokers/ids/1"}).data), broker(1, 9094));
}

TEST_F(RecipesTest, registration_refuses_a_taken_id_and_a_taken_address) {
  auto other = open();
  ASSERT_TRUE(register_broker(*other, broker(1, 9092)).ok());
  auto same_id = register_broker(*session_, broker(1, 1111));
  ASSERT_FALSE(same_id.ok());
  EXPECT_EQ(same_id.error().code, Code::node_exists);
  EXPECT_THAT(same_id.error().message, HasSubstr("broker id 1 is taken"));
  EXPECT_THAT(same_id.error().message, HasSubstr("h:9092"));
  auto same_address = register_broker(*session_, broker(2, 9092));
  ASSERT_FALSE(same_address.ok());
  EXPECT_THAT(same_address.error().message, HasSubstr("broker 1 is registered with one of our advertised addresses"));
}

TEST_F(RecipesTest, registration_waits_for_its_own_past) {
  auto past = open(milliseconds(20000));
  auto first = register_broker(*past, broker(1, 9092));
  ASSERT_TRUE(first.ok());
  Mailbox<int64_t> epochs;
  std::thread present([&] { epochs.put(*register_broker(*session_, broker(1, 9092))); });
  const std::string watched = connect_.substr(connect_.find('/')) + "/brokers/ids/1";
  while (server().ask("wchp").find(watched) == std::string::npos) std::this_thread::yield();
  EXPECT_TRUE(epochs.empty());
  past->close();
  EXPECT_GT(epochs.take(), *first);
  present.join();
}

TEST_F(RecipesTest, registration_gives_up_on_a_past_that_stays) {
  auto past = open(milliseconds(20000));
  ASSERT_TRUE(register_broker(*past, broker(1, 9092)).ok());
  auto hasty = open(milliseconds(300));
  auto refused = register_broker(*hasty, broker(1, 9092), milliseconds(0));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("has not expired within its timeout"));
}

TEST_F(RecipesTest, registers_again_under_a_new_epoch_after_an_expired_session) {
  Mailbox<int64_t> epochs;
  auto first = register_broker(*session_, broker(1, 9092));
  ASSERT_TRUE(first.ok());
  auto handler = session_->add_handler({{}, [&] { epochs.put(*register_broker(*session_, broker(1, 9092))); }});
  expire(*session_);
  EXPECT_GT(epochs.take(), *first);
  session_->remove_handler(handler);
}

TEST_F(RecipesTest, one_of_many_candidates_is_elected) {
  constexpr int kCandidates = 6;
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < kCandidates; i++) sessions.push_back(open());
  for (int round = 1; round <= 5; round++) {
    std::vector<Election> elections(kCandidates);
    std::vector<std::thread> threads;
    for (int i = 0; i < kCandidates; i++) {
      threads.emplace_back([&, i] { elections[i] = *elect_controller(*sessions[i], i, 1000); });
    }
    for (auto& t : threads) t.join();
    int winner = -1;
    for (int i = 0; i < kCandidates; i++) {
      if (!elections[i].lease) continue;
      EXPECT_EQ(winner, -1);
      winner = i;
    }
    ASSERT_NE(winner, -1);
    EXPECT_EQ(elections[winner].lease->epoch, round);
    EXPECT_EQ(elections[winner].lease->epoch_zk_version, round);  // created with 0, one more for each election
    for (const auto& e : elections) EXPECT_EQ(e.controller_id, winner);
    EXPECT_EQ(*read_controller(*session_), winner);
    EXPECT_EQ(session_->run(Get{"/controller"}).data, R"({"version":2,"timestamp":"1000","brokerid":)" +
                                                          std::to_string(winner) + R"(,"kraftControllerEpoch":-1})");
    EXPECT_EQ(session_->run(Get{"/controller"}).stat.czxid, session_->run(Get{"/controller_epoch"}).stat.mzxid);
    ASSERT_TRUE(resign_controller(*sessions[winner], *elections[winner].lease).ok());
    EXPECT_EQ(*read_controller(*session_), -1);
  }
}

TEST_F(RecipesTest, a_replaced_controller_can_write_nothing) {
  auto rival = open();
  ControllerLease old = *elect_controller(*session_, 1, 0)->lease;
  EXPECT_TRUE(unguard(session_->run(guarded(old, Create{"/written", "1"}))).ok());
  session_->run(Delete{"/controller", -1});
  ControllerLease fresh = *elect_controller(*rival, 2, 0)->lease;
  EXPECT_EQ(fresh.epoch, old.epoch + 1);
  std::vector<Response> r =
      session_->run({guarded(old, SetData{"/written", "2", -1}), guarded(old, Delete{"/written", -1}),
                     guarded(old, Create{"/more", ""}), guarded(fresh, SetData{"/written", "3", 0}),
                     guarded(fresh, SetData{"/written", "4", 0}), guarded(fresh, Delete{"/none", -1})});
  for (int i = 0; i < 3; i++) EXPECT_EQ(unguard(r[i]).code, Code::controller_moved);
  EXPECT_EQ(unguard(r[3]).stat.version, 1);
  EXPECT_EQ(unguard(r[4]).code, Code::bad_version);
  EXPECT_EQ(unguard(r[4]).error().message, "/written: node has another version");
  EXPECT_EQ(unguard(r[5]).code, Code::no_node);
  EXPECT_EQ(resign_controller(*session_, old).error().code, Code::controller_moved);
  EXPECT_EQ(*read_controller(*session_), 2);
}

TEST_F(RecipesTest, a_session_that_holds_the_controller_node_without_a_lease_is_elected_anew) {
  ControllerLease lost = *elect_controller(*session_, 1, 0)->lease;
  auto again = elect_controller(*session_, 1, 0);
  ASSERT_TRUE(again->lease);
  EXPECT_EQ(again->lease->epoch, lost.epoch + 1);
}

TEST_F(RecipesTest, the_next_controller_follows_an_expired_one) {
  auto first = open();
  ASSERT_TRUE(elect_controller(*first, 1, 0)->lease);
  Mailbox<WatchType> events;
  auto watch = session_->watch("/controller", WatchKind::node, [&](const WatchEvent& e) { events.put(e.type); });
  EXPECT_EQ(elect_controller(*session_, 2, 0)->controller_id, 1);
  expire(*first);
  EXPECT_EQ(events.take(), WatchType::deleted);
  EXPECT_EQ(elect_controller(*session_, 2, 0)->lease->epoch, 2);
  session_->unwatch(watch);  // our own election fires it too, perhaps after this function has ended
}

TEST_F(RecipesTest, stays_away_from_a_cluster_that_kraft_owns) {
  session_->run(Create{"/controller", encode(ControllerNode{3000, 0, 5})});
  EXPECT_EQ(read_controller(*session_).error().code, Code::controller_moved);
  EXPECT_EQ(elect_controller(*session_, 1, 0).error().code, Code::controller_moved);
}

TEST_F(RecipesTest, producer_id_blocks_never_overlap) {
  EXPECT_EQ(*allocate_producer_ids(*session_, 7), (ProducerIdBlock{7, 0, 999}));
  std::vector<int64_t> firsts(8);
  std::vector<std::thread> threads;
  for (auto& first : firsts) threads.emplace_back([&] { first = allocate_producer_ids(*session_, 1)->first; });
  for (auto& t : threads) t.join();
  EXPECT_THAT(firsts, testing::UnorderedElementsAre(1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000));
  session_->run(SetData{paths::kProducerIdBlock, encode(ProducerIdBlock{1, 0, INT64_MAX - 5}), -1});
  EXPECT_FALSE(allocate_producer_ids(*session_, 1).ok());
  session_->run(SetData{paths::kProducerIdBlock, "nonsense", -1});
  EXPECT_EQ(allocate_producer_ids(*session_, 1).error().code, Code::malformed);
}

TEST_F(RecipesTest, notifications_are_read_in_order_and_purged) {
  EXPECT_TRUE(read_notifications(*session_, "/n", "n_")->empty());
  for (int i = 0; i < 3; i++) EXPECT_TRUE(create_notification(*session_, "/n", "n_", std::to_string(i)).ok());
  session_->run(Create{"/n/other", ""});
  auto all = *read_notifications(*session_, "/n", "n_");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].sequence, 2);
  EXPECT_EQ(all[2].data, "2");
  EXPECT_EQ(all[2].path, "/n/n_0000000002");
  EXPECT_GT(all[2].created_ms, 0);
  EXPECT_EQ(read_notifications(*session_, "/n", "n_", 1)->size(), 1u);
  EXPECT_TRUE(delete_notifications(*session_, {all[0].path, "/n/gone"}).ok());
  ControllerLease stale{1, 1, 17};
  session_->run(Create{"/controller_epoch", "1"});
  EXPECT_EQ(delete_notifications(*session_, {all[1].path}, &stale).error().code, Code::controller_moved);
  ControllerLease current{1, 1, 0};
  EXPECT_TRUE(delete_notifications(*session_, {all[1].path, "/n/gone"}, &current).ok());
  EXPECT_EQ(read_notifications(*session_, "/n", "n_")->size(), 1u);
}

TEST(PathsTest, parts_and_numbers) {
  EXPECT_EQ(paths::partition_state("t", 3), "/brokers/topics/t/partitions/3/state");
  EXPECT_EQ(paths::consumer_offset("g", "t", 3), "/consumers/g/offsets/t/3");
  EXPECT_EQ(paths::parent("/a/b/c"), "/a/b");
  EXPECT_EQ(paths::parent("/a"), "/");
  EXPECT_EQ(paths::leaf("/a/b"), "b");
  EXPECT_EQ(paths::parse_id("12"), 12);
  for (const char* bad : {"", "x", "1x", " 1", "99999999999"}) EXPECT_EQ(paths::parse_id(bad), std::nullopt) << bad;
  EXPECT_EQ(paths::parse_sequence("config_change_0000000007", "config_change_"), 7);
  EXPECT_EQ(paths::parse_sequence("other_0000000007", "config_change_"), std::nullopt);
  EXPECT_EQ(paths::parse_sequence("config_change_", "config_change_"), std::nullopt);
}

}  // namespace
}  // namespace meerkat::zk
