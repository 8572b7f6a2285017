#include "replica/fetch.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "record/batch.h"
#include "replica/fetch_formats.h"
#include "replica_fixture.h"

namespace meerkat::replica {
namespace {

using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;
using PartitionData = FetchResponse::PartitionData;

class FetchTest : public ReplicaTest {
 protected:
  explicit FetchTest(storage::LogConfig config = {}) : ReplicaTest(config) {}

  struct From {
    int32_t partition = 0;
    int64_t offset = 0;
    int32_t epoch = -1;
    int32_t max_bytes = 1 << 20;
  };
  static FetchRequest ask(const std::string& topic, std::vector<From> partitions) {
    FetchRequest r;
    r.min_bytes = 1;
    r.max_wait_ms = 0;
    auto& t = r.topics.emplace_back();
    t.topic = topic;
    for (const auto& from : partitions) {
      auto& p = t.partitions.emplace_back();
      p.partition = from.partition;
      p.fetch_offset = from.offset;
      p.current_leader_epoch = from.epoch;
      p.partition_max_bytes = from.max_bytes;
    }
    return r;
  }
  static FetchRequest ask_by_id(Uuid id, std::vector<From> partitions) {
    auto r = ask("", std::move(partitions));
    r.topics[0].topic_id = id;
    return r;
  }
  void send(const FetchRequest& request, int16_t version = 12,
            std::function<bool(const std::string&)> may_read = nullptr) {
    answer = {};
    on_loop([&] {
      auto w = who(version);
      w.may_read = may_read;
      handle_fetch(context, w, request, [this](FetchResponse r) { answer.set_value(std::move(r)); });
    });
  }
  FetchResponse fetch(const FetchRequest& request, int16_t version = 12,
                      std::function<bool(const std::string&)> may_read = nullptr) {
    send(request, version, may_read);
    auto response = answer.get_future().get();
    if (wants_old_formats(version)) convert_formats(version, fetch_offsets(request), response);
    return response;
  }
  static PartitionData one(const FetchResponse& r) { return r.responses.at(0).partitions.at(0); }
  static Bytes bytes_of(const PartitionData& data) {
    Chain chain;
    for (const auto& range : data.records.files) chain.append(range);
    return data.records.files.empty() ? Bytes(data.records.view.begin(), data.records.view.end()) : chain.flatten();
  }
  void produce(const std::string& topic, int records, int32_t index = 0, size_t size = 10) {
    auto p = partition(topic, index);
    ASSERT_TRUE(append(*p, batch_of(records, size)).ok());
    settle(context, p, last_effects);
  }

  std::promise<FetchResponse> answer;
};

TEST_F(FetchTest, WhatIsOnTheDiskAloneIsReadOffTheLoop) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  for (int i = 0; i < 50; ++i) produce("t", 1, 0, 200);  // more than are remembered
  const auto file = FileSystem::system().open(dir.path() + "/t-0/00000000000000000000.log", OpenMode::read_write);
  ASSERT_TRUE(file.ok() && (*file)->sync().ok());
  // Asked by mincore(), since a read would begin to bring it in.
  void* mapped = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, (*file)->fd(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const auto forget = [&] {
    ::posix_fadvise((*file)->fd(), 0, 0, POSIX_FADV_DONTNEED);
    unsigned char resident = 0;
    return ::mincore(mapped, 4096, &resident) == 0 && (resident & 1) == 0;
  };
  // As tmpfs does; then there is no disk to wait for. LogAppendRead tries the same without a real one.
  if (!forget()) GTEST_SKIP() << "this file system keeps everything in memory";

  // The kernel begins to read when it is asked, and is sometimes done before it has answered: so a few times.
  bool left_to_the_pool = false;
  for (int i = 0; i < 20 && !left_to_the_pool; ++i) {
    event::Pool disk("disk", 1);
    context.disk = &disk;
    std::promise<void> go_on;
    disk.post([&] { go_on.get_future().wait(); });
    forget();
    send(ask("t", {{.offset = 0}}));  // returns once the loop has dealt with it
    auto response = answer.get_future();
    left_to_the_pool = response.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
    go_on.set_value();
    const auto data = one(response.get());
    EXPECT_EQ(data.error_code, ErrorCode::none);
    EXPECT_EQ(static_cast<int64_t>(bytes_of(data).size()), *(*file)->size());
    disk.stop();
    context.disk = nullptr;
  }
  EXPECT_TRUE(left_to_the_pool);
  ::munmap(mapped, 4096);
}

TEST_F(FetchTest, ReadsWhatIsThere) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  produce("t", 3);
  produce("t", 2);
  const auto data = one(fetch(ask("t", {{.offset = 0}})));
  EXPECT_EQ(data.error_code, ErrorCode::none);
  EXPECT_EQ(data.high_watermark, 5);
  EXPECT_EQ(data.last_stable_offset, 5);
  EXPECT_EQ(data.log_start_offset, 0);
  EXPECT_FALSE(data.aborted_transactions.has_value()) << "null for read_uncommitted";
  const Bytes bytes = bytes_of(data);
  record::BatchRun run(bytes);
  record::AnyBatch batch;
  ASSERT_TRUE(run.next(batch));
  EXPECT_EQ(batch.base_offset, 0);
  EXPECT_EQ(batch.last_offset, 2);
  ASSERT_TRUE(run.next(batch));
  EXPECT_EQ(batch.last_offset, 4);
  EXPECT_FALSE(run.next(batch));

  auto committed = ask("t", {{.offset = 3}});
  committed.isolation_level = 1;
  EXPECT_EQ(one(fetch(committed)).aborted_transactions->size(), 0u);
}

TEST_F(FetchTest, ErrorsOfEachPartition) {
  ASSERT_EQ(assign("t", {.epoch = 3}), ErrorCode::none);
  ASSERT_EQ(assign("f", {.leader = 2, .isr = {1, 2}, .replicas = {1, 2}, .id = topic_id(2)}), ErrorCode::none);
  metadata("elsewhere", 3, 0, topic_id(3));
  struct {
    const char* what;
    FetchRequest request;
    int16_t version;
    ErrorCode code;
  } const cases[] = {
      {"beyond the end", ask("t", {{.offset = 1}}), 12, ErrorCode::offset_out_of_range},
      {"fenced", ask("t", {{.epoch = 2}}), 12, ErrorCode::fenced_leader_epoch},
      {"ahead of us", ask("t", {{.epoch = 4}}), 12, ErrorCode::unknown_leader_epoch},
      {"unknown partition", ask("t", {{.partition = 9}}), 12, ErrorCode::unknown_topic_or_partition},
      {"unknown topic", ask("nowhere", {{}}), 12, ErrorCode::unknown_topic_or_partition},
      {"another broker's", ask("elsewhere", {{}}), 12, ErrorCode::not_leader_or_follower},
      {"a follower, for an old consumer", ask("f", {{}}), 10, ErrorCode::not_leader_or_follower},
      {"a follower, for one of today", ask("f", {{}}), 11, ErrorCode::none},
      {"unknown id", ask_by_id(topic_id(9), {{}}), 13, ErrorCode::unknown_topic_id},
      {"by id", ask_by_id(topic_id(1), {{}}), 13, ErrorCode::none},
      {"another broker's, by id", ask_by_id(topic_id(3), {{}}), 13, ErrorCode::not_leader_or_follower},
      {"unknown partition, by id", ask_by_id(topic_id(3), {{.partition = 5}}), 13,
       ErrorCode::unknown_topic_or_partition},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto data = one(fetch(c.request, c.version));
    EXPECT_EQ(data.error_code, c.code);
    EXPECT_EQ(data.high_watermark, c.code == ErrorCode::none ? 0 : -1);
  }
}

TEST_F(FetchTest, AnOldIdOfARecreatedTopicIsInconsistent) {
  ASSERT_EQ(assign("t", {.id = topic_id(1)}), ErrorCode::none);
  metadata("t", 1, 0, topic_id(2));
  EXPECT_EQ(one(fetch(ask_by_id(topic_id(2), {{}}), 13)).error_code, ErrorCode::inconsistent_topic_id);
}

TEST_F(FetchTest, NewLeadersAreNamed) {
  metadata("t", 3);
  auto response = fetch(ask_by_id(topic_id(), {{}}), 16);
  EXPECT_EQ(one(response).current_leader.leader_id, 3);
  EXPECT_EQ(one(response).current_leader.leader_epoch, 4);
  ASSERT_EQ(response.node_endpoints.size(), 1u);
  EXPECT_EQ(response.node_endpoints[0].node_id, 3);
  EXPECT_EQ(response.node_endpoints[0].port, 9093);
  response = fetch(ask_by_id(topic_id(), {{}}), 15);
  EXPECT_EQ(one(response).current_leader.leader_id, -1);
}

TEST_F(FetchTest, AuthorizationComesBeforeExistence) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  std::vector<std::string> asked;
  const auto deny = [&](const std::string& topic) {
    asked.push_back(topic);
    return false;
  };
  EXPECT_EQ(one(fetch(ask("t", {{}}), 12, deny)).error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(one(fetch(ask("nowhere", {{}}), 12, deny)).error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(one(fetch(ask_by_id(topic_id(), {{}}), 13, deny)).error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(one(fetch(ask_by_id(topic_id(9), {{}}), 13, deny)).error_code, ErrorCode::unknown_topic_id);
  EXPECT_EQ(asked, (std::vector<std::string>{"t", "nowhere", "t"}));
}

TEST_F(FetchTest, LimitsOfBytes) {
  for (int32_t i = 0; i < 3; ++i) {
    ASSERT_EQ(assign("t", {.partition = i}), ErrorCode::none);
    produce("t", 1, i, 1000);
    produce("t", 1, i, 1000);
  }
  const auto sizes = [&](const FetchResponse& r) {
    std::vector<int64_t> out;
    for (const auto& p : r.responses.at(0).partitions) out.push_back(p.records.size());
    return out;
  };
  const int64_t batch = static_cast<int64_t>(batch_of(1, 1000).size());
  auto request = ask("t", {{.partition = 0}, {.partition = 1}, {.partition = 2}});
  EXPECT_EQ(sizes(fetch(request)), (std::vector<int64_t>{2 * batch, 2 * batch, 2 * batch}));
  request.max_bytes = 1;
  EXPECT_EQ(sizes(fetch(request)), (std::vector<int64_t>{batch, 0, 0})) << "one batch at least, from the first";
  request.max_bytes = static_cast<int32_t>(2 * batch);
  EXPECT_EQ(sizes(fetch(request)), (std::vector<int64_t>{2 * batch, 0, 0}));
  auto small = ask("t", {{.partition = 0, .max_bytes = 1}, {.partition = 1, .max_bytes = 1}});
  EXPECT_EQ(sizes(fetch(small)), (std::vector<int64_t>{batch, 0}));
}

TEST_F(FetchTest, WaitsForRecordsAndWakesOnce) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  auto request = ask("t", {{.offset = 0}});
  request.max_wait_ms = 3'600'000;
  send(request);
  auto future = answer.get_future();
  EXPECT_EQ(context.purgatories.size(), 1u);
  produce("t", 2);
  const auto data = one(future.get());
  EXPECT_GT(data.records.size(), 0);
  EXPECT_EQ(data.high_watermark, 2);
  on_loop([] {});
  EXPECT_EQ(context.purgatories.size(), 0u);
}

TEST_F(FetchTest, WaitsForMinBytesOverAllPartitions) {
  ASSERT_EQ(assign("t", {.partition = 0}), ErrorCode::none);
  ASSERT_EQ(assign("t", {.partition = 1}), ErrorCode::none);
  const auto batch = static_cast<int32_t>(batch_of(1).size());
  auto request = ask("t", {{.partition = 0}, {.partition = 1}});
  request.max_wait_ms = 3'600'000;
  request.min_bytes = 2 * batch;
  send(request);
  auto future = answer.get_future();
  produce("t", 1, 0);
  on_loop([] {});
  EXPECT_EQ(context.purgatories.size(), 1u);
  produce("t", 1, 1);
  EXPECT_EQ(future.get().responses[0].partitions.size(), 2u);
}

TEST_F(FetchTest, GivesWhatThereIsWhenTheTimeIsUp) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  produce("t", 1);
  auto request = ask("t", {{.offset = 0}});
  request.max_wait_ms = 1;
  request.min_bytes = 1 << 20;
  EXPECT_GT(one(fetch(request)).records.size(), 0);
}

TEST_F(FetchTest, AnsweredAtOnceForAnErrorButNotForATopicThatNobodyKnows) {
  ASSERT_EQ(assign("t", {.epoch = 1}), ErrorCode::none);
  auto wrong = ask("t", {{.epoch = 0}});
  wrong.max_wait_ms = 3'600'000;
  EXPECT_EQ(one(fetch(wrong)).error_code, ErrorCode::fenced_leader_epoch);

  auto mixed = ask("t", {{.offset = 0}, {.partition = 9}});
  mixed.max_wait_ms = 3'600'000;
  send(mixed);
  auto future = answer.get_future();
  EXPECT_EQ(context.purgatories.size(), 1u);
  produce("t", 1);
  const auto response = future.get();
  ASSERT_EQ(response.responses[0].partitions.size(), 2u);
  EXPECT_EQ(response.responses[0].partitions[1].error_code, ErrorCode::unknown_topic_or_partition);
  auto nothing_else = ask("t", {{.partition = 9}});
  nothing_else.max_wait_ms = 3'600'000;
  EXPECT_EQ(one(fetch(nothing_else)).error_code, ErrorCode::unknown_topic_or_partition);
}

TEST_F(FetchTest, LosingThePartitionEndsTheWait) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  auto request = ask("t", {{.offset = 0, .epoch = 0}});
  request.max_wait_ms = 3'600'000;
  send(request);
  auto future = answer.get_future();
  ASSERT_EQ(assign("t", {.epoch = 1, .partition_epoch = 1}), ErrorCode::none);
  EXPECT_EQ(one(future.get()).error_code, ErrorCode::fenced_leader_epoch);

  request = ask("t", {{.offset = 0}});
  request.max_wait_ms = 3'600'000;
  send(request);
  auto deleted = answer.get_future();
  wire::StopReplicaRequest stop;
  stop.controller_epoch = 1;
  stop.topic_states.push_back({"t", {{0, -2, true}}});
  states.apply(4, stop);
  EXPECT_EQ(one(deleted.get()).error_code, ErrorCode::not_leader_or_follower);
}

TEST_F(FetchTest, AFollowerIsNotWokenByTheHighWatermark) {
  ASSERT_EQ(assign("t", {.isr = {1, 2, 3}, .replicas = {1, 2, 3}}), ErrorCode::none);
  produce("t", 2);
  auto request = ask("t", {{.offset = 2}});
  request.max_wait_ms = 3'600'000;
  request.replica_id = 2;
  send(request);
  auto future = answer.get_future();
  auto other = ask("t", {{.offset = 2}});
  other.replica_id = 3;
  std::promise<void> answered;
  on_loop([&] { handle_fetch(context, who(12), other, [&](FetchResponse) { answered.set_value(); }); });
  answered.get_future().wait();
  EXPECT_EQ(partition("t")->log()->high_watermark(), 2);
  on_loop([] {});
  EXPECT_EQ(context.purgatories.size(), 1u);
  produce("t", 1);
  const auto data = one(future.get());
  EXPECT_GT(data.records.size(), 0);
  EXPECT_EQ(data.high_watermark, 2);
}

TEST_F(FetchTest, SessionsAnswerOnlyNews) {
  for (int32_t i = 0; i < 3; ++i) ASSERT_EQ(assign("t", {.partition = i}), ErrorCode::none);
  auto full = ask_by_id(topic_id(), {{.partition = 0}, {.partition = 1}, {.partition = 2}});
  full.session_epoch = 0;
  const auto first = fetch(full, 17);
  ASSERT_GT(first.session_id, 0);
  EXPECT_EQ(first.responses.at(0).partitions.size(), 3u);
  FetchRequest next;
  next.min_bytes = 1;
  next.session_id = first.session_id;
  next.session_epoch = 1;
  EXPECT_TRUE(fetch(next, 17).responses.empty());
  next.session_epoch = 2;
  next.max_wait_ms = 3'600'000;
  send(next, 17);
  auto future = answer.get_future();
  produce("t", 1, 1);
  const auto news = future.get();
  EXPECT_EQ(news.session_id, first.session_id);
  ASSERT_EQ(news.responses.size(), 1u);
  ASSERT_EQ(news.responses[0].partitions.size(), 1u);
  EXPECT_EQ(news.responses[0].partitions[0].partition_index, 1);
  next.session_epoch = 7;
  EXPECT_EQ(fetch(next, 17).error_code, ErrorCode::invalid_fetch_session_epoch);
}

TEST_F(FetchTest, DivergingFollowersAreToldAndNotCounted) {
  ASSERT_EQ(assign("t", {.epoch = 0, .isr = {1}, .replicas = {1, 2}}), ErrorCode::none);
  produce("t", 4);
  ASSERT_EQ(assign("t", {.epoch = 2, .isr = {1}, .replicas = {1, 2}, .partition_epoch = 1}), ErrorCode::none);
  produce("t", 4);
  auto request = ask("t", {{.offset = 6, .epoch = 2}});
  request.replica_id = 2;
  request.max_wait_ms = 3'600'000;
  request.topics[0].partitions[0].last_fetched_epoch = 0;
  const auto data = one(fetch(request));
  EXPECT_EQ(data.error_code, ErrorCode::none);
  EXPECT_EQ(data.diverging_epoch.epoch, 0);
  EXPECT_EQ(data.diverging_epoch.end_offset, 4);
  EXPECT_EQ(data.records.size(), 0);
  EXPECT_EQ(partition("t")->view().remotes.at(0).log_end_offset, -1);
}

TEST_F(FetchTest, OldClientsGetOldFormats) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  produce("t", 2);
  for (int16_t version : {0, 1, 2, 3}) {
    SCOPED_TRACE(version);
    const Bytes bytes = bytes_of(one(fetch(ask("t", {{.offset = 0}}), version)));
    record::BatchRun run(bytes);
    record::AnyBatch batch;
    ASSERT_TRUE(run.next(batch));
    EXPECT_EQ(batch.magic, version < 2 ? 0 : 1);
  }
}

TEST_F(FetchTest, OldClientsGetAPieceOfABatchBeyondTheirLimit) {
  ASSERT_EQ(assign("t", {}), ErrorCode::none);
  produce("t", 1, 0, 1000);
  for (const int32_t limit : {10, 50, 500}) {
    for (int16_t version : {0, 1, 2}) {
      SCOPED_TRACE(std::to_string(limit) + " v" + std::to_string(version));
      const Bytes bytes = bytes_of(one(fetch(ask("t", {{.offset = 0, .max_bytes = limit}}), version)));
      EXPECT_EQ(static_cast<int32_t>(bytes.size()), limit);
    }
    auto whole = ask("t", {{.offset = 0, .max_bytes = limit}});
    EXPECT_GT(bytes_of(one(fetch(whole, 3))).size(), 1000u);
  }
}

TEST(FitFormat, RefusesWhatAClientCannotRead) {
  const auto fit = [](storage::LogConfig config, int16_t version, bool replica) {
    PartitionData data;
    data.partition_index = 4;
    data.high_watermark = 9;
    fit_format(config, version, replica, data);
    EXPECT_EQ(data.partition_index, 4);
    return data.error_code;
  };
  storage::LogConfig plain, zstd, no_conversion;
  zstd.compression_codec = static_cast<int8_t>(record::Codec::zstd);
  no_conversion.message_downconversion_enable = false;
  EXPECT_EQ(fit(plain, 0, false), ErrorCode::none);
  EXPECT_EQ(fit(zstd, 9, false), ErrorCode::unsupported_compression_type);
  EXPECT_EQ(fit(zstd, 10, false), ErrorCode::none);
  EXPECT_EQ(fit(no_conversion, 3, false), ErrorCode::unsupported_version);
  EXPECT_EQ(fit(no_conversion, 3, true), ErrorCode::none);
  EXPECT_EQ(fit(no_conversion, 4, false), ErrorCode::none);
}

/// Sends every consumer of rack "b" to broker 2.
class RackTwo : public ReplicaSelector {
 public:
  std::optional<int32_t> select(const ReplicaChoice& choice) const override {
    return choice.client_rack == "b" ? std::optional(2) : std::nullopt;
  }
};

TEST_F(FetchTest, AConsumerMayBeSentToANearerReplica) {
  RackTwo selector;
  ReplicaContext near{{.broker_id = 1}, *logs, cache, isr_changes, clock, &selector};
  StateChanges near_states(near, nullptr, {});
  wire::LeaderAndIsrRequest lisr;
  lisr.controller_epoch = 1;
  wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState s;
  s.leader = 1;
  s.isr = s.replicas = {1, 2};
  s.is_new = true;
  lisr.topic_states.push_back({"t", topic_id(), {s}});
  near_states.apply(7, lisr);
  struct {
    std::string rack;
    int16_t version;
    int32_t replica;
    int32_t preferred;
  } const cases[] = {{"b", 11, -1, 2}, {"a", 11, -1, -1}, {"b", 10, -1, -1}, {"b", 11, 2, -1}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.rack + " " + std::to_string(c.version) + " " + std::to_string(c.replica));
    auto request = ask("t", {{.offset = 0}});
    request.rack_id = c.rack;
    request.replica_id = c.replica;
    std::promise<FetchResponse> done;
    on_loop(
        [&] { handle_fetch(near, who(c.version), request, [&](FetchResponse r) { done.set_value(std::move(r)); }); });
    EXPECT_EQ(one(done.get_future().get()).preferred_read_replica, c.preferred);
  }
}

// ---- Throttles (KIP-73)

class ThrottledFetchTest : public FetchTest {
 protected:
  ThrottledFetchTest() : FetchTest(config()) {}
  static storage::LogConfig config() {
    storage::LogConfig config;
    config.leader_replication_throttled_replicas = {"0:1"};
    return config;
  }
  void lead(std::vector<int32_t> isr) {
    ASSERT_EQ(assign("t", {.epoch = 0, .isr = std::move(isr), .replicas = {1, 2}}), ErrorCode::none);
    ASSERT_TRUE(append(*partition("t"), batch_of(5)).ok());
  }
  int64_t bytes_for(int32_t replica) {
    auto request = ask("t", {{0, 0}});
    request.replica_id = replica;
    return one(fetch(request)).records.size();
  }
};

TEST_F(ThrottledFetchTest, AFollowerBehindGetsNothingWhileTheRateIsExceeded) {
  lead({1});
  EXPECT_GT(bytes_for(2), 0);
  context.leader_throttle.set_limit(1);
  EXPECT_GT(bytes_for(2), 0) << "what was sent without a limit does not count";
  EXPECT_EQ(bytes_for(2), 0);
  EXPECT_GT(bytes_for(-1), 0) << "consumers are not meant";
  clock.advance_ms(11'000);
  EXPECT_GT(bytes_for(2), 0);
}

TEST_F(ThrottledFetchTest, ReplicasInSyncAreNotHeldBackButCount) {
  lead({1, 2});
  context.leader_throttle.set_limit(1);
  EXPECT_GT(bytes_for(2), 0);
  EXPECT_TRUE(context.leader_throttle.exceeded());
  EXPECT_GT(bytes_for(2), 0);
}

}  // namespace
}  // namespace meerkat::replica
