// The store of ACLs against a real ZooKeeper.
#include "security/acl_store.h"

#include <gtest/gtest.h>

#include "event/pool.h"
#include "security/authorizer.h"
#include "test/unit/zk/zk_test.h"
#include "zk/payloads.h"
#include "zk/sequential.h"
#include "zk/tree.h"

namespace meerkat::security {
namespace {

AclBinding acl(std::string name, PatternType pattern, std::string principal, Operation operation) {
  return {{ResourceType::topic, std::move(name), pattern}, {std::move(principal), "*", operation, Permission::allow}};
}
const AclBinding kRead = acl("t", PatternType::literal, "User:alice", Operation::read);
const AclBinding kWrite = acl("t", PatternType::literal, "User:bob", Operation::write);
const AclBinding kPrefixed = acl("t", PatternType::prefixed, "User:alice", Operation::all);

class AclStoreTest : public zk::ZkTest {
 protected:
  /// A broker: its session and store. Destroyed in this order's reverse.
  struct Broker {
    std::unique_ptr<zk::Session> session;
    std::unique_ptr<AclStore> store;
    std::vector<AclBinding> acls() const { return store->image()->matching({}); }
  };
  Broker broker() {
    Broker made{open(std::chrono::milliseconds(4000)), nullptr};
    made.store = std::make_unique<AclStore>(*made.session, clock_, [this](Task task) {
      workers_.post([this, task = std::move(task)]() mutable {
        std::move(task)();
        scanned_.put(1);
      });
    });
    zk::ZkStatus started = made.store->start();
    EXPECT_TRUE(started.ok()) << started.error().message;
    return made;
  }
  std::optional<std::string> data(zk::Session& session, const std::string& path) {
    auto node = zk::get_if_exists(session, path);
    return *node ? (**node).data : std::nullopt;
  }
  /// What followers did is done when `done` holds; each scan gives it another chance.
  template <class Done>
  void await(Done done) {
    while (!done() && !HasFailure()) scanned_.take();
  }

  ManualClock clock_;
  zk::Mailbox<int> scanned_;
  event::Pool workers_{"acl-test", 2};
};

TEST_F(AclStoreTest, makes_kafkas_nodes) {
  auto one = broker();
  for (const char* path : {"/kafka-acl/Cluster", "/kafka-acl/DelegationToken", "/kafka-acl-extended/prefixed/Topic",
                           "/kafka-acl-extended/prefixed/User", "/kafka-acl-changes", "/kafka-acl-extended-changes"}) {
    EXPECT_TRUE(one.session->run(zk::Exists{path}).ok()) << path;
  }
}

TEST_F(AclStoreTest, writes_what_kafka_writes_and_tells_the_others) {
  auto one = broker();
  auto two = broker();
  for (const auto& done : one.store->add({kRead, kWrite, kPrefixed})) EXPECT_TRUE(done.ok());
  EXPECT_EQ(data(*one.session, "/kafka-acl/Topic/t"),
            R"({"version":1,"acls":[{"principal":"User:alice","permissionType":"Allow","host":"*","operation":"Read"},)"
            R"({"principal":"User:bob","permissionType":"Allow","host":"*","operation":"Write"}]})");
  EXPECT_EQ(data(*one.session, "/kafka-acl-changes/acl_changes_0000000000"), "TOPIC:t");
  EXPECT_EQ(data(*one.session, "/kafka-acl-extended-changes/acl_changes_0000000000"),
            R"({"version":1,"resourceType":"TOPIC","name":"t","patternType":"PREFIXED"})");
  EXPECT_EQ(one.acls().size(), 3u);
  await([&] { return two.acls() == one.acls(); });
  // The same again is no news.
  EXPECT_TRUE(one.store->add({kRead}).front().ok());
  EXPECT_EQ(data(*one.session, "/kafka-acl-changes/acl_changes_0000000001"), std::nullopt);
  auto removed = two.store->remove({{ResourceType::topic, "t", PatternType::any, "User:alice"}, {}});
  ASSERT_EQ(removed[0].size(), 2u);
  ASSERT_EQ(removed[1].size(), 1u);  // what the first has not taken
  EXPECT_EQ(removed[1][0].binding, kWrite);
  EXPECT_FALSE(one.session->run(zk::Exists{"/kafka-acl/Topic/t"}).ok());
  await([&] { return one.acls().empty(); });
}

TEST_F(AclStoreTest, two_writers_lose_nothing) {
  auto one = broker();
  auto two = broker();
  ASSERT_TRUE(one.store->add({kRead}).front().ok());
  // The second may not have heard of it: its write meets another version, or a node where it saw none.
  ASSERT_TRUE(two.store->add({kWrite}).front().ok());
  EXPECT_EQ(two.acls(), (std::vector<AclBinding>{kRead, kWrite}));
  // Nor may the first of that: a filter that names its resource finds what only ZooKeeper has.
  auto removed = one.store->remove({{ResourceType::topic, "t", PatternType::literal, "User:bob"}});
  ASSERT_EQ(removed[0].size(), 1u);
  EXPECT_EQ(removed[0][0].binding, kWrite);
  EXPECT_TRUE(removed[0][0].outcome.ok());
}

TEST_F(AclStoreTest, loads_what_is_there_and_reads_all_again_in_a_new_session) {
  auto writer = broker();
  for (const auto& done : writer.store->add({kRead, kPrefixed})) ASSERT_TRUE(done.ok());
  auto late = broker();
  EXPECT_EQ(late.acls(), writer.acls());
  expire(*late.session);
  ASSERT_TRUE(writer.store->add({kWrite}).front().ok());
  while (late.acls() != writer.acls() && !HasFailure()) std::this_thread::yield();
}

TEST_F(AclStoreTest, refuses_to_start_on_acls_that_it_does_not_understand) {
  { broker(); }
  auto session = open();
  ASSERT_TRUE(zk::create_with_parents(*session, "/kafka-acl/Topic/bad", "{").ok());
  AclStore store(*session, clock_, [](Task) {});
  auto started = store.start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find("/kafka-acl/Topic/bad"), std::string::npos);
}

TEST_F(AclStoreTest, deletes_notifications_after_a_quarter_of_an_hour) {
  auto one = broker();
  ASSERT_TRUE(one.store->add({kRead}).front().ok());
  const auto created = one.session->run(zk::Exists{"/kafka-acl-changes/acl_changes_0000000000"}).stat.ctime_ms;
  clock_.advance_ms(created + 15 * 60 * 1000 + 1 - clock_.wall_ms());
  ASSERT_TRUE(one.store->add({kWrite}).front().ok());
  await([&] { return !one.session->run(zk::Exists{"/kafka-acl-changes/acl_changes_0000000000"}).ok(); });
}

TEST_F(AclStoreTest, superusers_and_the_default_come_before_the_acls) {
  auto one = broker();
  ASSERT_TRUE(one.store->add({kRead}).front().ok());
  Authorizer strict({{"User:root"}, false}, *one.store), open({{}, true}, *one.store);
  auto may = [](Authorizer& a, std::string_view who, Operation operation, std::string_view topic) {
    return a.authorize({who, "10.0.0.1"}, operation, ResourceType::topic, topic);
  };
  EXPECT_TRUE(may(strict, "User:root", Operation::write, "t"));
  EXPECT_TRUE(may(strict, "User:alice", Operation::read, "t"));
  EXPECT_FALSE(may(strict, "User:alice", Operation::write, "t"));
  EXPECT_FALSE(may(strict, "User:alice", Operation::read, "u"));
  EXPECT_TRUE(may(open, "User:alice", Operation::read, "u"));
  EXPECT_FALSE(may(open, "User:alice", Operation::write, "t"));
  EXPECT_TRUE(strict.authorize_any({"User:root", ""}, Operation::write, ResourceType::topic));
  EXPECT_FALSE(strict.authorize_any({"User:alice", ""}, Operation::write, ResourceType::topic));
}

TEST(SuperUsersTest, parses_principals) {
  EXPECT_EQ(*parse_super_users(""), std::vector<std::string>());
  EXPECT_EQ(*parse_super_users(" User:a ; User:CN=b,O=c;"), (std::vector<std::string>{"User:a", "User:CN=b,O=c"}));
  auto wrong = parse_super_users("User:a;admin");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("super.users: 'admin'"), std::string::npos);
}

}  // namespace
}  // namespace meerkat::security
