// The coordinator on real loops and a log in memory: taking over and giving up partitions, errors of the log.
#include "group/coordinator.h"

#include <gtest/gtest.h>

#include <future>

#include "cluster/coordinator_partition.h"
#include "group/records.h"

namespace meerkat::group {
namespace {

using wire::ErrorCode;

/// The batches of each partition; a load may be held up, and appends may fail.
class MemoryLog : public OffsetsLog {
 public:
  void append(int32_t partition, const Terms& terms, Bytes batch, Callback<wire::Outcome<int64_t>> done) override {
    last_guard = terms.guard.id;
    if (fail_with != ErrorCode::none) return done(wire::refuse(fail_with));
    MutexLock lock(mutex_);
    Bytes& log = logs_[partition];
    record::MutableBatch(batch).set_base_offset(next_);
    log.insert(log.end(), batch.begin(), batch.end());
    const int64_t offset = next_++;
    lock.unlock();
    done(offset);
    lock.lock();
  }
  void verify(int32_t, event::Loop&, replica::TransactionClaim claim,
              Callback<wire::Outcome<storage::VerificationGuard>> done) override {
    last_claim = claim;
    if (verification != ErrorCode::none) return done(wire::refuse(verification));
    done(storage::VerificationGuard{77});
  }
  wire::Outcome<void> read(int32_t partition, const std::function<bool(ByteView)>& sink) override {
    if (hold) hold->wait();
    Bytes copy;
    {
      MutexLock lock(mutex_);
      copy = logs_[partition];
    }
    sink(copy);
    return {};
  }
  void await_replicas(int32_t, const Terms&, Callback<wire::Outcome<void>> done) override { done({}); }
  int32_t partition_count() const override { return 4; }

  std::atomic<ErrorCode> fail_with{ErrorCode::none};
  std::optional<std::shared_future<void>> hold;
  std::atomic<ErrorCode> verification{ErrorCode::none};
  // Of the last calls; for a test that has seen the answer.
  replica::TransactionClaim last_claim;
  std::atomic<uint64_t> last_guard{0};

 private:
  Mutex mutex_;
  std::map<int32_t, Bytes> logs_;
  int64_t next_ = 0;
};

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest() {
    settings_.initial_rebalance_delay_ms = 0;
    for (auto& loop : loops_) loop.start();
    coordinator_ =
        std::make_unique<Coordinator>(settings_, std::vector<event::Loop*>{&loops_[0], &loops_[1]}, log_, workers_);
  }
  ~CoordinatorTest() override {
    coordinator_->stop();
    workers_.stop();
  }

  /// Calls a method of the coordinator and waits for its reply.
  template <class Response, class Method, class... Arguments>
  Response ask(Method method, Arguments... arguments) {
    std::promise<Response> promise;
    ((*coordinator_).*method)(std::move(arguments)..., [&](Response r) { promise.set_value(std::move(r)); });
    return promise.get_future().get();
  }
  void lead(int32_t partition, int32_t epoch = 0) {
    coordinator_->on_leader({std::string(kOffsetsTopic), partition}, epoch);
  }
  void lead_all() {
    for (int32_t p = 0; p < log_.partition_count(); ++p) lead(p);
    while (ask<wire::ListGroupsResponse>(&Coordinator::list, wire::ListGroupsRequest{}).error_code != ErrorCode::none) {
      std::this_thread::yield();
    }
  }
  void resign(int32_t partition, int32_t epoch) {
    coordinator_->on_resigned({std::string(kOffsetsTopic), partition}, epoch);
  }
  static int32_t partition_of(const std::string& group) { return cluster::coordinator_partition(group, 4); }

  ErrorCode commit(const std::string& group, int64_t offset, const std::string& metadata = "") {
    wire::OffsetCommitRequest request;
    request.group_id = group;
    request.topics = {{"t", {{.partition_index = 0, .committed_offset = offset, .committed_metadata = metadata}}}};
    return ask<wire::OffsetCommitResponse>(&Coordinator::commit, request).topics[0].partitions[0].error_code;
  }
  Coordinator::FetchedGroup fetch(const std::string& group, bool stable = false) {
    Coordinator::FetchGroup asked;
    asked.group_id = group;
    asked.topics = {{{"t", {0}}}};
    return ask<std::vector<Coordinator::FetchedGroup>>(&Coordinator::fetch, std::vector<Coordinator::FetchGroup>{asked},
                                                       stable)[0];
  }
  int64_t offset(const std::string& group) {
    const auto fetched = fetch(group);
    return fetched.error_code == ErrorCode::none ? fetched.topics[0].partitions[0].committed_offset : -2;
  }
  std::string state(const std::string& group) {
    const auto described = ask<std::vector<wire::DescribeGroupsResponse::DescribedGroup>>(
        &Coordinator::describe, std::vector<std::string>{group})[0];
    return described.error_code == ErrorCode::none ? described.group_state
                                                   : std::string(wire::name(described.error_code));
  }

  Settings settings_;
  MemoryLog log_;
  event::Loop loops_[2] = {event::Loop("group-0"), event::Loop("group-1")};
  event::Pool workers_{"worker", 2};
  std::unique_ptr<Coordinator> coordinator_;
};

TEST_F(CoordinatorTest, KnowsOnlyGroupsOfThePartitionsItLeads) {
  EXPECT_EQ(commit("g", 1), ErrorCode::not_coordinator);
  EXPECT_EQ(state("g"), "NOT_COORDINATOR");
  lead_all();
  EXPECT_EQ(state("g"), "Dead");
  EXPECT_EQ(commit("g", 1), ErrorCode::none);
  EXPECT_EQ(state("g"), "Empty");
  EXPECT_EQ(offset("g"), 1);
}

TEST_F(CoordinatorTest, ReadsTheLogWhenItTakesOver) {
  lead_all();
  for (const char* group : {"a", "b", "c", "d", "e"}) EXPECT_EQ(commit(group, group[0]), ErrorCode::none);
  for (int32_t p = 0; p < 4; ++p) resign(p, 1);
  EXPECT_EQ(state("a"), "NOT_COORDINATOR");
  for (int32_t p = 0; p < 4; ++p) lead(p, 2);
  lead_all();
  for (const char* group : {"a", "b", "c", "d", "e"}) EXPECT_EQ(offset(group), group[0]);
}

TEST_F(CoordinatorTest, AsksForPatienceWhileItReads) {
  std::promise<void> release;
  log_.hold = release.get_future().share();
  const int32_t partition = partition_of("g");
  lead(partition);
  EXPECT_EQ(state("g"), "COORDINATOR_LOAD_IN_PROGRESS");
  EXPECT_EQ(commit("g", 1), ErrorCode::coordinator_load_in_progress);
  wire::HeartbeatRequest heartbeat;
  heartbeat.group_id = "g";
  EXPECT_EQ(ask<wire::HeartbeatResponse>(&Coordinator::heartbeat, heartbeat).error_code, ErrorCode::none);
  wire::SyncGroupRequest sync;
  sync.group_id = "g";
  EXPECT_EQ(ask<wire::SyncGroupResponse>(&Coordinator::sync, sync).error_code, ErrorCode::rebalance_in_progress);
  EXPECT_EQ(ask<wire::ListGroupsResponse>(&Coordinator::list, wire::ListGroupsRequest{}).error_code,
            ErrorCode::coordinator_load_in_progress);
  resign(partition, 1);
  EXPECT_EQ(state("g"), "NOT_COORDINATOR");
  release.set_value();
}

TEST_F(CoordinatorTest, AResignationOfAnOlderEpochIsLate) {
  lead_all();
  const int32_t partition = partition_of("g");
  lead(partition, 5);
  commit("g", 1);
  resign(partition, 4);
  EXPECT_EQ(offset("g"), 1);
  resign(partition, -1);
  EXPECT_EQ(offset("g"), -2);
}

TEST_F(CoordinatorTest, TellsWhatAFailedAppendMeans) {
  struct Case {
    ErrorCode append, answer;
  } cases[] = {
      {ErrorCode::not_leader_or_follower, ErrorCode::not_coordinator},
      {ErrorCode::kafka_storage_error, ErrorCode::not_coordinator},
      {ErrorCode::not_enough_replicas, ErrorCode::coordinator_not_available},
      {ErrorCode::not_enough_replicas_after_append, ErrorCode::coordinator_not_available},
      {ErrorCode::message_too_large, ErrorCode::invalid_commit_offset_size},
      {ErrorCode::request_timed_out, ErrorCode::request_timed_out},
  };
  lead_all();
  EXPECT_EQ(commit("g", 1), ErrorCode::none);
  for (const auto& c : cases) {
    log_.fail_with = c.append;
    EXPECT_EQ(commit("g", 2), c.answer) << wire::name(c.append);
    EXPECT_EQ(offset("g"), 1) << wire::name(c.append);
  }
}

TEST_F(CoordinatorTest, RefusesMetadataThatIsTooLong) {
  lead_all();
  EXPECT_EQ(commit("g", 1, std::string(4096, 'x')), ErrorCode::none);
  EXPECT_EQ(commit("g", 2, std::string(4097, 'x')), ErrorCode::offset_metadata_too_large);
  std::string otters;
  for (int i = 0; i < 2048; ++i) otters += "\xF0\x9F\xA6\xA6";
  EXPECT_EQ(commit("g", 3, otters), ErrorCode::none) << "4096 characters to Java";
  EXPECT_EQ(offset("g"), 3);
}

TEST_F(CoordinatorTest, TransactionalOffsetsWaitForTheMarker) {
  lead_all();
  commit("g", 1);
  wire::TxnOffsetCommitRequest request;
  request.group_id = "g";
  request.producer_id = 7;
  request.producer_epoch = 0;
  request.topics = {{"t", {{.partition_index = 0, .committed_offset = 5}}}};
  const auto answer = ask<wire::TxnOffsetCommitResponse>(&Coordinator::commit_transactional, int16_t{3}, request);
  EXPECT_EQ(answer.topics[0].partitions[0].error_code, ErrorCode::none);
  EXPECT_EQ(offset("g"), 1);
  EXPECT_EQ(fetch("g", true).topics[0].partitions[0].error_code, ErrorCode::unstable_offset_commit);
  coordinator_->on_transaction_end(partition_of("g"), 7, true);
  EXPECT_EQ(offset("g"), 5);
  EXPECT_EQ(fetch("g", true).topics[0].partitions[0].error_code, ErrorCode::none);
}

TEST_F(CoordinatorTest, AMarkerThatComesDuringALoadIsNotForgotten) {
  lead_all();
  wire::TxnOffsetCommitRequest request;
  request.group_id = "g";
  request.producer_id = 7;
  request.producer_epoch = 0;
  request.topics = {{"t", {{.partition_index = 0, .committed_offset = 5}}}};
  ask<wire::TxnOffsetCommitResponse>(&Coordinator::commit_transactional, int16_t{3}, request);
  resign(partition_of("g"), 1);
  std::promise<void> release;
  log_.hold = release.get_future().share();
  lead(partition_of("g"), 2);
  coordinator_->on_transaction_end(partition_of("g"), 7, true);
  // What is asked on the loop after it finds the groups still loading.
  EXPECT_EQ(fetch("g").error_code, ErrorCode::coordinator_load_in_progress);
  release.set_value();
  lead_all();
  EXPECT_EQ(offset("g"), 5);
  EXPECT_EQ(fetch("g", true).topics[0].partitions[0].error_code, ErrorCode::none);
}

TEST_F(CoordinatorTest, TransactionalOffsetsAreVerifiedFirst) {
  lead_all();
  wire::TxnOffsetCommitRequest request;
  request.transactional_id = "x";
  request.group_id = "g";
  request.producer_id = 7;
  request.producer_epoch = 3;
  request.topics = {{"t", {{.partition_index = 0, .committed_offset = 5}}}};
  const auto commit_offsets = [&](int16_t version) {
    const auto answer = ask<wire::TxnOffsetCommitResponse>(&Coordinator::commit_transactional, version, request);
    return answer.topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(commit_offsets(3), ErrorCode::none);
  EXPECT_EQ(log_.last_guard, 77u) << "the log is shown what the verification gave";
  EXPECT_EQ(log_.last_claim.transactional_id, "x");
  EXPECT_EQ(log_.last_claim.producer_epoch, 3);
  EXPECT_FALSE(log_.last_claim.knows_abortable);
  commit_offsets(4);
  EXPECT_TRUE(log_.last_claim.knows_abortable);
  const std::pair<ErrorCode, ErrorCode> heard[] = {
      {ErrorCode::network_exception, ErrorCode::coordinator_load_in_progress},
      {ErrorCode::not_leader_or_follower, ErrorCode::not_coordinator},
      {ErrorCode::invalid_txn_state, ErrorCode::invalid_txn_state},
      {ErrorCode::invalid_producer_id_mapping, ErrorCode::invalid_producer_id_mapping},
  };
  for (const auto& [verification, expected] : heard) {
    log_.verification = verification;
    EXPECT_EQ(commit_offsets(4), expected) << wire::name(verification);
  }
}

TEST_F(CoordinatorTest, DeletesGroupsForGood) {
  lead_all();
  commit("g", 1);
  const std::vector<std::string> names = {"g", "unknown"};
  const auto deleted = ask<wire::DeleteGroupsResponse>(&Coordinator::remove_groups, names);
  EXPECT_EQ(deleted.results[0].error_code, ErrorCode::none);
  EXPECT_EQ(deleted.results[1].error_code, ErrorCode::group_id_not_found);
  resign(partition_of("g"), 1);
  lead(partition_of("g"), 2);
  lead_all();
  EXPECT_EQ(state("g"), "Dead");
}

TEST_F(CoordinatorTest, ListsByStateAndType) {
  lead_all();
  commit("g", 1);
  const auto count = [&](std::vector<std::string> states, std::vector<std::string> types) {
    return ask<wire::ListGroupsResponse>(&Coordinator::list, wire::ListGroupsRequest{states, types}).groups.size();
  };
  EXPECT_EQ(count({}, {}), 1u);
  EXPECT_EQ(count({"empty"}, {}), 1u);
  EXPECT_EQ(count({"Stable"}, {}), 0u);
  EXPECT_EQ(count({}, {"Classic"}), 1u);
  EXPECT_EQ(count({}, {"consumer"}), 0u);
}

/// Every partition ends at 10.
class TenRecords : public PartitionEnds {
 public:
  std::optional<PartitionEnd> end(const TopicPartition&, int64_t) override { return PartitionEnd{10, {}}; }
};

TEST_F(CoordinatorTest, KnowsTheLagOfAllItsGroups) {
  lead_all();
  EXPECT_EQ(commit("a", 4), ErrorCode::none);
  EXPECT_EQ(commit("b", 10), ErrorCode::none);
  TenRecords ends;
  std::promise<std::vector<GroupLag>> promise;
  coordinator_->lags(ends, [&](std::vector<GroupLag> lags) { promise.set_value(std::move(lags)); });
  std::map<std::string, int64_t> behind;
  for (const auto& lag : promise.get_future().get()) behind[lag.offset.group] = lag.records;
  EXPECT_EQ(behind, (std::map<std::string, int64_t>{{"a", 6}, {"b", 0}}));
}

}  // namespace
}  // namespace meerkat::group
