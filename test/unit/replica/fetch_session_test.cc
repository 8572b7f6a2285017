#include "replica/fetch_session.h"

#include <gtest/gtest.h>

namespace meerkat::replica {
namespace {

using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;

constexpr int16_t kNames = 12, kIds = 13;

Uuid id(uint8_t n) {
  Uuid u;
  u.bytes[0] = n;
  return u;
}

FetchRequest request(int32_t session, int32_t epoch, std::vector<std::pair<int32_t, int64_t>> partitions,
                     std::vector<int32_t> forgotten = {}) {
  FetchRequest r;
  r.session_id = session;
  r.session_epoch = epoch;
  if (!partitions.empty()) {
    auto& topic = r.topics.emplace_back();
    topic.topic = "t";
    for (auto [index, offset] : partitions) {
      auto& p = topic.partitions.emplace_back();
      p.partition = index;
      p.fetch_offset = offset;
      p.partition_max_bytes = 1000;
    }
  }
  if (!forgotten.empty()) r.forgotten_topics_data.push_back({"t", {}, forgotten});
  return r;
}

FetchRequest by_id(FetchRequest r, Uuid topic) {
  for (auto& t : r.topics) {
    t.topic.clear();
    t.topic_id = topic;
  }
  return r;
}

class FetchSessionTest : public ::testing::Test {
 protected:
  struct News {
    int64_t high_watermark = 0;
    size_t bytes = 0;
    ErrorCode error = ErrorCode::none;
    int64_t log_start = 0;
  };

  /// One round trip; `news` by partition, {} for those not named.
  FetchResponse fetch(const FetchRequest& r, std::map<int32_t, News> news = {}, int16_t version = kNames,
                      bool replica = false) {
    auto scope = sessions.begin(r, version, replica);
    asked.clear();
    std::vector<FetchResult> results;
    for (size_t i = 0; i < scope.targets().size(); ++i) {
      const int32_t index = scope.targets()[i].key->partition;
      asked.push_back({index, scope.targets()[i].position.fetch_offset});
      FetchResult result{.target = i};
      result.data.partition_index = index;
      result.data.high_watermark = news[index].high_watermark;
      result.data.log_start_offset = news[index].log_start;
      result.data.error_code = news[index].error;
      result.data.records.view = ByteView(payload).first(news[index].bytes);
      results.push_back(std::move(result));
    }
    FetchResponse response;
    scope.finish(std::move(results), response);
    return response;
  }
  static std::vector<int32_t> answered(const FetchResponse& r) {
    std::vector<int32_t> out;
    for (const auto& t : r.responses) {
      for (const auto& p : t.partitions) out.push_back(p.partition_index);
    }
    return out;
  }
  using Asked = std::vector<std::pair<int32_t, int64_t>>;
  using Indexes = std::vector<int32_t>;

  ManualClock clock;
  FetchSessions sessions{2, clock};
  Asked asked;
  Bytes payload = Bytes(100);
};

TEST_F(FetchSessionTest, SessionlessAnswersEverythingAndKeepsNothing) {
  const auto r = fetch(request(0, -1, {{0, 5}, {1, 6}}));
  EXPECT_EQ(r.session_id, 0);
  EXPECT_EQ(answered(r), (Indexes{0, 1}));
  EXPECT_EQ(asked, (Asked{{0, 5}, {1, 6}}));
  EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(FetchSessionTest, IncrementalAnswersOnlyNews) {
  const auto full = fetch(request(0, 0, {{0, 0}, {1, 0}, {2, 0}}), {{0, {10}}, {1, {10}}, {2, {10}}});
  const int32_t s = full.session_id;
  ASSERT_GT(s, 0);
  EXPECT_EQ(answered(full), (Indexes{0, 1, 2}));

  auto r = fetch(request(s, 1, {}), {{0, {10}}, {1, {10}}, {2, {10}}});
  EXPECT_EQ(r.session_id, s);
  EXPECT_EQ(asked.size(), 3u) << "all are read";
  EXPECT_TRUE(r.responses.empty()) << "nothing changed";

  r = fetch(request(s, 2, {}), {{0, {11}}, {1, {10}}, {2, {10}}});
  EXPECT_EQ(answered(r), (Indexes{0})) << "the high watermark moved";
  r = fetch(request(s, 3, {}), {{0, {11}}, {1, {10, 0, ErrorCode::none, 4}}, {2, {10}}});
  EXPECT_EQ(answered(r), (Indexes{1})) << "the log start moved";
  r = fetch(request(s, 4, {}), {{0, {11}}, {1, {10, 0, ErrorCode::none, 4}}, {2, {10, 50}}});
  EXPECT_EQ(answered(r), (Indexes{2})) << "records";
}

TEST_F(FetchSessionTest, AnErrorIsToldEachTimeAndItsEndOnce) {
  const int32_t s = fetch(request(0, 0, {{0, 0}}), {{0, {10}}}).session_id;
  const News failing{-1, 0, ErrorCode::not_leader_or_follower, 0};
  EXPECT_EQ(answered(fetch(request(s, 1, {}), {{0, failing}})), (Indexes{0}));
  EXPECT_EQ(answered(fetch(request(s, 2, {}), {{0, failing}})), (Indexes{0}));
  EXPECT_EQ(answered(fetch(request(s, 3, {}), {{0, {10}}})), (Indexes{0}));
  EXPECT_EQ(answered(fetch(request(s, 4, {}), {{0, {10}}})), (Indexes{}));
}

TEST_F(FetchSessionTest, PartitionsThatBroughtRecordsGoToTheEnd) {
  const int32_t s = fetch(request(0, 0, {{0, 0}, {1, 0}, {2, 0}})).session_id;
  fetch(request(s, 1, {}), {{0, {0, 10}}, {1, {0, 0}}});
  fetch(request(s, 2, {}));
  EXPECT_EQ(asked, (Asked{{1, 0}, {2, 0}, {0, 0}}));
}

TEST_F(FetchSessionTest, RequestsUpdateAddAndForget) {
  const int32_t s = fetch(request(0, 0, {{0, 0}, {1, 0}})).session_id;
  fetch(request(s, 1, {{1, 77}, {2, 5}}, {0}));
  EXPECT_EQ(asked, (Asked{{1, 77}, {2, 5}}));
  EXPECT_EQ(sessions.partitions(), 2u);
  const auto r = fetch(request(s, 2, {}, {1, 2}));
  EXPECT_EQ(r.session_id, 0) << "an empty session ends";
  EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(FetchSessionTest, Refusals) {
  const int32_t s = fetch(request(0, 0, {{0, 0}})).session_id;
  EXPECT_EQ(fetch(request(s + 1, 1, {})).error_code, ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(fetch(request(s, 2, {})).error_code, ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(fetch(request(s, 1, {}), {}, kIds).error_code, ErrorCode::fetch_session_topic_id_error);
  EXPECT_EQ(fetch(request(s, 1, {})).error_code, ErrorCode::none) << "a refusal does not spend the epoch";
  EXPECT_EQ(fetch(request(s, 1, {})).error_code, ErrorCode::invalid_fetch_session_epoch) << "each epoch once";
}

TEST_F(FetchSessionTest, ASecondRequestInvalidatesTheOneThatWaits) {
  const int32_t s = fetch(request(0, 0, {{0, 0}})).session_id;
  auto waiting = sessions.begin(request(s, 1, {}), kNames, false);
  fetch(request(s, 2, {}, {0}));  // takes the partition out while the other is parked
  FetchResponse response;
  waiting.finish({}, response);
  EXPECT_EQ(response.error_code, ErrorCode::invalid_fetch_session_epoch);
}

TEST_F(FetchSessionTest, AFullRequestClosesTheSessionItNames) {
  const int32_t s = fetch(request(0, 0, {{0, 0}})).session_id;
  EXPECT_EQ(fetch(request(s, -1, {{0, 0}})).session_id, 0);
  EXPECT_EQ(sessions.size(), 0u);
  const int32_t again = fetch(request(s, 0, {{0, 0}})).session_id;
  EXPECT_GT(again, 0);
}

TEST_F(FetchSessionTest, TopicIdsTellPartitionsApart) {
  auto r = by_id(request(0, 0, {{0, 1}}), id(1));
  r.topics.push_back(by_id(request(0, 0, {{0, 2}}), id(2)).topics[0]);
  const auto full = fetch(r, {}, kIds);
  ASSERT_EQ(full.responses.size(), 2u);
  EXPECT_EQ(full.responses[0].topic_id, id(1));
  EXPECT_EQ(full.responses[1].topic_id, id(2));
  fetch(by_id(request(full.session_id, 1, {{0, 9}}), id(2)), {}, kIds);
  EXPECT_EQ(asked, (Asked{{0, 1}, {0, 9}}));
}

TEST_F(FetchSessionTest, EpochsCountUpAndWrapAround) {
  const int32_t s = fetch(request(0, 0, {{0, 0}})).session_id;
  for (int32_t epoch = 1; epoch < 50; ++epoch) EXPECT_EQ(fetch(request(s, epoch, {})).error_code, ErrorCode::none);
  EXPECT_EQ(next_session_epoch(0), 1);
  EXPECT_EQ(next_session_epoch(0x7fffffff), 1);
}

/// Asks for a new session of so many partitions; its id, or 0.
int32_t create(FetchSessions& sessions, bool replica, size_t partitions) {
  std::vector<std::pair<int32_t, int64_t>> list;
  for (size_t i = 0; i < partitions; ++i) list.push_back({static_cast<int32_t>(i), 0});
  auto scope = sessions.begin(request(0, 0, list), kNames, replica);
  std::vector<FetchResult> results(partitions);
  for (size_t i = 0; i < partitions; ++i) results[i].target = i;
  FetchResponse response;
  scope.finish(std::move(results), response);
  return response.session_id;
}

struct Eviction {
  const char* what;
  int64_t age_ms;    // of the sessions that fill the cache
  bool old_replica;  // they are replicas'
  bool new_replica;
  size_t new_partitions;  // the old ones have 2
  bool admitted;
};

TEST(FetchSessionEviction, Rules) {
  const Eviction cases[] = {
      {"a young consumer's stays", 1000, false, false, 50, false},
      {"a young consumer's gives way to a replica", 1000, false, true, 1, true},
      {"a young replica's stays", 1000, true, true, 50, false},
      {"unused for two minutes: gives way to anything", 120'001, true, false, 1, true},
      {"exactly two minutes is not enough", 120'000, false, false, 50, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    ManualClock clock;
    FetchSessions sessions(1, clock);
    const int32_t first = create(sessions, c.old_replica, 2);
    ASSERT_GT(first, 0);
    clock.advance_ms(c.age_ms);
    EXPECT_EQ(create(sessions, c.new_replica, c.new_partitions) > 0, c.admitted);
    EXPECT_EQ(sessions.size(), 1u);
    EXPECT_EQ(sessions.evictions(), c.admitted ? 1 : 0);
  }
}

TEST(FetchSessionEviction, AnOldSessionInUseGivesWayOnlyToALargerOne) {
  ManualClock clock;
  FetchSessions sessions(1, clock);
  const int32_t s = create(sessions, false, 3);
  clock.advance_ms(100'000);
  sessions.begin(request(s, 1, {}), kNames, false);
  clock.advance_ms(100'000);
  EXPECT_EQ(create(sessions, false, 2), 0);
  EXPECT_EQ(create(sessions, false, 3), 0);
  EXPECT_GT(create(sessions, false, 4), 0);
}

}  // namespace
}  // namespace meerkat::replica
