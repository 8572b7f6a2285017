// The coordinator on a real loop, with a log in memory and leaders that answer markers as the test wants: the two-phase
// commit, taking over, errors of the log, timeouts and expiration.
#include "txn/coordinator.h"

#include <gtest/gtest.h>

#include <future>

#include "cluster/coordinator_partition.h"
#include "record/batch.h"
#include "test/unit/txn/metadata.h"
#include "txn/records.h"

namespace meerkat::txn {
namespace {

using wire::ErrorCode;

constexpr int32_t kTimeoutMs = 60'000;
const TopicPartition kT0{"t", 0};
const TopicPartition kT1{"t", 1};

/// The batches of each partition; a load may be held up, and appends may fail.
class MemoryLog : public replica::RecordLog {
 public:
  void append(int32_t partition, const Terms& terms, Bytes batch, Callback<wire::Outcome<int64_t>> done) override {
    const ErrorCode error = fail_with;
    if (error != ErrorCode::none) return done(wire::refuse(error));
    int64_t offset = 0;
    {
      MutexLock lock(mutex_);
      Bytes& log = logs_[partition];
      record::MutableBatch(batch).set_base_offset(offset = next_++);
      log.insert(log.end(), batch.begin(), batch.end());
      epochs.push_back(terms.leader_epoch);
    }
    done(offset);
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
  void await_replicas(int32_t, const Terms& terms, Callback<wire::Outcome<void>> done) override {
    awaited = terms.leader_epoch;
    const ErrorCode error = behind.exchange(ErrorCode::none);
    error == ErrorCode::none ? done({}) : done(wire::refuse(error));
  }
  int32_t partition_count() const override { return 4; }
  /// What a load would find now.
  LoadedTransactions stored(int32_t partition) {
    Loader loader;
    (void)read(partition, [&](ByteView batches) { return loader.add(batches); });
    return loader.take();
  }

  std::atomic<ErrorCode> fail_with{ErrorCode::none};
  std::atomic<ErrorCode> behind{ErrorCode::none};  // the next await_replicas() ends with this
  std::atomic<int32_t> awaited{-1};                // the leader epoch of the last one
  std::optional<std::shared_future<void>> hold;
  std::vector<int32_t> epochs;  // of the appends

 private:
  Mutex mutex_;
  std::map<int32_t, Bytes> logs_;
  int64_t next_ = 0;
};

/// Leaders that take every marker, or keep silent.
class Leaders : public MarkerChannel {
 public:
  explicit Leaders(event::Loop& loop) : loop_(loop) {}
  void send(int32_t, const wire::WriteTxnMarkersRequest& request, Done done) override {
    MutexLock lock(mutex_);
    wire::WriteTxnMarkersResponse response;
    for (const auto& marker : request.markers) {
      markers_.push_back(marker);
      auto& out = response.markers.emplace_back();
      out.producer_id = marker.producer_id;
      for (const auto& topic : marker.topics) {
        auto& t = out.topics.emplace_back();
        t.name = topic.name;
        for (int32_t p : topic.partition_indexes) t.partitions.push_back({p, answer});
      }
    }
    if (silent) return held_.push_back(std::move(done));
    loop_.post([done = std::move(done), response]() mutable { done(response); });
  }
  /// The connections of the requests that were not answered break.
  void disconnect() {
    loop_.post([this] {
      for (auto& done : std::exchange(held_, {})) done(fail("connection reset"));
    });
  }
  std::vector<wire::WriteTxnMarkersRequest::WritableTxnMarker> markers() {
    MutexLock lock(mutex_);
    return markers_;
  }

  std::atomic<bool> silent{false};
  std::atomic<ErrorCode> answer{ErrorCode::none};

 private:
  event::Loop& loop_;
  Mutex mutex_;
  std::vector<wire::WriteTxnMarkersRequest::WritableTxnMarker> markers_;
  std::vector<Done> held_;  // loop thread
};

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest() {
    settings_.retry_backoff_ms = 0;
    settings_.load_backoff_ms = 0;
    settings_.abort_check_interval_ms = 1;
    settings_.expiration_check_interval_ms = 1;
    tell_leaders(metadata_, {{0, 1}, {1, 2}});
    loop_.start();
    coordinator_ = std::make_unique<Coordinator>(
        settings_, Ledger::Parts{.loop = loop_,
                                 .log = log_,
                                 .workers = workers_,
                                 .metadata = metadata_,
                                 .partition_exists =
                                     [this](const TopicPartition& tp, Callback<Result<bool>> done) {
                                       done(metadata_.image()->partition(tp.topic, tp.partition) != nullptr);
                                     },
                                 .channel = leaders_,
                                 .next_producer_id = [this](auto done) { done(next_id_++); },
                                 .clock = clock_});
  }
  ~CoordinatorTest() override {
    coordinator_->stop([] {});
    workers_.stop();
  }
  template <class Answer, class Method, class... Arguments>
  Answer ask(Method method, Arguments... arguments) {
    std::promise<Answer> promise;
    ((*coordinator_).*method)(std::move(arguments)..., [&](Answer a) { promise.set_value(std::move(a)); });
    return promise.get_future().get();
  }
  void lead(int32_t epoch = 0) {
    for (int32_t p = 0; p < 4; ++p) coordinator_->on_leader({std::string(kTransactionsTopic), p}, epoch);
    while (list().error_code == ErrorCode::coordinator_load_in_progress) std::this_thread::yield();
  }
  void resign(int32_t epoch) {
    for (int32_t p = 0; p < 4; ++p) coordinator_->on_resigned({std::string(kTransactionsTopic), p}, epoch);
  }
  static int32_t partition_of(const std::string& id) { return cluster::coordinator_partition(id, 4); }

  wire::Outcome<Producer> init(const std::string& id = "id", int32_t timeout_ms = kTimeoutMs) {
    return ask<wire::Outcome<Producer>>(&Coordinator::init_producer, id, timeout_ms, std::optional<Producer>());
  }
  ErrorCode add(Producer producer, std::set<TopicPartition> partitions) {
    return ask<ErrorCode>(&Coordinator::add_partitions, std::string("id"), producer, std::move(partitions));
  }
  ErrorCode end(Producer producer, bool commit) {
    return ask<ErrorCode>(&Coordinator::end, std::string("id"), producer, commit);
  }
  wire::DescribeTransactionsResponse::TransactionState describe(const std::string& id = "id") {
    using State = wire::DescribeTransactionsResponse::TransactionState;
    return ask<std::vector<State>>(&Coordinator::describe, std::vector<std::string>{id})[0];
  }
  std::string state() {
    const auto described = describe();
    return described.error_code == ErrorCode::none ? described.transaction_state
                                                   : std::string(wire::name(described.error_code));
  }
  void await_state(const std::string& wanted) {
    while (state() != wanted) std::this_thread::yield();
  }
  wire::ListTransactionsResponse list(wire::ListTransactionsRequest request = {}) {
    return ask<wire::ListTransactionsResponse>(&Coordinator::list, std::move(request));
  }
  Details stored() { return log_.stored(partition_of("id")).at("id"); }

  Settings settings_;
  ManualClock clock_;
  MemoryLog log_;
  event::Loop loop_{"txn"};
  event::Pool workers_{"worker", 2};
  cluster::MetadataCache metadata_;
  Leaders leaders_{loop_};
  int64_t next_id_ = 1000;
  std::unique_ptr<Coordinator> coordinator_;
};

TEST_F(CoordinatorTest, KnowsOnlyIdsOfThePartitionsItLeads) {
  EXPECT_EQ(init().error().code, ErrorCode::not_coordinator);
  EXPECT_EQ(end({1, 0}, true), ErrorCode::not_coordinator);
  lead();
  EXPECT_EQ(state(), "TRANSACTIONAL_ID_NOT_FOUND");
  EXPECT_EQ(end({1, 0}, true), ErrorCode::invalid_producer_id_mapping);
  const auto producer = init();
  ASSERT_TRUE(producer);
  EXPECT_EQ(*producer, (Producer{1000, 0}));
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(describe("").error_code, ErrorCode::invalid_request);
}

TEST_F(CoordinatorTest, RefusesTimeoutsOutOfRange) {
  lead();
  for (int32_t timeout : {0, -1, settings_.max_timeout_ms + 1}) {
    EXPECT_EQ(init("id", timeout).error().code, ErrorCode::invalid_transaction_timeout);
  }
  EXPECT_TRUE(init("id", settings_.max_timeout_ms));
}

TEST_F(CoordinatorTest, CommitsInTwoPhases) {
  lead(5);
  const Producer producer = *init();
  EXPECT_EQ(add(producer, {kT0, kT1}), ErrorCode::none);
  EXPECT_EQ(stored().state, State::ongoing);
  using Codes = std::vector<ErrorCode>;
  EXPECT_EQ(ask<Codes>(&Coordinator::verify_partitions, std::string("id"), producer,
                       std::vector<TopicPartition>{kT0, {"t", 2}}),
            (Codes{ErrorCode::none, ErrorCode::transaction_abortable}));
  leaders_.silent = true;
  EXPECT_EQ(end(producer, true), ErrorCode::none);
  EXPECT_EQ(stored().state, State::prepare_commit);
  EXPECT_EQ(end(producer, true), ErrorCode::concurrent_transactions);
  EXPECT_EQ(init().error().code, ErrorCode::concurrent_transactions);
  const auto markers = leaders_.markers();
  ASSERT_EQ(markers.size(), 2u);
  for (const auto& marker : markers) {
    EXPECT_TRUE(marker.transaction_result);
    EXPECT_EQ(marker.coordinator_epoch, 5);
    EXPECT_EQ(marker.producer_id, producer.id);
    EXPECT_EQ(marker.producer_epoch, producer.epoch);
  }
  // Its successor sends them again.
  resign(6);
  EXPECT_EQ(state(), "NOT_COORDINATOR");
  tell_leaders(metadata_, {{0, 1}, {1, kDeleted}});
  leaders_.silent = false;
  leaders_.disconnect();
  lead(7);
  await_state("CompleteCommit");
  EXPECT_EQ(stored().state, State::complete_commit);
  EXPECT_EQ(leaders_.markers().back().coordinator_epoch, 7);
  EXPECT_EQ(log_.epochs.back(), 7);
  EXPECT_EQ(end(producer, true), ErrorCode::none) << "its first answer was lost";
}

TEST_F(CoordinatorTest, AbortsWhatASecondProducerFindsOpen) {
  lead();
  const Producer first = *init();
  EXPECT_EQ(add(first, {kT0}), ErrorCode::none);
  EXPECT_EQ(init().error().code, ErrorCode::concurrent_transactions);
  EXPECT_EQ(end(first, true), ErrorCode::producer_fenced);
  await_state("CompleteAbort");
  const auto marker = leaders_.markers().back();
  EXPECT_FALSE(marker.transaction_result);
  EXPECT_EQ(marker.producer_epoch, 1);
  EXPECT_EQ(*init(), (Producer{first.id, 2}));
}

TEST_F(CoordinatorTest, TriesMarkersAgain) {
  lead();
  const Producer producer = *init();
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::none);
  leaders_.answer = ErrorCode::not_leader_or_follower;
  EXPECT_EQ(end(producer, false), ErrorCode::none);
  while (leaders_.markers().size() < 3) std::this_thread::yield();
  EXPECT_EQ(state(), "PrepareAbort");
  leaders_.answer = ErrorCode::none;
  await_state("CompleteAbort");
}

TEST_F(CoordinatorTest, TellsWhyALogCouldNotBeWritten) {
  struct Case {
    ErrorCode append, answer;
  } cases[] = {{ErrorCode::not_enough_replicas, ErrorCode::coordinator_not_available},
               {ErrorCode::not_enough_replicas_after_append, ErrorCode::coordinator_not_available},
               {ErrorCode::request_timed_out, ErrorCode::coordinator_not_available},
               {ErrorCode::unknown_topic_or_partition, ErrorCode::coordinator_not_available},
               {ErrorCode::not_leader_or_follower, ErrorCode::not_coordinator},
               {ErrorCode::kafka_storage_error, ErrorCode::not_coordinator},
               {ErrorCode::message_too_large, ErrorCode::unknown_server_error}};
  lead();
  const Producer producer = *init();
  for (const auto& c : cases) {
    log_.fail_with = c.append;
    EXPECT_EQ(add(producer, {kT0}), c.answer) << wire::name(c.append);
  }
  log_.fail_with = ErrorCode::none;
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::none);
}

TEST_F(CoordinatorTest, WritesACompletionUntilItIsThere) {
  lead();
  const Producer producer = *init();
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::none);
  leaders_.answer = ErrorCode::request_timed_out;
  EXPECT_EQ(end(producer, true), ErrorCode::none);
  log_.fail_with = ErrorCode::not_enough_replicas;
  leaders_.answer = ErrorCode::none;
  while (!describe().topics.empty()) std::this_thread::yield();
  EXPECT_EQ(state(), "PrepareCommit");
  log_.fail_with = ErrorCode::none;
  await_state("CompleteCommit");
}

TEST_F(CoordinatorTest, AsksForPatienceWhileItReads) {
  std::promise<void> release;
  log_.hold = release.get_future().share();
  coordinator_->on_leader({std::string(kTransactionsTopic), partition_of("id")}, 0);
  EXPECT_EQ(init().error().code, ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(state(), "COORDINATOR_LOAD_IN_PROGRESS");
  EXPECT_EQ(list().error_code, ErrorCode::coordinator_load_in_progress);
  release.set_value();
  await_state("TRANSACTIONAL_ID_NOT_FOUND");
}

/// A record that only this replica has may be gone with it, but not what was done because of it.
TEST_F(CoordinatorTest, ServesOnlyWhatAllReplicasHave) {
  log_.behind = ErrorCode::request_timed_out;
  coordinator_->on_leader({std::string(kTransactionsTopic), partition_of("id")}, 3);
  EXPECT_EQ(init().error().code, ErrorCode::coordinator_load_in_progress);
  while (log_.awaited != 3 || state() == "COORDINATOR_LOAD_IN_PROGRESS") std::this_thread::yield();
  EXPECT_EQ(log_.behind, ErrorCode::none) << "it was asked again";
  EXPECT_TRUE(init());
}

TEST_F(CoordinatorTest, ANewLeaderEpochMeansReadingAnew) {
  lead(1);
  const Producer producer = *init();
  lead(2);
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::none);
  EXPECT_EQ(log_.epochs.back(), 2);
  coordinator_->on_resigned({std::string(kTransactionsTopic), partition_of("id")}, 1);
  EXPECT_EQ(state(), "Ongoing") << "an old message";
}

TEST_F(CoordinatorTest, AbortsWhatIsOpenForTooLong) {
  lead();
  const Producer producer = *init();
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::none);
  clock_.advance_ms(kTimeoutMs + 1);
  await_state("CompleteAbort");
  EXPECT_EQ(end(producer, true), ErrorCode::producer_fenced);
}

TEST_F(CoordinatorTest, ForgetsIdsThatNobodyUses) {
  lead();
  const Producer producer = *init();
  EXPECT_EQ(log_.stored(partition_of("id")).size(), 1u);
  clock_.advance_ms(settings_.id_expiration_ms);
  await_state("TRANSACTIONAL_ID_NOT_FOUND");
  EXPECT_TRUE(log_.stored(partition_of("id")).empty());
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::invalid_producer_id_mapping);
}

TEST_F(CoordinatorTest, ListsByStateProducerAndDuration) {
  lead();
  const Producer producer = *init();
  ASSERT_TRUE(init("other"));
  EXPECT_EQ(add(producer, {kT0}), ErrorCode::none);
  clock_.advance_ms(100);
  const auto count = [&](wire::ListTransactionsRequest request) { return list(request).transaction_states.size(); };
  EXPECT_EQ(count({}), 2u);
  EXPECT_EQ(count({.state_filters = {"Ongoing"}}), 1u);
  EXPECT_EQ(count({.state_filters = {"Ongoing", "Empty"}}), 2u);
  EXPECT_EQ(count({.producer_id_filters = {producer.id}}), 1u);
  EXPECT_EQ(count({.producer_id_filters = {5}}), 0u);
  EXPECT_EQ(count({.state_filters = {"Ongoing"}, .duration_filter = 99}), 1u);
  EXPECT_EQ(count({.state_filters = {"Ongoing"}, .duration_filter = 100}), 0u);
  const auto unknown = list({.state_filters = {"Gone", "Gone"}});
  EXPECT_EQ(unknown.unknown_state_filters, std::vector<std::string>{"Gone"});
  EXPECT_TRUE(unknown.transaction_states.empty());
}

}  // namespace
}  // namespace meerkat::txn
