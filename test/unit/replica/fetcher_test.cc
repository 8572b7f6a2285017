#include "replica/fetcher.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/server.h"
#include "replica/fetch.h"
#include "replica/fetcher_session.h"
#include "replica/list_offsets.h"
#include "replica/replica_fetchers.h"
#include "replica_fixture.h"
#include "wire/header.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;

// ---- The session

WantedPartitions want(std::map<int32_t, int64_t> offsets, Uuid id = topic_id()) {
  WantedPartitions wanted;
  for (auto [index, offset] : offsets) {
    WantedPartition w{.topic_id = id};
    w.ask.partition = index;
    w.ask.fetch_offset = offset;
    wanted[{"t", index}] = w;
  }
  return wanted;
}

FetchRequest prepare(FetcherSession& session, const WantedPartitions& wanted, bool by_id = true) {
  FetchRequest request;
  session.prepare(wanted, by_id, request);
  return request;
}

std::vector<int32_t> asked(const FetchRequest& r) {
  std::vector<int32_t> out;
  for (const auto& t : r.topics) {
    for (const auto& p : t.partitions) out.push_back(p.partition);
  }
  return out;
}

FetchResponse answer(int32_t session, ErrorCode error = ErrorCode::none) {
  FetchResponse r;
  r.session_id = session;
  r.error_code = error;
  return r;
}

using Indexes = std::vector<int32_t>;

TEST(FetcherSession, NamesAllOnceThenOnlyChanges) {
  FetcherSession session;
  auto r = prepare(session, want({{0, 1}, {1, 1}}));
  EXPECT_EQ(r.session_id, 0);
  EXPECT_EQ(r.session_epoch, 0);
  EXPECT_EQ(asked(r), (Indexes{0, 1}));
  EXPECT_TRUE(session.on_response(answer(77)));

  r = prepare(session, want({{0, 1}, {1, 5}, {2, 0}}));
  EXPECT_EQ(r.session_id, 77);
  EXPECT_EQ(r.session_epoch, 1);
  EXPECT_EQ(asked(r), (Indexes{1, 2}));
  EXPECT_TRUE(r.forgotten_topics_data.empty());
  EXPECT_TRUE(session.on_response(answer(77)));

  r = prepare(session, want({{2, 0}}));
  EXPECT_EQ(r.session_epoch, 2);
  EXPECT_EQ(asked(r), (Indexes{}));
  ASSERT_EQ(r.forgotten_topics_data.size(), 1u);
  EXPECT_EQ(r.forgotten_topics_data[0].topic_id, topic_id());
  EXPECT_EQ(r.forgotten_topics_data[0].partitions, (Indexes{0, 1}));
}

TEST(FetcherSession, ARecreatedTopicIsForgottenUnderItsOldId) {
  FetcherSession session;
  prepare(session, want({{0, 1}}));
  session.on_response(answer(77));
  const auto r = prepare(session, want({{0, 1}}, topic_id(2)));
  EXPECT_EQ(asked(r), (Indexes{0}));
  EXPECT_EQ(r.topics[0].topic_id, topic_id(2));
  EXPECT_EQ(r.forgotten_topics_data.at(0).topic_id, topic_id(1));
}

TEST(FetcherSession, BeginsAnewWhenTheSessionIsLost) {
  struct {
    const char* what;
    std::function<void(FetcherSession&)> lose;
    int32_t id_after;
  } const cases[] = {
      {"unknown id", [](auto& s) { s.on_response(answer(0, ErrorCode::fetch_session_id_not_found)); }, 0},
      {"wrong epoch", [](auto& s) { s.on_response(answer(0, ErrorCode::invalid_fetch_session_epoch)); }, 77},
      {"broken connection", [](auto& s) { s.on_failure(); }, 77},
      {"the leader gave none", [](auto& s) { EXPECT_TRUE(s.on_response(answer(0))); }, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    FetcherSession session;
    prepare(session, want({{0, 1}}));
    session.on_response(answer(77));
    prepare(session, want({{0, 1}}));
    c.lose(session);
    const auto r = prepare(session, want({{0, 1}}));
    EXPECT_EQ(r.session_epoch, 0);
    EXPECT_EQ(r.session_id, c.id_after) << "a full request that names a session closes it";
    EXPECT_EQ(asked(r), (Indexes{0}));
  }
}

TEST(FetcherSession, BeginsAnewWhenTopicIdsComeOrGo) {
  FetcherSession session;
  prepare(session, want({{0, 1}}), false);
  session.on_response(answer(77));
  EXPECT_EQ(prepare(session, want({{0, 1}}), true).session_epoch, 0);
}

// ---- Two brokers over a socket

/// Serves a leader's partitions.
class LeaderServer : public net::FrameHandler {
 public:
  explicit LeaderServer(ReplicaContext& context) : context_(context), server_({.network_threads = 1}, *this) {
    auto bound = server_.bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0});
    EXPECT_TRUE(bound.ok());
    port = *bound;
    server_.enable_processing();
  }
  ~LeaderServer() override { server_.stop(std::chrono::milliseconds(0)); }

  void on_frame(const std::shared_ptr<net::Peer>& peer, net::Frame frame, net::Responder responder) override {
    size_t used = 0;
    auto header = wire::decode_request_header(frame.bytes, &used);
    ASSERT_TRUE(header.ok());
    EXPECT_EQ(header->client_id, "broker-2-fetcher-0");
    if (header->request_api_key == FetchRequest::kKey) {
      serve<FetchRequest, FetchResponse>(handle_fetch, *peer, *header, frame, used, std::move(responder));
    } else {
      serve<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(handle_list_offsets, *peer, *header, frame, used,
                                                                 std::move(responder));
    }
  }
  bool may_pipeline(ByteView) const override { return false; }

  int port = 0;

 private:
  template <class Request, class Response, class Handler>
  void serve(Handler handler, net::Peer& peer, const wire::RequestHeader& header, const net::Frame& frame, size_t used,
             net::Responder responder) {
    const int16_t version = header.request_api_version;
    auto request = wire::decode<Request>(ByteView(frame.bytes).subspan(used), version);
    ASSERT_TRUE(request.ok());
    RequestContext who;
    who.loop = peer.loop;
    who.version = version;
    handler(context_, who, *request, [header, version, responder = std::move(responder)](Response response) mutable {
      responder.send(wire::encode_response(header, version, response));
    });
  }

  ReplicaContext& context_;
  net::Server server_;
};

/// Broker 2, following broker 1.
struct FollowerBroker {
  explicit FollowerBroker(int leader_port, int32_t wait_max_ms = 100) : wait_ms(wait_max_ms) {
    wire::UpdateMetadataRequest update;
    update.live_brokers.resize(1);
    update.live_brokers[0].id = 1;
    update.live_brokers[0].endpoints = {{leader_port, "127.0.0.1", "PLAINTEXT", 0}};
    states.apply(update);
  }
  ~FollowerBroker() { fetchers.stop(); }
  void follow(int32_t epoch, Uuid id = topic_id(), const std::string& topic = "t") {
    wire::LeaderAndIsrRequest r;
    wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState s;
    s.leader = 1;
    s.leader_epoch = s.partition_epoch = epoch;
    s.isr = {1};
    s.replicas = {1, 2};
    s.is_new = true;
    r.topic_states.push_back({topic, id, {s}});
    EXPECT_EQ(states.apply(7, r).topics.at(0).partition_errors.at(0).error_code, ErrorCode::none);
  }
  std::shared_ptr<storage::Log> log(const std::string& topic = "t") {
    const auto map = context.partitions.current();
    return (*map->find(topic, 0))->log();
  }

  const int32_t wait_ms;
  TempDir dir;
  IdleScheduler scheduler;
  std::unique_ptr<storage::LogManager> logs = open_logs(dir.path(), scheduler, Clock::system(), {});
  cluster::MetadataCache cache;
  FakeIsrChanges isr_changes;
  ReplicaContext context{{.broker_id = 2}, *logs, cache, isr_changes};
  ReplicaFetchers fetchers{context, {.wait_max_ms = wait_ms, .backoff_ms = 5}};
  StateChanges states{context, &fetchers, {}};
};

class FetchersTest : public ReplicaTest {
 protected:
  void lead(int32_t epoch) {
    ASSERT_EQ(assign("t", {.epoch = epoch, .isr = {1}, .replicas = {1, 2}, .partition_epoch = epoch}), ErrorCode::none);
  }
  void produce(int records) {
    auto p = partition("t");
    ASSERT_TRUE(append(*p, batch_of(records)).ok());
    settle(context, p, last_effects);
  }
  /// Waits until the follower has everything, high watermark included; the limit is only for a test that fails.
  void expect_same_logs() {
    const auto ours = partition("t")->log();
    const auto theirs = follower->log();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (theirs->log_end_offset() != ours->log_end_offset() || theirs->high_watermark() != ours->high_watermark() ||
           theirs->log_start_offset() != ours->log_start_offset()) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up)
          << "leader " << ours->log_end_offset() << ", follower " << theirs->log_end_offset();
      std::this_thread::yield();
    }
    const auto read = [](storage::Log& log) {
      auto bytes = log.read_bytes(log.log_start_offset(), 1 << 20, storage::ReadBound::log_end);
      EXPECT_TRUE(bytes.ok());
      return *bytes;
    };
    EXPECT_EQ(read(*theirs), read(*ours));
  }

  LeaderServer server{context};
  std::unique_ptr<FollowerBroker> follower = std::make_unique<FollowerBroker>(server.port);
};

TEST_F(FetchersTest, CopiesWhatIsThereAndWhatComes) {
  lead(0);
  produce(5);
  follower->follow(0);
  expect_same_logs();
  for (int i = 0; i < 20; ++i) produce(3);
  expect_same_logs();
  EXPECT_EQ(isr_changes.take().proposal.isr, (std::vector<int32_t>{1, 2})) << "it has caught up";
}

TEST_F(FetchersTest, WaitsForALeaderThatDoesNotKnowItYet) {
  follower->follow(0);
  lead(0);
  produce(5);
  expect_same_logs();
}

TEST_F(FetchersTest, ANewPartitionDoesNotWaitForTheRecordsOfOthers) {
  follower.reset();
  follower = std::make_unique<FollowerBroker>(server.port, 3'600'000);
  lead(0);
  produce(5);
  follower->follow(0);
  expect_same_logs();  // and from now on a fetch waits for more, for an hour
  ASSERT_EQ(assign("u", {.epoch = 0, .isr = {1}, .replicas = {1, 2}, .id = topic_id(2)}), ErrorCode::none);
  auto u = partition("u");
  ASSERT_TRUE(append(*u, batch_of(3)).ok());
  follower->follow(0, topic_id(2), "u");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (follower->log("u")->log_end_offset() != 3 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  EXPECT_EQ(follower->log("u")->log_end_offset(), 3);
}

TEST_F(FetchersTest, TruncatesWhatTheLeaderDoesNotHave) {
  lead(0);
  produce(5);
  follower->follow(0);
  expect_same_logs();
  follower->fetchers.unfollow({{"t", 0}});
  // As if it had led epoch 1 for a while, alone.
  auto batch = batch_of(4, 10, {.base_offset = 5, .leader_epoch = 1});
  ASSERT_TRUE(follower->log()->append_as_follower(batch).ok());
  lead(2);
  produce(7);
  follower->follow(2);
  expect_same_logs();
  EXPECT_EQ(follower->log()->end_offset_for_epoch(0).end_offset, 5);
}

TEST_F(FetchersTest, StartsOverWhereTheLeadersLogBegins) {
  brokers({1});  // the leader holds the follower's broker for dead, so it does not wait for it
  lead(0);
  produce(5);
  follower->follow(0);
  expect_same_logs();
  follower->fetchers.unfollow({{"t", 0}});
  produce(10);
  Effects effects;
  ASSERT_TRUE(partition("t")->delete_records(10, effects).ok());
  lead(1);
  follower->follow(1);
  expect_same_logs();
  EXPECT_EQ(follower->log()->log_start_offset(), 10);
}

TEST_F(FetchersTest, MayBeStoppedAtAnyTime) {
  lead(0);
  follower->follow(0);
  for (int i = 0; i < 10; ++i) produce(1);
  follower.reset();
  produce(1);
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 11);
}

}  // namespace
}  // namespace meerkat::replica
