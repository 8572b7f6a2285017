#include "zk/session.h"

#include <gtest/gtest.h>

#include "test/unit/zk/zk_test.h"

namespace meerkat::zk {
namespace {

using SessionTest = ZkTest;
using std::chrono::milliseconds;
using testing::UnorderedElementsAre;

TEST_F(SessionTest, answers_a_batch_by_index) {
  auto session = open();
  std::vector<Response> r =
      session->run({Create{"/a", std::nullopt}, Create{"/a/b", "text"}, Create{"/a/e", ""}, Create{"/a", "again"},
                    Get{"/a"}, Get{"/a/b"}, Get{"/a/e"}, Get{"/none"}, Exists{"/a"}, Exists{"/none"}, Children{"/a"},
                    SetData{"/a/b", "more", 0}, SetData{"/a/b", "less", 0}, Delete{"/a", -1}, Delete{"/a/b", 1}, Sync{},
                    Create{"/a/s-", "x", CreateMode::persistent_sequential}, Get{"nonsense"}});
  ASSERT_EQ(r.size(), 18u);
  EXPECT_EQ(r[0].path, "/a");
  EXPECT_EQ(r[3].code, Code::node_exists);
  EXPECT_FALSE(r[3].resent);
  EXPECT_EQ(r[4].data, std::nullopt);
  EXPECT_EQ(r[5].data, "text");
  EXPECT_EQ(r[5].stat.version, 0);
  EXPECT_GT(r[5].stat.czxid, 0);
  EXPECT_EQ(r[6].data, "");
  EXPECT_EQ(r[7].code, Code::no_node);
  EXPECT_EQ(r[7].error().message, "/none: node does not exist");
  EXPECT_EQ(r[8].stat.num_children, 2);
  EXPECT_EQ(r[9].code, Code::no_node);
  EXPECT_THAT(r[10].children, UnorderedElementsAre("b", "e"));
  EXPECT_EQ(r[11].stat.version, 1);
  EXPECT_EQ(r[12].code, Code::bad_version);
  EXPECT_EQ(r[13].code, Code::not_empty);
  EXPECT_TRUE(r[14].ok());
  EXPECT_TRUE(r[15].ok());
  EXPECT_EQ(r[16].path, "/a/s-0000000002");
  EXPECT_EQ(r[17].code, Code::bad_arguments);
}

TEST_F(SessionTest, multi_is_all_or_nothing) {
  auto session = open();
  Response good = session->run(Multi{
      {Create{"/m", std::nullopt, CreateMode::ephemeral}, SetData{"/m", "x", 0}, Create{"/q", "y"}, Check{"/q", 0}}});
  ASSERT_TRUE(good.ok());
  ASSERT_EQ(good.ops.size(), 4u);
  EXPECT_EQ(good.ops[0].path, "/m");
  EXPECT_EQ(good.ops[1].stat.version, 1);
  EXPECT_EQ(good.ops[1].stat.ephemeral_owner, session->id().id);

  Response bad = session->run(Multi{{Create{"/n", std::nullopt}, Check{"/q", 7}, Delete{"/q", -1}}});
  EXPECT_EQ(bad.code, Code::bad_version);
  ASSERT_EQ(bad.ops.size(), 3u);
  EXPECT_EQ(bad.ops[0].code, Code::ok);
  EXPECT_EQ(bad.ops[1].code, Code::bad_version);
  EXPECT_EQ(bad.ops[2].code, Code::runtime_inconsistency);
  EXPECT_EQ(bad.error().message, "/q: node has another version");
  EXPECT_EQ(session->run(Exists{"/n"}).code, Code::no_node);
}

TEST_F(SessionTest, resends_what_a_broken_connection_lost) {
  Mailbox<SessionState> states;
  Mailbox<std::vector<Response>> answers;
  test::ZooKeeperServer server;  // its own: the others must not suffer
  connect_ = server.connect();
  auto session = open(milliseconds(12000));
  session->on_state([&](SessionState s) { states.put(s); });
  int64_t id = session->id().id;
  ASSERT_TRUE(session->run(Create{"/counter", std::nullopt}).ok());
  std::vector<Request> batch;
  for (int i = 0; i < 300; i++) batch.push_back(SetData{"/counter", std::to_string(i), -1});
  server.pause();
  session->run_async(batch, [&](std::vector<Response> r) { answers.put(std::move(r)); });
  server.kill();
  states.await(SessionState::connecting);
  EXPECT_TRUE(answers.empty());
  server.start();
  std::vector<Response> r = answers.take();
  ASSERT_EQ(r.size(), 300u);
  int resent = 0;
  for (const auto& x : r) {
    EXPECT_TRUE(x.ok()) << x.error().message;
    resent += x.resent;
  }
  EXPECT_EQ(resent, session->options().max_in_flight);  // only what was on its way
  EXPECT_EQ(session->run(Get{"/counter"}).data, "299");
  EXPECT_EQ(session->id().id, id);
  EXPECT_EQ(session->generation(), 1u);
}

TEST_F(SessionTest, a_deadline_ends_the_wait) {
  Mailbox<Code> code;
  test::ZooKeeperServer server;
  connect_ = server.connect();
  auto session = open(milliseconds(12000));
  server.pause();
  EXPECT_EQ(session->run(Get{"/"}, milliseconds(50)).code, Code::operation_timeout);
  session->run_async(
      {Get{"/"}, Get{"/"}}, [&](std::vector<Response> r) { code.put(r[1].code); }, {}, milliseconds(50));
  EXPECT_EQ(code.take(), Code::operation_timeout);
  server.resume();
  EXPECT_TRUE(session->run(Get{"/"}).ok());
}

TEST_F(SessionTest, gives_up_on_a_request_that_is_too_large_for_the_server) {
  auto session = open();
  std::vector<Response> r =
      session->run({Create{"/small", "1"}, Create{"/large", std::string(1100000, 'x')}, Create{"/after", "2"}});
  EXPECT_EQ(r[1].code, Code::marshalling_error);
  EXPECT_THAT(r[1].error().message, testing::HasSubstr("jute.maxbuffer"));
  EXPECT_EQ(session->run(Get{"/small"}).data, "1");
  EXPECT_EQ(session->run(Get{"/after"}).data, "2");
  EXPECT_EQ(session->generation(), 1u);
}

TEST_F(SessionTest, callbacks_run_on_the_given_executor) {
  Mailbox<std::string> data;
  Mailbox<Task*> posted;
  Mailbox<size_t> empty;
  auto session = open();
  session->run_async(
      {Create{"/x", "1"}, Get{"/x"}}, [&](std::vector<Response> r) { data.put(*r[1].data); },
      [&](Task task) { posted.put(new Task(std::move(task))); });
  std::unique_ptr<Task> task(posted.take());
  EXPECT_TRUE(data.empty());
  (*task)();
  EXPECT_EQ(data.take(), "1");
  session->run_async({}, [&](std::vector<Response> r) { empty.put(r.size() + 1); });
  EXPECT_EQ(empty.take(), 1u);
  EXPECT_TRUE(session->run(std::vector<Request>{}).empty());
}

std::string text(const WatchEvent& e) {
  const char* names[] = {"created ", "deleted ", "changed ", "children "};
  return names[static_cast<int>(e.type)] + e.path;
}

TEST_F(SessionTest, watches_fire_once_and_are_armed_by_reading) {
  Mailbox<std::string> node, children;
  auto session = open();
  auto id = session->watch("/w", WatchKind::node, [&](const WatchEvent& e) { node.put(text(e)); });
  session->watch("/w", WatchKind::children, [&](const WatchEvent& e) { children.put(text(e)); });
  session->run(Exists{"/w"});
  session->run(Create{"/w", "1"});
  EXPECT_EQ(node.take(), "created /w");
  session->run({SetData{"/w", "not seen", -1}, Get{"/w"}, SetData{"/w", "2", -1}, SetData{"/w", "not seen", -1}});
  EXPECT_EQ(node.take(), "changed /w");
  session->run({Children{"/w"}, Create{"/w/c", ""}, Create{"/w/d", ""}});
  EXPECT_EQ(children.take(), "children /w");
  session->run({Delete{"/w/c"}, Delete{"/w/d"}, Children{"/w"}, Get{"/w"}, Delete{"/w"}});
  EXPECT_EQ(node.take(), "deleted /w");
  EXPECT_EQ(children.take(), "deleted /w");
  session->run(Exists{"/w"});
  session->unwatch(id);
  session->run({Create{"/w", ""}, Children{"/w"}, Create{"/w/x", ""}});
  EXPECT_EQ(children.take(), "children /w");  // events come in order: the creation was not told to anybody
  EXPECT_TRUE(node.empty());
}

TEST_F(SessionTest, watches_survive_a_broken_connection) {
  Mailbox<std::string> events;
  Mailbox<SessionState> states;
  test::ZooKeeperServer server;
  connect_ = server.connect();
  auto session = open(milliseconds(12000));
  auto other = open(milliseconds(12000));
  session->on_state([&](SessionState s) { states.put(s); });
  session->watch("/later", WatchKind::node, [&](const WatchEvent& e) { events.put(text(e)); });
  session->run(Exists{"/later"});
  server.kill();
  states.await(SessionState::connecting);
  server.start();
  states.await(SessionState::connected);
  ASSERT_TRUE(other->run(Create{"/later", ""}).ok());
  EXPECT_EQ(events.take(), "created /later");
}

TEST_F(SessionTest, a_new_session_follows_an_expired_one) {
  Mailbox<std::string> steps;
  Mailbox<Code> during;
  auto session = open();
  session->watch("/e", WatchKind::node, [&](const WatchEvent& e) { steps.put(text(e)); });
  auto handler = session->add_handler(
      {[&] {
         during.put(session->run(Get{"/"}).code);
         steps.put("before");
       },
       [&] {
         steps.put(session->run(Create{"/e", "2", CreateMode::ephemeral}).ok() ? "after" : "failed");
       }});
  ASSERT_TRUE(session->run(Create{"/e", "1", CreateMode::ephemeral}).ok());
  SessionId first = session->id();
  expire(*session);
  EXPECT_EQ(steps.take(), "before");
  EXPECT_EQ(during.take(), Code::session_expired);
  EXPECT_EQ(steps.take(), "after");
  EXPECT_GE(session->generation(), 2u);
  EXPECT_NE(session->id().id, first.id);
  EXPECT_TRUE(session->was_ours(first.id));
  EXPECT_TRUE(session->is_current(session->run(Get{"/e"}).stat.ephemeral_owner));
  session->remove_handler(handler);
  session->run({Get{"/e"}, SetData{"/e", "3", -1}});
  EXPECT_EQ(steps.take(), "changed /e");
}

TEST_F(SessionTest, silence_beyond_the_timeout_counts_as_expiry_and_the_session_is_taken_up_again) {
  Mailbox<std::string> steps;
  test::ZooKeeperServer server;
  connect_ = server.connect();
  auto session = open(milliseconds(4000));
  session->add_handler({[&] { steps.put("before"); }, [&] { steps.put("after"); }});
  ASSERT_TRUE(session->run(Create{"/e", "1", CreateMode::ephemeral}).ok());
  int64_t id = session->id().id;
  server.kill();
  EXPECT_EQ(steps.take(), "before");
  EXPECT_EQ(session->generation(), 2u);
  server.start();  // a server that starts gives every session its full timeout again
  EXPECT_EQ(steps.take(), "after");
  EXPECT_EQ(session->id().id, id);
  EXPECT_EQ(session->run(Get{"/e"}).stat.ephemeral_owner, id);
}

TEST_F(SessionTest, another_run_takes_a_session_over_or_closes_it) {
  auto session = open();
  ASSERT_TRUE(session->run(Create{"/mine", "", CreateMode::ephemeral}).ok());
  SessionId id = session->id();
  auto taken = open_with([&](Session::Options& o) { o.attach = id; });
  EXPECT_EQ(taken->id(), id);
  EXPECT_EQ(taken->run(Get{"/mine"}).stat.ephemeral_owner, id.id);
  taken->close();
  auto late = open_with([&](Session::Options& o) { o.attach = id; });  // over: a new one instead
  EXPECT_NE(late->id().id, id.id);
  EXPECT_EQ(late->run(Get{"/mine"}).code, Code::no_node);
  EXPECT_TRUE(close_session(late->options(), id).ok());
}

TEST_F(SessionTest, closing_answers_open_requests_and_ends_ephemerals) {
  auto session = open();
  auto other = open();
  session->run(Create{"/gone", "", CreateMode::ephemeral});
  session->close();
  session->close();
  EXPECT_EQ(session->run(Get{"/"}).code, Code::closing);
  EXPECT_EQ(session->state(), SessionState::closed);
  EXPECT_EQ(other->run(Exists{"/gone"}).code, Code::no_node);
}

TEST_F(SessionTest, an_orderly_end_does_not_wait_for_a_server_that_is_away) {
  test::ZooKeeperServer own;
  connect_ = own.connect();
  Mailbox<SessionState> states;
  Mailbox<Code> codes;
  auto session = open(std::chrono::seconds(40));
  session->on_state([&](SessionState s) { states.put(s); });
  EXPECT_TRUE(session->run(Exists{"/"}).ok());
  own.kill();
  states.await(SessionState::connecting);
  session->run_async({Exists{"/"}}, [&](std::vector<Response> r) { codes.put(r[0].code); });
  session->fail_while_disconnected();
  EXPECT_EQ(codes.take(), Code::closing) << "what waited";
  EXPECT_EQ(session->run(Exists{"/"}).code, Code::closing) << "what comes";
  own.start();
  states.await(SessionState::connected);
  EXPECT_TRUE(session->run(Exists{"/"}).ok()) << "a server that is there is still used";
}

TEST_F(SessionTest, says_whom_it_did_not_reach) {
  Session::Options options;
  options.connect = "127.0.0.1:1,no-such-host.invalid:2/chroot";
  options.connection_timeout = milliseconds(50);
  auto session = Session::open(options);
  ASSERT_FALSE(session.ok());
  EXPECT_THAT(session.error().message, testing::HasSubstr("127.0.0.1:1,no-such-host.invalid:2 did not answer within"));
  EXPECT_THAT(session.error().message, testing::HasSubstr("zookeeper.connection.timeout.ms"));
}

TEST_F(SessionTest, access_lists_follow_the_options) {
  open();  // makes the chroot
  auto session = open_with([](Session::Options& o) { o.secure_acls = true; });
  // Without authentication ZooKeeper refuses a list for the creator; the open paths work.
  EXPECT_EQ(session->run(Create{"/config", ""}).code, Code::invalid_acl);
  ASSERT_TRUE(session->run(Create{"/consumers", ""}).ok());
  EXPECT_EQ(session->run(GetAcl{"/consumers"}).acl, (AclList{Acl{}}));
  ASSERT_TRUE(session->run(SetAcl{"/consumers", {{1, "world", "anyone"}}, -1}).ok());
  EXPECT_EQ(session->run(Create{"/consumers/g", ""}).code, Code::no_auth);
}

TEST(AclTest, sensitive_paths_are_for_the_creator_alone) {
  const Acl all{31, "auth", ""}, read{1, "world", "anyone"}, open{};
  const struct {
    const char* path;
    AclList secure;
  } kRows[] = {
      {"/brokers/topics/t", {all, read}}, {"/config/users/alice", {all}},        {"/config/users", {all}},
      {"/config/usersx", {all, read}},    {"/config/brokers/1", {all}},          {"/consumers/g", {open}},
      {"/config/topics/t", {all, read}},  {"/delegation_token/tokens/x", {all}},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(default_acl(row.path, true), row.secure) << row.path;
    EXPECT_EQ(default_acl(row.path, false), AclList{open}) << row.path;
  }
}

}  // namespace
}  // namespace meerkat::zk
