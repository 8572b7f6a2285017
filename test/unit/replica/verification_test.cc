#include "replica/verification.h"

#include <thread>

#include "net/server.h"
#include "replica/produce.h"
#include "replica/verification_sender.h"
#include "replica_fixture.h"
#include "wire/header.h"
#include "wire/messages/00_produce.h"

namespace meerkat::replica {
namespace {

using wire::AddPartitionsToTxnRequest;
using wire::AddPartitionsToTxnResponse;
using wire::ErrorCode;
using wire::ProduceRequest;
using wire::ProduceResponse;

// ---- What a Produce request makes of it

/// Keeps the questions; the test answers.
class FakeVerifier : public TransactionVerifier {
 public:
  struct Asked {
    TransactionClaim claim;
    std::vector<TopicPartition> partitions;
    Callback<std::vector<ErrorCode>> done;
  };
  void verify(TransactionClaim claim, std::vector<TopicPartition> partitions,
              Callback<std::vector<ErrorCode>> done) override {
    asked.push_back({std::move(claim), std::move(partitions), std::move(done)});
  }
  std::deque<Asked> asked;
};

Bytes batch_of_producer(int64_t id, int32_t sequence, bool transactional = true) {
  return batch_of(1, 10,
                  {.producer_id = id, .producer_epoch = 0, .base_sequence = sequence, .transactional = transactional});
}

class VerifiedProduce : public ReplicaTest {
 protected:
  VerifiedProduce() {
    logs->set_producer_rules(3'600'000, true);
    context.verifier = &verifier;
    EXPECT_EQ(assign("t", {}), ErrorCode::none);
    EXPECT_EQ(assign("t", {.partition = 1}), ErrorCode::none);
  }
  ProduceRequest request(std::optional<std::string> transactional_id, std::vector<Bytes> batches) {
    const auto& partitions = batches_.emplace_back(std::move(batches));
    ProduceRequest r;
    r.transactional_id = std::move(transactional_id);
    r.acks = 1;
    auto& topic = r.topic_data.emplace_back();
    topic.name = "t";
    for (size_t i = 0; i < partitions.size(); ++i) {
      topic.partition_data.push_back({static_cast<int32_t>(i), {.view = partitions[i]}});
    }
    return r;
  }
  /// From the questions to the answer, with the coordinator saying `errors`.
  ProduceResponse produce(const ProduceRequest& r, std::vector<ErrorCode> errors, int16_t version = 11) {
    std::promise<ProduceResponse> answer;
    on_loop([&] {
      auto questions = questions_of(context, who(version), r);
      ASSERT_TRUE(questions.ok());
      ASSERT_EQ(questions->partitions.size(), errors.size());
      if (questions->empty()) {
        return handle_produce(context, who(version), r, [&](ProduceResponse p) { answer.set_value(std::move(p)); });
      }
      verify_produce(context, who(version), std::move(*questions), [&, version](const Verifications& verified) {
        handle_produce(
            context, who(version), r, [&](ProduceResponse p) { answer.set_value(std::move(p)); }, verified);
      });
      if (!errors.empty()) verifier.asked.back().done(std::move(errors));
    });
    return answer.get_future().get();
  }
  ErrorCode refusal(const ProduceRequest& r) {
    auto questions = questions_of(context, who(11), r);
    return questions ? ErrorCode::none : questions.error().code;
  }

  FakeVerifier verifier;

 private:
  std::deque<std::vector<Bytes>> batches_;  // the frames of the requests
};

TEST_F(VerifiedProduce, AsksOnceATransactionAndPartition) {
  const std::vector<Bytes> first = {batch_of_producer(7, 0), batch_of_producer(7, 0)};
  auto response = produce(request("x", first), {ErrorCode::none, ErrorCode::none});
  for (const auto& p : response.responses[0].partition_responses) EXPECT_EQ(p.error_code, ErrorCode::none);
  ASSERT_EQ(verifier.asked.size(), 1u);
  EXPECT_EQ(verifier.asked[0].claim.transactional_id, "x");
  EXPECT_EQ(verifier.asked[0].claim.producer_id, 7);
  EXPECT_EQ(verifier.asked[0].partitions, (std::vector<TopicPartition>{{"t", 0}, {"t", 1}}));
  const std::vector<Bytes> second = {batch_of_producer(7, 1), batch_of_producer(7, 1)};
  produce(request("x", second), {});
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 2);
}

TEST_F(VerifiedProduce, OnlyNewClientsKnowAbortable) {
  for (const int16_t version : {10, 11}) {
    const Bytes batch = batch_of_producer(version, 0);
    const auto r = request("x", {batch});
    auto questions = questions_of(context, who(version), r);
    ASSERT_TRUE(questions.ok());
    EXPECT_EQ(questions->claim.knows_abortable, version == 11);
  }
}

TEST_F(VerifiedProduce, TellsTheProducerWhatItCanDealWith) {
  const std::tuple<ErrorCode, ErrorCode, bool> heard[] = {
      {ErrorCode::invalid_txn_state, ErrorCode::invalid_txn_state, true},
      {ErrorCode::transaction_abortable, ErrorCode::transaction_abortable, false},
      {ErrorCode::invalid_producer_epoch, ErrorCode::invalid_producer_epoch, false},
      {ErrorCode::invalid_producer_id_mapping, ErrorCode::invalid_producer_id_mapping, false},
      {ErrorCode::concurrent_transactions, ErrorCode::not_enough_replicas, true},
      {ErrorCode::network_exception, ErrorCode::not_enough_replicas, true},
      {ErrorCode::coordinator_load_in_progress, ErrorCode::not_enough_replicas, true},
      {ErrorCode::coordinator_not_available, ErrorCode::not_enough_replicas, true},
      {ErrorCode::not_coordinator, ErrorCode::not_enough_replicas, true},
  };
  for (const auto& [coordinator, expected, explained] : heard) {
    SCOPED_TRACE(wire::name(coordinator));
    const std::vector<Bytes> batches = {batch_of_producer(7, 0), batch_of_producer(7, 0)};
    const auto response = produce(request("x", batches), {coordinator, coordinator});
    const auto& p = response.responses[0].partition_responses[1];
    EXPECT_EQ(p.error_code, expected);
    EXPECT_EQ(p.base_offset, -1);
    EXPECT_EQ(p.log_start_offset, -1);
    EXPECT_EQ(p.error_message.has_value(), explained);
  }
  EXPECT_EQ(partition("t")->log()->log_end_offset(), 0);
}

TEST_F(VerifiedProduce, OnePartitionsErrorLeavesTheOtherAlone) {
  const std::vector<Bytes> batches = {batch_of_producer(7, 0), batch_of_producer(7, 0)};
  const auto response = produce(request("x", batches), {ErrorCode::invalid_txn_state, ErrorCode::none});
  EXPECT_EQ(response.responses[0].partition_responses[0].error_code, ErrorCode::invalid_txn_state);
  EXPECT_EQ(response.responses[0].partition_responses[1].error_code, ErrorCode::none);
}

TEST_F(VerifiedProduce, RefusesTransactionalBatchesThatNameNoTransactionOrTwoProducers) {
  const Bytes seven = batch_of_producer(7, 0), eight = batch_of_producer(8, 0);
  EXPECT_EQ(refusal(request(std::nullopt, {seven})), ErrorCode::transactional_id_authorization_failed);
  EXPECT_EQ(refusal(request("x", {seven, eight})), ErrorCode::invalid_producer_id_mapping);
  const auto refused = refused_produce(request("x", {seven, eight}), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ(refused.responses.at(0).partition_responses.at(1).error_code, ErrorCode::invalid_producer_id_mapping);
}

TEST_F(VerifiedProduce, IdempotentBatchesAndStrangePartitionsAskNothing) {
  const Bytes idempotent = batch_of_producer(7, 0, false), seven = batch_of_producer(7, 0);
  produce(request("x", {idempotent}), {});
  EXPECT_EQ(assign("t", {.leader = 2, .epoch = 1, .replicas = {1, 2}, .partition_epoch = 1, .partition = 1}),
            ErrorCode::none);
  const auto response = produce(request("x", {idempotent, seven, seven}), {});
  EXPECT_EQ(response.responses[0].partition_responses[1].error_code, ErrorCode::not_leader_or_follower);
  EXPECT_EQ(response.responses[0].partition_responses[2].error_code, ErrorCode::unknown_topic_or_partition);
}

TEST_F(VerifiedProduce, WhoBecomesLeaderMeanwhileDoesNotBlameTheProducer) {
  EXPECT_EQ(assign("t", {.leader = 2, .epoch = 1, .replicas = {1, 2}, .partition_epoch = 1}), ErrorCode::none);
  const auto r = request("x", {batch_of_producer(7, 0)});
  std::promise<ProduceResponse> answer;
  on_loop([&] {
    auto questions = questions_of(context, who(11), r);
    ASSERT_TRUE(questions.ok());
    EXPECT_EQ(assign("t", {.leader = 1, .epoch = 2, .replicas = {1, 2}, .partition_epoch = 2}), ErrorCode::none);
    ASSERT_FALSE(questions->empty());
    verify_produce(context, who(11), std::move(*questions), [&](const Verifications& verified) {
      handle_produce(
          context, who(11), r, [&](ProduceResponse p) { answer.set_value(std::move(p)); }, verified);
    });
  });
  const auto response = answer.get_future().get();
  EXPECT_EQ(response.responses[0].partition_responses[0].error_code, ErrorCode::not_leader_or_follower);
  EXPECT_TRUE(verifier.asked.empty());
}

// ---- The coordinator over a socket

/// Answers every transaction with what the test says; may hold answers back.
class CoordinatorServer : public net::FrameHandler {
 public:
  CoordinatorServer() : server_({.network_threads = 1}, *this) {
    auto bound = server_.bind({"PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0});
    EXPECT_TRUE(bound.ok());
    port = *bound;
    server_.enable_processing();
  }
  ~CoordinatorServer() override {
    held_.clear();
    server_.stop(std::chrono::milliseconds(0));
  }

  void on_frame(const std::shared_ptr<net::Peer>&, net::Frame frame, net::Responder responder) override {
    size_t used = 0;
    auto header = wire::decode_request_header(frame.bytes, &used);
    ASSERT_TRUE(header.ok());
    ASSERT_EQ(header->api_key(), wire::ApiKey::add_partitions_to_txn);
    const int16_t version = header->request_api_version;
    EXPECT_GE(version, 4);
    auto request = wire::decode<AddPartitionsToTxnRequest>(ByteView(frame.bytes).subspan(used), version);
    ASSERT_TRUE(request.ok());
    AddPartitionsToTxnResponse response;
    response.error_code = whole;
    for (const auto& transaction : request->transactions) {
      EXPECT_TRUE(transaction.verify_only);
      auto& result = response.results_by_transaction.emplace_back();
      result.transactional_id = transaction.transactional_id;
      for (const auto& topic : transaction.topics) {
        auto& out = result.topic_results.emplace_back();
        out.name = topic.name;
        for (int32_t p : topic.partitions)
          out.results_by_partition.push_back({p, p == 0 ? ErrorCode::none : each.load()});
      }
    }
    std::lock_guard lock(mutex_);
    batches.push_back(request->transactions.size());
    arrived_.notify_all();
    if (drop) return responder.close();
    auto answer = wire::encode_response(*header, version, response);
    if (!hold) return responder.send(std::move(answer));
    held_.emplace_back(std::move(responder), std::move(answer));
  }
  bool may_pipeline(ByteView) const override { return false; }

  void wait_for_requests(size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return batches.size() >= count; });
  }
  void release() {
    std::lock_guard lock(mutex_);
    hold = false;
    for (auto& [responder, answer] : held_) responder.send(std::move(answer));
    held_.clear();
  }

  int port = 0;
  std::atomic<ErrorCode> whole{ErrorCode::none}, each{ErrorCode::none};  // of all partitions but 0
  std::atomic<bool> hold{false}, drop{false};
  std::vector<size_t> batches;  // transactions in each request

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<net::Responder, Chain>> held_;
  net::Server server_;
};

class VerificationSenderTest : public ::testing::Test {
 protected:
  VerificationSenderTest() {
    loop.start();
    wire::UpdateMetadataRequest update;
    update.live_brokers.resize(1);
    update.live_brokers[0].id = 1;
    update.live_brokers[0].endpoints = {{server.port, "127.0.0.1", "PLAINTEXT", 0}};
    wire::UpdateMetadataRequest::UpdateMetadataPartitionState state;
    state.leader = 1;
    update.topic_states.push_back({"__transaction_state", topic_id(), {state}});
    cache.apply(update);
  }
  ~VerificationSenderTest() override {
    std::promise<void> closed;
    loop.post([&] {
      sender.close();
      closed.set_value();
    });
    closed.get_future().wait();
    loop.stop();
  }
  std::future<std::vector<ErrorCode>> ask(const std::string& id, int16_t epoch = 0, bool knows_abortable = true) {
    auto promise = std::make_shared<std::promise<std::vector<ErrorCode>>>();
    sender.verify({id, 7, epoch, knows_abortable}, {{"t", 0}, {"t", 1}},
                  [promise](std::vector<ErrorCode> errors) { promise->set_value(std::move(errors)); });
    return promise->get_future();
  }
  using Errors = std::vector<ErrorCode>;

  CoordinatorServer server;
  cluster::MetadataCache cache;
  event::Loop loop{"broker"};
  VerificationSender sender{{.broker_id = 2, .listener = "PLAINTEXT"}, loop, cache};
};

TEST_F(VerificationSenderTest, PassesOnEachPartitionsError) {
  const std::tuple<ErrorCode, bool, ErrorCode> cases[] = {
      {ErrorCode::none, true, ErrorCode::none},
      {ErrorCode::producer_fenced, true, ErrorCode::invalid_producer_epoch},
      {ErrorCode::transaction_abortable, true, ErrorCode::transaction_abortable},
      {ErrorCode::transaction_abortable, false, ErrorCode::invalid_txn_state},
      {ErrorCode::concurrent_transactions, false, ErrorCode::concurrent_transactions},
  };
  for (const auto& [said, knows, heard] : cases) {
    server.each = said;
    EXPECT_EQ(ask("x", 0, knows).get(), (Errors{ErrorCode::none, heard})) << wire::name(said);
  }
}

TEST_F(VerificationSenderTest, AnErrorOfTheWholeRequestIsEverybodys) {
  server.whole = ErrorCode::cluster_authorization_failed;
  EXPECT_EQ(ask("x").get(), (Errors{ErrorCode::invalid_txn_state, ErrorCode::invalid_txn_state}));
  server.whole = ErrorCode::unknown_server_error;
  EXPECT_EQ(ask("x").get(), (Errors{ErrorCode::unknown_server_error, ErrorCode::unknown_server_error}));
}

TEST_F(VerificationSenderTest, GathersWhatComesUpWhileItWaits) {
  server.hold = true;
  auto first = ask("a");
  server.wait_for_requests(1);
  auto old = ask("b", 1), same = ask("b", 1), late = ask("b", 0), other = ask("c");
  const Errors network(2, ErrorCode::network_exception), fenced(2, ErrorCode::invalid_producer_epoch), fine(2);
  EXPECT_EQ(old.get(), network) << "its client has come again";
  EXPECT_EQ(late.get(), fenced);
  auto newer = ask("b", 2);
  EXPECT_EQ(same.get(), fenced);
  server.release();
  EXPECT_EQ(first.get(), fine);
  EXPECT_EQ(newer.get(), fine);
  EXPECT_EQ(other.get(), fine);
  EXPECT_EQ(server.batches, (std::vector<size_t>{1, 2}));
}

TEST_F(VerificationSenderTest, ABrokenConnectionIsTheProducersToRepeat) {
  server.drop = true;
  EXPECT_EQ(ask("x").get(), (Errors(2, ErrorCode::network_exception)));
  server.drop = false;
  EXPECT_EQ(ask("x").get(), Errors(2));
}

TEST_F(VerificationSenderTest, WithoutACoordinatorItSaysSo) {
  wire::UpdateMetadataRequest update;
  update.live_brokers.resize(1);
  update.live_brokers[0].id = 3;
  cache.apply(update);
  EXPECT_EQ(ask("x").get(), (Errors(2, ErrorCode::coordinator_not_available)));
}

}  // namespace
}  // namespace meerkat::replica
