#include "replica/produce.h"

#include "replica_fixture.h"
#include "wire/messages/00_produce.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;
using wire::ProduceRequest;
using wire::ProduceResponse;

class ProduceTest : public ReplicaTest {
 protected:
  explicit ProduceTest(storage::LogConfig config = {}) : ReplicaTest(config) {}

  static ProduceRequest to(const std::string& topic, const Bytes& records, int16_t acks, int32_t timeout_ms = 60'000,
                           int32_t partition = 0) {
    ProduceRequest r;
    r.acks = acks;
    r.timeout_ms = timeout_ms;
    auto& data = r.topic_data.emplace_back();
    data.name = topic;
    data.partition_data.push_back({partition, {.view = records}});
    return r;
  }
  /// Sends on the loop; the answer arrives in `answer`.
  void send(const ProduceRequest& request, int16_t version = 11, const std::string& client = "test") {
    answer = {};
    on_loop([&] {
      auto w = who(version);
      w.client_id = client;
      handle_produce(context, w, request, [this](ProduceResponse r) { answer.set_value(std::move(r)); });
    });
  }
  ProduceResponse::PartitionProduceResponse result() {
    return answer.get_future().get().responses.at(0).partition_responses.at(0);
  }
  ReadRequest follower(int64_t offset) {
    return {.offset = offset,
            .max_bytes = 1 << 20,
            .bound = storage::ReadBound::log_end,
            .replica_id = 2,
            .replica_log_start = 0};
  }
  void follower_fetches(int64_t offset) {
    Effects effects;
    auto p = partition("t");
    ASSERT_TRUE(p->read(follower(offset), effects).ok());
    settle(context, p, std::move(effects));
  }

  std::promise<ProduceResponse> answer;
};

TEST_F(ProduceTest, AppendsAndAnswersAtOnce) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  int64_t base = 0;
  for (int16_t acks : {0, 1, -1}) {
    const Bytes records = batch_of(3);
    send(to("t", records, acks));
    const auto r = result();
    EXPECT_EQ(r.error_code, ErrorCode::none);
    EXPECT_EQ(r.base_offset, base);
    EXPECT_EQ(r.log_append_time_ms, -1);
    EXPECT_EQ(r.log_start_offset, 0);
    base += 3;
  }
  EXPECT_EQ(context.purgatories.size(), 0u);
  EXPECT_EQ(partition("t")->log()->high_watermark(), 9);
}

TEST_F(ProduceTest, RequestsThatCameTogetherAreAnsweredOneByOne) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  ASSERT_EQ(assign("u", {.isr = {1, 2}, .replicas = {1, 2}, .id = topic_id(2)}), ErrorCode::none);
  Bytes damaged = batch_of(1);
  damaged.back() ^= 1;
  const Bytes a = batch_of(2), b = batch_of(1), c = batch_of(3), d = batch_of(1), e = batch_of(1);
  auto both = to("t", c, 1);
  both.topic_data.push_back(to("u", d, 1).topic_data[0]);
  const std::vector<ProduceRequest> requests = {to("t", a, 1), to("t", damaged, 1), to("u", b, -1), both,
                                                to("nowhere", e, 1)};
  std::vector<std::promise<ProduceResponse>> answers(requests.size());
  on_loop([&] {
    const auto w = who(11);
    std::vector<ProduceCall> calls;
    for (size_t i = 0; i < requests.size(); ++i) {
      calls.push_back({&w, &requests[i], [&answers, i](ProduceResponse r) { answers[i].set_value(std::move(r)); }});
    }
    handle_produces(context, calls);
  });
  const auto first_of = [](const ProduceResponse& r) { return r.responses.at(0).partition_responses.at(0); };
  EXPECT_EQ(first_of(answers[0].get_future().get()).base_offset, 0);
  EXPECT_EQ(first_of(answers[1].get_future().get()).error_code, ErrorCode::corrupt_message);
  const auto two = answers[3].get_future().get();
  EXPECT_EQ(first_of(two).base_offset, 2) << "what was refused takes no offset";
  EXPECT_EQ(two.responses.at(1).partition_responses.at(0).base_offset, 1);
  EXPECT_EQ(first_of(answers[4].get_future().get()).error_code, ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(context.purgatories.size(), 1u) << "acks=all waits for the other replica, and nobody waits with it";
  Effects effects;
  auto u = partition("u");
  ASSERT_TRUE(u->read(follower(2), effects).ok());
  settle(context, u, std::move(effects));
  EXPECT_EQ(first_of(answers[2].get_future().get()).base_offset, 0);
}

TEST_F(ProduceTest, PartitionsFailOneByOne) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  ASSERT_EQ(assign("follower", {.leader = 2, .isr = {1, 2}, .replicas = {1, 2}, .id = topic_id(2)}), ErrorCode::none);
  metadata("elsewhere", 3, 0, topic_id(3));
  const Bytes good = batch_of(1), one = batch_of(1), two = batch_of(1), three = batch_of(1), four = batch_of(1);
  Bytes damaged = batch_of(1);
  damaged.back() ^= 1;
  auto request = to("t", good, 1);
  for (const auto& [topic, records] : {std::pair{"follower", &one},
                                       {"elsewhere", &two},
                                       {"nowhere", &three},
                                       {"__consumer_offsets", &four},
                                       {"t", &damaged}}) {
    request.topic_data.push_back({topic, {{0, {.view = *records}}}});
  }
  metadata("__consumer_offsets", 1, 0, topic_id(4));
  send(request);
  const auto response = answer.get_future().get();
  const ErrorCode expected[] = {ErrorCode::none,
                                ErrorCode::not_leader_or_follower,
                                ErrorCode::not_leader_or_follower,
                                ErrorCode::unknown_topic_or_partition,
                                ErrorCode::invalid_topic_exception,
                                ErrorCode::corrupt_message};
  ASSERT_EQ(response.responses.size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    SCOPED_TRACE(response.responses[i].name);
    const auto& r = response.responses[i].partition_responses.at(0);
    EXPECT_EQ(r.error_code, expected[i]);
    if (i > 0) {
      EXPECT_EQ(r.base_offset, -1);
      EXPECT_EQ(r.log_start_offset, -1);
      EXPECT_FALSE(r.error_message.has_value());
    }
  }
  // Hints of the new leaders (KIP-951).
  EXPECT_EQ(response.responses[1].partition_responses[0].current_leader.leader_id, 2);
  EXPECT_EQ(response.responses[1].partition_responses[0].current_leader.leader_epoch, 0);
  EXPECT_EQ(response.responses[2].partition_responses[0].current_leader.leader_id, 3);
  EXPECT_EQ(response.responses[2].partition_responses[0].current_leader.leader_epoch, 4);
  ASSERT_EQ(response.node_endpoints.size(), 2u);
  EXPECT_EQ(response.node_endpoints[0].port, 9092);
}

TEST_F(ProduceTest, OldVersionsGetNoHints) {
  metadata("t", 3);
  const Bytes records = batch_of(1);
  send(to("t", records, 1), 9);
  const auto response = answer.get_future().get();
  EXPECT_EQ(response.responses[0].partition_responses[0].error_code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(response.responses[0].partition_responses[0].current_leader.leader_id, -1);
  EXPECT_TRUE(response.node_endpoints.empty());
}

TEST_F(ProduceTest, RefusesWhatTheVersionCannotCarry) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  const Bytes none;
  Bytes two = batch_of(1);
  const Bytes second = batch_of(1);
  two.insert(two.end(), second.begin(), second.end());
  const Bytes zstd = batch_of(1, 10, {.codec = record::Codec::zstd});
  struct {
    const char* what;
    const Bytes& records;
    int16_t version;
    int16_t acks;
    ErrorCode code;
  } const cases[] = {
      {"no batch", none, 11, 1, ErrorCode::invalid_record},
      {"two batches", two, 11, 1, ErrorCode::invalid_record},
      {"zstd before v7", zstd, 6, 1, ErrorCode::unsupported_compression_type},
      {"acks", second, 11, 2, ErrorCode::invalid_required_acks},
      {"acks", second, 11, -2, ErrorCode::invalid_required_acks},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    send(to("t", c.records, c.acks), c.version);
    EXPECT_EQ(result().error_code, c.code);
  }
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 0);
}

TEST_F(ProduceTest, TheAdminClientMayWriteInternalTopics) {
  ASSERT_EQ(assign("__consumer_offsets", {}), ErrorCode::none);
  const Bytes records = batch_of(1);
  send(to("__consumer_offsets", records, 1), 11, "__admin_client");
  EXPECT_EQ(result().error_code, ErrorCode::none);
}

TEST_F(ProduceTest, AcksAllWaitsForTheFollower) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  const Bytes records = batch_of(3);
  send(to("t", records, -1));
  auto future = answer.get_future();
  EXPECT_EQ(context.purgatories.size(), 1u);
  follower_fetches(2);
  on_loop([] {});
  EXPECT_EQ(context.purgatories.size(), 1u) << "not all of it yet";
  follower_fetches(3);
  const auto r = future.get().responses[0].partition_responses[0];
  EXPECT_EQ(r.error_code, ErrorCode::none);
  EXPECT_EQ(r.base_offset, 0);
}

TEST_F(ProduceTest, AcksAllTimesOutButTheRecordsStay) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  const Bytes records = batch_of(3);
  send(to("t", records, -1, 1));
  const auto r = result();
  EXPECT_EQ(r.error_code, ErrorCode::request_timed_out);
  EXPECT_EQ(r.base_offset, 0);
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 3);
}

TEST_F(ProduceTest, LostLeadershipEndsTheWait) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  const Bytes records = batch_of(3);
  send(to("t", records, -1));
  auto future = answer.get_future();
  ASSERT_EQ(assign("t", {.leader = 2, .epoch = 1, .isr = {1, 2}, .replicas = {1, 2}, .partition_epoch = 1}),
            ErrorCode::none);
  const auto response = future.get();
  const auto& r = response.responses[0].partition_responses[0];
  EXPECT_EQ(r.error_code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(r.current_leader.leader_id, 2);
  EXPECT_EQ(r.current_leader.leader_epoch, 1);
}

TEST_F(ProduceTest, DuplicatesGetTheirOldOffset) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  const record::BatchOptions idempotent{.producer_id = 5, .producer_epoch = 0, .base_sequence = 0};
  const Bytes first = batch_of(3, 10, idempotent), again = batch_of(3, 10, idempotent);
  send(to("t", first, -1));
  EXPECT_EQ(result().base_offset, 0);
  send(to("t", again, -1));
  const auto r = result();
  EXPECT_EQ(r.error_code, ErrorCode::none);
  EXPECT_EQ(r.base_offset, 0);
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 3);
  const Bytes gap = batch_of(1, 10, {.producer_id = 5, .producer_epoch = 0, .base_sequence = 9});
  send(to("t", gap, -1));
  const auto refused = result();
  EXPECT_EQ(refused.error_code, ErrorCode::out_of_order_sequence_number);
  EXPECT_EQ(refused.log_start_offset, 0) << "told with this kind of error";
}

storage::LogConfig compacted_with_append_time() {
  storage::LogConfig c;
  c.cleanup_compact = true;
  c.message_timestamp_log_append = true;
  return c;
}
class ProduceCompactedTest : public ProduceTest {
 protected:
  ProduceCompactedTest() : ProduceTest(compacted_with_append_time()) {}
};

TEST_F(ProduceCompactedTest, TellsWhichRecordsLackAKeyAndWhenRecordsWereAppended) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  record::BatchBuilder builder;
  builder.append(1, as_bytes("k"), as_bytes("v"));
  builder.append(1, std::nullopt, as_bytes("v"));
  const Bytes keyless = builder.build();
  send(to("t", keyless, 1));
  const auto r = result();
  EXPECT_EQ(r.error_code, ErrorCode::invalid_record);
  ASSERT_EQ(r.record_errors.size(), 1u);
  EXPECT_EQ(r.record_errors[0].batch_index, 1);
  EXPECT_TRUE(r.error_message.has_value());

  const Bytes records = batch_of(2);
  send(to("t", records, 1));
  EXPECT_EQ(result().log_append_time_ms, clock.wall_ms());
}

TEST_F(ProduceTest, OwnRecordsAreForInternalUse) {
  ASSERT_EQ(assign("__consumer_offsets", {}), ErrorCode::none);
  Bytes records = batch_of(2);
  std::promise<wire::Outcome<storage::AppendInfo>> done;
  on_loop([&] {
    append_own(context, who(0), {"__consumer_offsets", 0}, records, std::chrono::seconds(5),
               [&](auto outcome) { done.set_value(std::move(outcome)); });
  });
  const auto outcome = done.get_future().get();
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->last_offset, 1);

  std::promise<wire::Outcome<storage::AppendInfo>> refused;
  on_loop([&] {
    append_own(context, who(0), {"nowhere", 0}, records, std::chrono::seconds(5),
               [&](auto o) { refused.set_value(std::move(o)); });
  });
  EXPECT_EQ(refused.get_future().get().error().code, ErrorCode::unknown_topic_or_partition);
}

TEST_F(ProduceTest, OwnRecordsMayBeTiedToALeaderEpoch) {
  ASSERT_EQ(assign("__transaction_state", {.epoch = 5}), ErrorCode::none);
  const auto partition = *context.partitions.current()->find("__transaction_state", 0);
  Bytes records = batch_of(1);
  const auto append = [&](int32_t leader_epoch) {
    std::promise<ErrorCode> done;
    on_loop([&] {
      append_own(
          context, who(0), partition->name(), records, std::chrono::seconds(5),
          [&](const auto& outcome) { done.set_value(outcome ? ErrorCode::none : outcome.error().code); }, -1, {},
          leader_epoch);
    });
    return done.get_future().get();
  };
  EXPECT_EQ(append(5), ErrorCode::none);
  EXPECT_EQ(append(-1), ErrorCode::none) << "whatever it is";
  const int64_t end = partition->log()->log_end_offset();
  for (int32_t other : {4, 6}) EXPECT_EQ(append(other), ErrorCode::not_leader_or_follower);
  EXPECT_EQ(partition->log()->log_end_offset(), end) << "nothing was written";
}

}  // namespace
}  // namespace meerkat::replica
