#include "replica/delete_records.h"
#include "replica/list_offsets.h"
#include "replica/list_offsets_v0.h"
#include "replica/offset_for_leader_epoch.h"
#include "replica_fixture.h"
#include "wire/messages/02_list_offsets.h"
#include "wire/messages/21_delete_records.h"
#include "wire/messages/23_offset_for_leader_epoch.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;

class OffsetsTest : public ReplicaTest {
 protected:
  using Listed = wire::ListOffsetsResponse::ListOffsetsPartitionResponse;
  struct Ask {
    int64_t timestamp = -1;
    int16_t version = 9;
    int32_t replica = -1;
    int8_t isolation = 0;
    int32_t epoch = -1;
    std::string topic = "t";
    int32_t max_offsets = 1;
  };
  Listed list(const Ask& ask) {
    wire::ListOffsetsRequest r;
    r.replica_id = ask.replica;
    r.isolation_level = ask.isolation;
    r.topics.push_back({ask.topic, {{0, ask.epoch, ask.timestamp, ask.max_offsets}}});
    Listed out;
    handle_list_offsets(context, who(ask.version), r,
                        [&](wire::ListOffsetsResponse response) { out = response.topics.at(0).partitions.at(0); });
    return out;
  }
  void produce(int records) {
    auto p = partition("t");
    ASSERT_TRUE(append(*p, batch_of(records)).ok());
    settle(context, p, last_effects);
  }
};

TEST_F(OffsetsTest, SpecialTimestampsAndTheirVersions) {
  ASSERT_EQ(assign("t", {.epoch = 2}), ErrorCode::none);
  produce(5);
  Effects effects;
  ASSERT_TRUE(partition("t")->delete_records(2, effects).ok());
  const int64_t first = 1'700'000'000'000;
  struct {
    const char* what;
    Ask ask;
    int64_t offset;
    int64_t timestamp;
    ErrorCode code = ErrorCode::none;
  } const cases[] = {
      {"latest", {.timestamp = -1}, 5, -1},
      {"earliest", {.timestamp = -2}, 2, -1},
      {"greatest timestamp", {.timestamp = -3}, 4, first + 4},
      {"greatest timestamp, too early", {.timestamp = -3, .version = 6}, -1, -1, ErrorCode::unsupported_version},
      {"earliest local", {.timestamp = -4}, 2, -1},
      {"earliest local, too early", {.timestamp = -4, .version = 7}, -1, -1, ErrorCode::unsupported_version},
      {"latest tiered: none", {.timestamp = -5}, -1, -1},
      {"latest tiered, too early", {.timestamp = -5, .version = 8}, -1, -1, ErrorCode::unsupported_version},
      {"nobody knows", {.timestamp = -6}, -1, -1, ErrorCode::unsupported_version},
      {"by time", {.timestamp = first + 3}, 3, first + 3},
      {"after all", {.timestamp = first + 100}, -1, -1},
      {"fenced", {.timestamp = -1, .epoch = 1}, -1, -1, ErrorCode::fenced_leader_epoch},
      {"ahead", {.timestamp = -1, .epoch = 3}, -1, -1, ErrorCode::unknown_leader_epoch},
      {"unknown", {.timestamp = -1, .topic = "x"}, -1, -1, ErrorCode::unknown_topic_or_partition},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto listed = list(c.ask);
    EXPECT_EQ(listed.error_code, c.code);
    EXPECT_EQ(listed.offset, c.offset);
    EXPECT_EQ(listed.timestamp, c.timestamp);
  }
  EXPECT_EQ(list({.timestamp = -1}).leader_epoch, 2);
  EXPECT_EQ(list({.timestamp = -1, .version = 3}).leader_epoch, -1);
}

TEST_F(OffsetsTest, ConsumersSeeTheHighWatermarkReplicasTheEnd) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  produce(5);
  EXPECT_EQ(list({.timestamp = -1}).offset, 0);
  EXPECT_EQ(list({.timestamp = -1, .isolation = 1}).offset, 0);
  EXPECT_EQ(list({.timestamp = -1, .replica = 2}).offset, 5);
  EXPECT_EQ(list({.timestamp = 1'700'000'000'001}).offset, -1) << "not committed";
  EXPECT_EQ(list({.timestamp = 1'700'000'000'001, .replica = 2}).offset, 1);
}

TEST_F(OffsetsTest, ANewLeaderDoesNotKnowTheEndYet) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  produce(5);
  ASSERT_EQ(assign("t", {.epoch = 1, .isr = {1, 2}, .replicas = {1, 2}, .partition_epoch = 1}), ErrorCode::none);
  EXPECT_EQ(list({.timestamp = -1}).error_code, ErrorCode::offset_not_available);
  EXPECT_EQ(list({.timestamp = -1, .version = 4}).error_code, ErrorCode::leader_not_available);
  EXPECT_EQ(list({.timestamp = 1'700'000'000'001}).error_code, ErrorCode::offset_not_available);
  EXPECT_EQ(list({.timestamp = -2}).offset, 0);
  EXPECT_EQ(list({.timestamp = -1, .replica = 2}).offset, 5);
}

TEST_F(OffsetsTest, DebuggersMayAskAFollower) {
  ASSERT_EQ(assign("t", {.leader = 2, .isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  EXPECT_EQ(list({.timestamp = -1}).error_code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(list({.timestamp = -1, .replica = -2}).offset, 0);
}

TEST_F(OffsetsTest, DuplicatesAreRefused) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  wire::ListOffsetsRequest r;
  r.replica_id = -1;
  r.topics.push_back({"t", {{0, -1, -1, 1}, {0, -1, -2, 1}}});
  handle_list_offsets(context, who(9), r, [&](wire::ListOffsetsResponse response) {
    for (const auto& p : response.topics.at(0).partitions) EXPECT_EQ(p.error_code, ErrorCode::invalid_request);
  });
}

TEST_F(OffsetsTest, VersionZeroListsSegments) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  for (int i = 0; i < 3; ++i) {
    produce(10);
    if (i < 2) {
      ASSERT_TRUE(partition("t")->log()->roll().ok());
    }
  }
  using Offsets = std::vector<int64_t>;
  EXPECT_EQ(list({.timestamp = -1, .version = 0}).old_style_offsets, (Offsets{30}));
  EXPECT_EQ(list({.timestamp = -1, .version = 0, .max_offsets = 10}).old_style_offsets, (Offsets{30, 20, 10, 0}));
  EXPECT_EQ(list({.timestamp = -2, .version = 0, .max_offsets = 10}).old_style_offsets, (Offsets{0}));
  EXPECT_EQ(list({.timestamp = 0, .version = 0, .max_offsets = 10}).old_style_offsets, (Offsets{}))
      << "nothing was written before 1970";
  EXPECT_EQ(list({.timestamp = INT64_MAX - 1, .version = 0, .max_offsets = 2}).old_style_offsets, (Offsets{20, 10}));
  EXPECT_EQ(list({.timestamp = -3, .version = 0}).error_code, ErrorCode::unsupported_version);
}

TEST_F(OffsetsTest, VersionZeroHidesWhatIsNotCommitted) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  produce(10);
  using Offsets = std::vector<int64_t>;
  EXPECT_EQ(list({.timestamp = -1, .version = 0, .max_offsets = 10}).old_style_offsets, (Offsets{0, 0}));
  EXPECT_EQ(list({.timestamp = -1, .version = 0, .replica = 2, .max_offsets = 10}).old_style_offsets, (Offsets{10, 0}));
}

TEST_F(OffsetsTest, EndsOfLeaderEpochs) {
  ASSERT_EQ(assign("t", {.epoch = 0}), ErrorCode::none);
  produce(5);
  ASSERT_EQ(assign("t", {.epoch = 3, .partition_epoch = 1}), ErrorCode::none);
  produce(2);
  struct {
    int32_t epoch, current;
    ErrorCode code;
    int32_t found;
    int64_t end;
  } const cases[] = {
      {0, 3, ErrorCode::none, 0, 5},
      {2, -1, ErrorCode::none, 0, 5},
      {3, 3, ErrorCode::none, 3, 7},
      {4, 3, ErrorCode::none, -1, -1},
      {0, 2, ErrorCode::fenced_leader_epoch, -1, -1},
      {0, 4, ErrorCode::unknown_leader_epoch, -1, -1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.epoch);
    wire::OffsetForLeaderEpochRequest r;
    r.topics.push_back({"t", {{0, c.current, c.epoch}}});
    handle_offset_for_leader_epoch(context, who(4), r, [&](wire::OffsetForLeaderEpochResponse response) {
      const auto& p = response.topics.at(0).partitions.at(0);
      EXPECT_EQ(p.error_code, c.code);
      EXPECT_EQ(p.leader_epoch, c.found);
      EXPECT_EQ(p.end_offset, c.end);
    });
  }
}

class DeleteRecordsTest : public OffsetsTest {
 protected:
  void remove(const std::string& topic, int64_t offset, int32_t timeout_ms = 3'600'000) {
    answer = {};
    wire::DeleteRecordsRequest r;
    r.timeout_ms = timeout_ms;
    r.topics.push_back({topic, {{0, offset}}});
    on_loop([&] {
      handle_delete_records(context, who(2), r,
                            [this](wire::DeleteRecordsResponse response) { answer.set_value(std::move(response)); });
    });
  }
  wire::DeleteRecordsResponse::DeleteRecordsPartitionResult result() {
    return answer.get_future().get().topics.at(0).partitions.at(0);
  }
  std::promise<wire::DeleteRecordsResponse> answer;
};

TEST_F(DeleteRecordsTest, MovesTheLogStart) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  produce(5);
  remove("t", 3);
  EXPECT_EQ(result().low_watermark, 3);
  remove("t", -1);
  EXPECT_EQ(result().low_watermark, 5);
  remove("t", 6);
  const auto beyond = result();
  EXPECT_EQ(beyond.error_code, ErrorCode::offset_out_of_range);
  EXPECT_EQ(beyond.low_watermark, -1);
  remove("__consumer_offsets", 0);
  EXPECT_EQ(result().error_code, ErrorCode::invalid_topic_exception);
  remove("nowhere", 0);
  EXPECT_EQ(result().error_code, ErrorCode::unknown_topic_or_partition);
}

TEST_F(DeleteRecordsTest, WaitsForTheFollowers) {
  ASSERT_EQ(assign("t", {.isr = {1, 2}, .replicas = {1, 2}}), ErrorCode::none);
  produce(5);
  auto p = partition("t");
  const auto follower = [&](int64_t log_start) {
    Effects effects;
    ASSERT_TRUE(p->read({.offset = 5,
                         .max_bytes = 100,
                         .bound = storage::ReadBound::log_end,
                         .replica_id = 2,
                         .replica_log_start = log_start},
                        effects)
                    .ok());
    settle(context, p, std::move(effects));
  };
  follower(0);
  remove("t", 4);
  auto future = answer.get_future();
  EXPECT_EQ(context.purgatories.size(), 1u);
  follower(4);
  EXPECT_EQ(future.get().topics[0].partitions[0].low_watermark, 4);

  remove("t", 5, 1);
  const auto late = result();
  EXPECT_EQ(late.error_code, ErrorCode::request_timed_out);
  EXPECT_EQ(late.low_watermark, 4);
}

}  // namespace
}  // namespace meerkat::replica
