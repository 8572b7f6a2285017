#include "cluster/topic_admin.h"

#include <gtest/gtest.h>

#include "test/fakes/zookeeper_server.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/persistent_paths.h"
#include "zk/session.h"
#include "zk/tree.h"

namespace meerkat::cluster {
namespace {

using wire::ErrorCode;

TEST(TopicName, Rules) {
  for (const char* good : {"a", "A-b_c.9", "__consumer_offsets"}) EXPECT_TRUE(check_topic_name(good).ok()) << good;
  EXPECT_TRUE(check_topic_name(std::string(249, 'x')).ok());
  const std::string bad[] = {"", ".", "..", std::string(250, 'x'), "a b", "a/b", "ä", "a\n", "a:b"};
  for (const auto& name : bad) {
    const auto checked = check_topic_name(name);
    ASSERT_FALSE(checked.ok()) << name;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_topic_exception);
  }
}

TEST(TopicName, DotAndUnderscoreCollide) {
  EXPECT_TRUE(topic_names_collide("a.b_c", "a_b.c"));
  EXPECT_TRUE(topic_names_collide("same", "same"));
  EXPECT_FALSE(topic_names_collide("a.b", "a-b"));
  EXPECT_FALSE(topic_names_collide("a.b", "a.bc"));
}

class TopicAdminTest : public ::testing::Test {
 protected:
  TopicAdminTest() {
    zk::Session::Options options;
    options.connect = test::ZooKeeperServer::shared().fresh_chroot();
    session_ = std::move(*zk::Session::open(options));
    EXPECT_TRUE(zk::create_persistent_paths(*session_).ok());
    admin_ = std::make_unique<TopicAdmin>(*session_, TopicAdmin::Settings{2, 3}, [](int32_t) { return 0; });
  }

  wire::Outcome<CreatedTopic> create(NewTopic topic, bool validate_only = false) {
    return admin_->create_topic(topic, alive_, validate_only);
  }
  ErrorCode refused(NewTopic topic) {
    const auto created = create(std::move(topic));
    return created.ok() ? ErrorCode::none : created.error().code;
  }
  ErrorCode grow(NewPartitions wanted) {
    const auto added = admin_->create_partitions(wanted, alive_);
    return added.ok() ? ErrorCode::none : added.error().code;
  }
  std::string data(const std::string& path) { return session_->run(zk::Get{path}).data.value_or("(nothing)"); }

  std::vector<BrokerRack> alive_{{3, {}}, {1, {}}, {2, {}}};
  std::unique_ptr<zk::Session> session_;
  std::unique_ptr<TopicAdmin> admin_;
};

TEST_F(TopicAdminTest, WritesConfigAndAssignment) {
  const auto created = create({.name = "t", .configs = {{"retention.ms", "1000"}}});
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_EQ(created->partitions(), 2);
  EXPECT_EQ(created->replication_factor(), 3);
  EXPECT_EQ(created->assignment, (Assignment{{0, {1, 2, 3}}, {1, {2, 3, 1}}})) << "brokers in the order of their ids";
  EXPECT_EQ(data("/config/topics/t"), R"({"version":1,"config":{"retention.ms":"1000"}})");
  const auto node = zk::decode_topic("t", data("/brokers/topics/t"));
  EXPECT_EQ(node->topic_id, created->id);
  EXPECT_EQ(node->partitions, created->assignment);
}

TEST_F(TopicAdminTest, ValidatesWithoutWriting) {
  const auto checked = create({.name = "t", .partitions = 4, .replication_factor = 1}, true);
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->partitions(), 4);
  EXPECT_TRUE(checked->id.is_zero());
  EXPECT_EQ(session_->run(zk::Exists{"/brokers/topics/t"}).code, zk::Code::no_node);
  EXPECT_EQ(session_->run(zk::Exists{"/config/topics/t"}).code, zk::Code::no_node);
}

TEST_F(TopicAdminTest, Refusals) {
  ASSERT_TRUE(create({.name = "a.b", .partitions = 1, .replication_factor = 1}).ok());
  const std::pair<NewTopic, ErrorCode> cases[] = {
      {{.name = "a.b"}, ErrorCode::topic_already_exists},
      {{.name = "a_b"}, ErrorCode::invalid_topic_exception},
      {{.name = "no/path"}, ErrorCode::invalid_topic_exception},
      {{.name = "t", .partitions = 0}, ErrorCode::invalid_partitions},
      {{.name = "t", .replication_factor = 4}, ErrorCode::invalid_replication_factor},
      {{.name = "t", .replication_factor = 0}, ErrorCode::invalid_replication_factor},
      {{.name = "t", .partitions = 1, .manual_assignment = {{0, {1}}}}, ErrorCode::invalid_request},
      {{.name = "t", .manual_assignment = {{0, {1, 1}}}}, ErrorCode::invalid_replica_assignment},
      {{.name = "t", .manual_assignment = {{1, {1}}}}, ErrorCode::invalid_replica_assignment},
      {{.name = "t", .configs = {{"retention.ms", std::nullopt}}}, ErrorCode::invalid_config},
      {{.name = "t", .configs = {{"no.such.config", "1"}}}, ErrorCode::invalid_config},
      {{.name = "t", .configs = {{"retention.ms", "soon"}}}, ErrorCode::invalid_config},
  };
  for (const auto& [topic, code] : cases) EXPECT_EQ(refused(topic), code) << topic.name;
  EXPECT_EQ(session_->run(zk::Exists{"/brokers/topics/t"}).code, zk::Code::no_node);
}

TEST_F(TopicAdminTest, ALeftOverConfigIsReplaced) {
  ASSERT_TRUE(zk::create_with_parents(*session_, "/config/topics/t", zk::encode_config({{"retention.ms", "1"}})).ok());
  ASSERT_TRUE(create({.name = "t"}).ok());
  EXPECT_EQ(data("/config/topics/t"), R"({"version":1,"config":{}})");
}

TEST_F(TopicAdminTest, AddsPartitions) {
  const auto created = create({.name = "t", .manual_assignment = {{0, {2, 3}}}});
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(grow({"t", 3, std::nullopt}), ErrorCode::none);
  EXPECT_EQ(grow({"t", 4, {{{1, 2}}}}), ErrorCode::none);
  const auto node = zk::decode_topic("t", data("/brokers/topics/t"));
  EXPECT_EQ(node->topic_id, created->id);
  EXPECT_EQ(node->partitions, (Assignment{{0, {2, 3}}, {1, {3, 2}}, {2, {1, 3}}, {3, {1, 2}}}));
}

TEST_F(TopicAdminTest, RefusesToAddPartitions) {
  ASSERT_TRUE(create({.name = "t", .manual_assignment = {{0, {1}}, {1, {2}}}}).ok());
  const std::pair<NewPartitions, ErrorCode> cases[] = {
      {{"nobody", 5, {}}, ErrorCode::unknown_topic_or_partition},
      {{"no/path", 5, {}}, ErrorCode::unknown_topic_or_partition},
      {{"t", 1, {}}, ErrorCode::invalid_partitions},
      {{"t", 2, {}}, ErrorCode::invalid_partitions},
      {{"t", 4, {{{1}}}}, ErrorCode::invalid_replica_assignment},
      {{"t", 3, {{{1, 2}}}}, ErrorCode::invalid_replica_assignment},
      {{"t", 3, {{{9}}}}, ErrorCode::invalid_replica_assignment},
  };
  for (const auto& [wanted, code] : cases) EXPECT_EQ(grow(wanted), code) << wanted.topic << " " << wanted.count;

  auto node = *zk::decode_topic("t", data("/brokers/topics/t"));
  node.adding_replicas[0] = {2};
  ASSERT_TRUE(session_->run(zk::SetData{"/brokers/topics/t", zk::encode(node)}).ok());
  EXPECT_EQ(grow({"t", 3, {}}), ErrorCode::reassignment_in_progress);
}

TEST_F(TopicAdminTest, MarksForDeletion) {
  ASSERT_TRUE(create({.name = "t"}).ok());
  EXPECT_TRUE(admin_->delete_topic("t").ok());
  EXPECT_TRUE(admin_->delete_topic("t").ok()) << "it is marked already";
  EXPECT_TRUE(session_->run(zk::Exists{"/admin/delete_topics/t"}).ok());
  EXPECT_EQ(refused({.name = "t"}), ErrorCode::topic_already_exists);
  EXPECT_EQ(admin_->delete_topic("nobody").error().code, ErrorCode::unknown_topic_or_partition);
}

}  // namespace
}  // namespace meerkat::cluster
