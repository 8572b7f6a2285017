// The config store against a real ZooKeeper.
#include "cluster/config_store.h"

#include <gtest/gtest.h>

#include "test/unit/zk/zk_test.h"
#include "zk/controller_lease.h"
#include "zk/payloads.h"
#include "zk/persistent_paths.h"
#include "zk/sequential.h"
#include "zk/tree.h"

namespace meerkat::cluster {
namespace {

using Told = std::pair<ConfigEntity, ConfigMap>;
const ConfigEntity kTopic = ConfigEntity::topic("t");

class ConfigStoreTest : public zk::ZkTest {
 protected:
  void SetUp() override {
    session_ = open(std::chrono::milliseconds(3000));
    ASSERT_TRUE(zk::create_persistent_paths(*session_).ok());
  }
  void TearDown() override { store_.reset(); }

  void start() {
    store_ = std::make_unique<ConfigStore>(*session_, clock_);
    store_->on_change([this](const ConfigEntity& e, const ConfigMap& c) { told_.put({e, c}); });
    zk::ZkStatus started = store_->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  /// Writes an entity as another broker would, without a notification.
  void write(const std::string& path, const std::string& json) {
    ASSERT_TRUE(zk::create_with_parents(*session_, "/config/" + path, json).ok());
  }
  void notify(const std::string& json) {
    ASSERT_TRUE(zk::create_notification(*session_, "/config/changes", "config_change_", json).ok());
  }

  ManualClock clock_;
  std::unique_ptr<zk::Session> session_;
  zk::Mailbox<Told> told_;
  std::unique_ptr<ConfigStore> store_;
};

TEST_F(ConfigStoreTest, loads_every_kind_of_entity) {
  const ConfigEntity all[] = {kTopic,
                              ConfigEntity::broker(1),
                              ConfigEntity::default_broker(),
                              {ConfigType::clients, "c 1/é", {}},
                              {ConfigType::users, "alice", "app1"},
                              {ConfigType::users, "bob", {}},
                              {ConfigType::users, "<default>", "<default>"},
                              {ConfigType::ips, "127.0.0.9", {}}};
  for (const auto& e : all) write(entity_path(e), zk::encode_config({{"name", e.name}}));
  write("topics/broken", "{");
  write("topics/empty", zk::encode_config({}));
  start();
  auto image = store_->image();
  for (const auto& e : all) EXPECT_EQ(image->of(e), (ConfigMap{{"name", e.name}})) << entity_path(e);
  EXPECT_TRUE(image->topic("broken").empty());
  EXPECT_TRUE(image->contains(ConfigEntity::topic("empty")));
  EXPECT_FALSE(image->contains({ConfigType::users, "alice", {}}));  // only the parent of a client's entry
  EXPECT_FALSE(image->contains(ConfigEntity::topic("none")));
  EXPECT_EQ(image->entities(ConfigType::users).size(), 3u);
  EXPECT_EQ(image->entities(ConfigType::topics).size(), 3u);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ConfigStoreTest, follows_changes_of_either_version) {
  notify("not for us: it was there before we loaded");
  start();
  auto before = store_->image();
  write("topics/t", zk::encode_config({{"a", "1"}}));
  notify(zk::encode_config_change("topics/t"));
  EXPECT_EQ(told_.take(), (Told{kTopic, {{"a", "1"}}}));
  EXPECT_EQ(store_->image()->topic("t"), (ConfigMap{{"a", "1"}}));
  EXPECT_FALSE(before->contains(kTopic));

  notify("nonsense");  // passed over
  notify(zk::encode_config_change("no/such/entity"));
  session_->run(zk::SetData{"/config/topics/t", zk::encode_config({}), -1});
  notify(R"({"version":1,"entity_type":"topics","entity_name":"t"})");
  EXPECT_EQ(told_.take(), (Told{kTopic, {}}));
  EXPECT_TRUE(store_->image()->contains(kTopic));

  session_->run(zk::Delete{"/config/topics/t", -1});
  notify(zk::encode_config_change("topics/t"));
  EXPECT_EQ(told_.take(), (Told{kTopic, {}}));
  EXPECT_FALSE(store_->image()->contains(kTopic));
}

TEST_F(ConfigStoreTest, writes_and_hears_of_it) {
  start();
  ASSERT_TRUE(zk::elect_controller(*session_, 1, 0)->lease);
  const ConfigEntity user{ConfigType::users, "alice", "app1"};
  ASSERT_TRUE(store_->set(user, {{"producer_byte_rate", "1048576"}}).ok());
  EXPECT_EQ(told_.take(), (Told{user, {{"producer_byte_rate", "1048576"}}}));
  EXPECT_EQ(session_->run(zk::Get{"/config/users/alice/clients/app1"}).data,
            R"({"version":1,"config":{"producer_byte_rate":"1048576"}})");
  EXPECT_EQ(session_->run(zk::Get{"/config/users/alice/clients"}).data, std::nullopt);
  EXPECT_EQ(session_->run(zk::Get{"/config/changes/config_change_0000000000"}).data,
            R"({"version":2,"entity_path":"users/alice/clients/app1"})");
  ASSERT_TRUE(store_->set(user, {}).ok());
  EXPECT_EQ(told_.take(), (Told{user, {}}));
  EXPECT_EQ(session_->run(zk::Get{"/config/users/alice/clients/app1"}).stat.version, 1);
}

TEST_F(ConfigStoreTest, writes_nothing_to_a_cluster_that_kraft_owns) {
  start();
  session_->run(zk::Create{"/controller", zk::encode(zk::ControllerNode{3000, 0, 5})});
  EXPECT_EQ(store_->set(kTopic, {}).error().code, zk::Code::controller_moved);
  EXPECT_EQ(session_->run(zk::Exists{"/config/topics/t"}).code, zk::Code::no_node);
}

TEST_F(ConfigStoreTest, reads_what_no_notification_tells) {
  start();
  write("topics/t", zk::encode_config({{"a", "1"}}));
  auto read = store_->read({kTopic, ConfigEntity::topic("none")});
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, (std::vector<ConfigMap>{{{"a", "1"}}, {}}));
  EXPECT_EQ(store_->image()->topic("t"), (ConfigMap{{"a", "1"}}));
  store_->forget({kTopic});
  EXPECT_FALSE(store_->image()->contains(kTopic));
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(store_->read({})->empty());
}

TEST_F(ConfigStoreTest, catches_up_after_an_expired_session) {
  start();
  auto other = open();
  write("topics/t", zk::encode_config({{"a", "1"}}));
  expire(*session_);
  ASSERT_TRUE(
      zk::create_notification(*other, "/config/changes", "config_change_", zk::encode_config_change("topics/t")).ok());
  EXPECT_EQ(told_.take(), (Told{kTopic, {{"a", "1"}}}));
  write("topics/u", zk::encode_config({{"b", "2"}}));
  ASSERT_TRUE(
      zk::create_notification(*other, "/config/changes", "config_change_", zk::encode_config_change("topics/u")).ok());
  EXPECT_EQ(told_.take(), (Told{ConfigEntity::topic("u"), {{"b", "2"}}}));
}

TEST_F(ConfigStoreTest, purges_notifications_after_a_quarter_of_an_hour) {
  notify(zk::encode_config_change("topics/old"));
  start();
  zk::Stat stat = session_->run(zk::Exists{"/config/changes/config_change_0000000000"}).stat;
  clock_.advance_ms(stat.ctime_ms - clock_.wall_ms() + 15 * 60 * 1000);
  notify(zk::encode_config_change("topics/a"));
  EXPECT_EQ(told_.take().first, ConfigEntity::topic("a"));
  EXPECT_TRUE(session_->run(zk::Exists{"/config/changes/config_change_0000000000"}).ok());
  clock_.advance_ms(1);
  notify(zk::encode_config_change("topics/b"));
  EXPECT_EQ(told_.take().first, ConfigEntity::topic("b"));
  session_->run(zk::Sync{});  // the deletion was sent before the store read the notification
  EXPECT_EQ(session_->run(zk::Exists{"/config/changes/config_change_0000000000"}).code, zk::Code::no_node);
  EXPECT_TRUE(session_->run(zk::Exists{"/config/changes/config_change_0000000002"}).ok());
}

TEST_F(ConfigStoreTest, thousands_of_topics_are_loaded_in_one_batch) {
  constexpr int kTopics = 3000;
  std::vector<zk::Request> creates;
  for (int i = 0; i < kTopics; i++) {
    creates.push_back(
        zk::Create{"/config/topics/t" + std::to_string(i), zk::encode_config({{"i", std::to_string(i)}})});
  }
  for (const auto& r : session_->run(std::move(creates))) ASSERT_TRUE(r.ok());
  start();
  EXPECT_EQ(store_->image()->entities(ConfigType::topics).size(), static_cast<size_t>(kTopics));
  EXPECT_EQ(store_->image()->topic("t2999").at("i"), "2999");
}

}  // namespace
}  // namespace meerkat::cluster
