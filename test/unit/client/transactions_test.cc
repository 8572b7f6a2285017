#include "client/transactions.h"

#include <gtest/gtest.h>

#include <deque>

#include "client/producer.h"
#include "record/batch.h"
#include "test/fakes/scripted_broker.h"
#include "wire/messages/22_init_producer_id.h"
#include "wire/messages/24_add_partitions_to_txn.h"
#include "wire/messages/25_add_offsets_to_txn.h"
#include "wire/messages/26_end_txn.h"
#include "wire/messages/28_txn_offset_commit.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;
using Call = TransactionCall;
using Verdict = TransactionVerdict;

TEST(TransactionVerdicts, TellWhatEndsATransactionFromWhatEndsAProducer) {
  struct Row {
    ErrorCode error;
    Verdict init, add_partitions, commit_offsets, end, produce;
  };
  constexpr auto kOk = Verdict::ok, kRetry = Verdict::retry, kLookUp = Verdict::look_up, kAbort = Verdict::abortable,
                 kFatal = Verdict::fatal;
  const Row rows[] = {
      {ErrorCode::none, kOk, kOk, kOk, kOk, kOk},
      {ErrorCode::not_coordinator, kLookUp, kLookUp, kLookUp, kLookUp, kAbort},
      {ErrorCode::coordinator_load_in_progress, kRetry, kRetry, kRetry, kRetry, kAbort},
      {ErrorCode::concurrent_transactions, kRetry, kRetry, kRetry, kRetry, kAbort},
      {ErrorCode::producer_fenced, kFatal, kFatal, kFatal, kFatal, kFatal},
      {ErrorCode::invalid_producer_epoch, kFatal, kFatal, kFatal, kFatal, kAbort},
      {ErrorCode::transactional_id_authorization_failed, kFatal, kFatal, kFatal, kFatal, kFatal},
      {ErrorCode::topic_authorization_failed, kAbort, kAbort, kAbort, kAbort, kAbort},
      {ErrorCode::transaction_abortable, kAbort, kAbort, kAbort, kAbort, kAbort},
      {ErrorCode::invalid_producer_id_mapping, kFatal, kAbort, kAbort, kAbort, kFatal},
      {ErrorCode::invalid_txn_state, kFatal, kFatal, kFatal, kFatal, kAbort},
      {ErrorCode::illegal_generation, kFatal, kFatal, kAbort, kFatal, kAbort},
      {ErrorCode::request_timed_out, kFatal, kFatal, kLookUp, kFatal, kAbort},
      {ErrorCode::message_too_large, kFatal, kFatal, kFatal, kFatal, kAbort},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(wire::name(row.error));
    EXPECT_EQ(judge(Call::init, row.error), row.init);
    EXPECT_EQ(judge(Call::add_partitions, row.error), row.add_partitions);
    EXPECT_EQ(judge(Call::add_offsets, row.error), row.add_partitions);
    EXPECT_EQ(judge(Call::commit_offsets, row.error), row.commit_offsets);
    EXPECT_EQ(judge(Call::end, row.error), row.end);
    EXPECT_EQ(judge(Call::produce, row.error), row.produce);
  }
}

/// A producer, and a broker that coordinates and leads; each answer's error is the test's.
class TransactionsTest : public ::testing::Test {
 protected:
  TransactionsTest() {
    broker.on<wire::InitProducerIdRequest, wire::InitProducerIdResponse>([this](const auto& request) {
      known_at_init = {request.producer_id, request.producer_epoch};
      wire::InitProducerIdResponse response;
      response.error_code = init;
      response.producer_id = 7;
      response.producer_epoch = epoch++;
      return response;
    });
    broker.on<wire::AddPartitionsToTxnRequest, wire::AddPartitionsToTxnResponse>([this](const auto& request) {
      wire::AddPartitionsToTxnResponse response;
      for (const auto& topic : request.v3_and_below_topics) {
        auto& out = response.results_by_topic_v3_and_below.emplace_back();
        out.name = topic.name;
        for (int32_t p : topic.partitions) out.results_by_partition.push_back({p, next(adding)});
      }
      return response;
    });
    broker.on<wire::AddOffsetsToTxnRequest, wire::AddOffsetsToTxnResponse>([this](const auto& request) {
      EXPECT_EQ(request.group_id, "g");
      wire::AddOffsetsToTxnResponse response;
      response.error_code = next(adding);
      return response;
    });
    broker.on<wire::TxnOffsetCommitRequest, wire::TxnOffsetCommitResponse>([this](const auto& request) {
      EXPECT_EQ(request.generation_id, 4);
      wire::TxnOffsetCommitResponse response;
      for (const auto& topic : request.topics) {
        auto& out = response.topics.emplace_back();
        out.name = topic.name;
        for (const auto& p : topic.partitions) out.partitions.push_back({p.partition_index, committing});
      }
      return response;
    });
    broker.on<wire::EndTxnRequest, wire::EndTxnResponse>([this](const auto& request) {
      ended_with = request.committed;
      wire::EndTxnResponse response;
      response.error_code = next(ending);
      return response;
    });
    broker.on<wire::ProduceRequest, wire::ProduceResponse>([this](const auto& request) {
      EXPECT_EQ(request.transactional_id, "x");
      wire::ProduceResponse response;
      for (const auto& topic : request.topic_data) {
        auto& out = response.responses.emplace_back();
        out.name = topic.name;
        for (const auto& data : topic.partition_data) {
          record::AnyBatch batch;
          EXPECT_EQ(record::peek(data.records.view, batch), record::Peek::ok);
          EXPECT_TRUE(batch.transactional);
          sent.emplace_back(batch.producer_epoch, batch.base_sequence);
          auto& p = out.partition_responses.emplace_back();
          p.index = data.index;
          p.error_code = producing;
        }
      }
      return response;
    });
  }

  ErrorCode send(int32_t partition = 0) {
    auto queued = producer.send({.topic = "t", .partition = partition, .value = "v"}, nullptr);
    return queued ? ErrorCode::none : queued.error().code;
  }
  static ErrorCode code(const wire::Outcome<void>& outcome) { return outcome ? ErrorCode::none : outcome.error().code; }
  /// The first of several answers; the last one goes on for ever.
  static ErrorCode next(std::deque<ErrorCode>& answers) {
    const ErrorCode first = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return first;
  }

  // What the broker answers, and what it saw; it has answered before the test looks.
  ErrorCode init = ErrorCode::none, committing = ErrorCode::none, producing = ErrorCode::none;
  std::deque<ErrorCode> adding{ErrorCode::none}, ending{ErrorCode::none};
  int16_t epoch = 0;
  ProducerIdentity known_at_init;
  bool ended_with = false;
  std::vector<std::pair<int16_t, int32_t>> sent;  // epoch and sequence number

  fakes::ScriptedBroker broker;
  Network network;
  Cluster cluster{network, {{"127.0.0.1", broker.port()}}};
  Producer producer{cluster, {.transactional_id = "x"}};
};

using Calls = std::vector<std::string>;
using Sent = std::vector<std::pair<int16_t, int32_t>>;

TEST_F(TransactionsTest, CommitsRecordsAndOffsetsTogether) {
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  EXPECT_EQ(send(0), ErrorCode::none);
  producer.flush();
  EXPECT_EQ(send(0), ErrorCode::none);
  EXPECT_EQ(code(producer.send_offsets_to_transaction({{{"in", 0}, {.offset = 5}}}, "g",
                                                      {.member_id = "m", .generation = 4})),
            ErrorCode::none);
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::none);
  EXPECT_TRUE(ended_with);
  Calls calls = broker.calls();
  std::erase(calls, "Produce");
  EXPECT_EQ(calls, (Calls{"InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn"}));
  EXPECT_EQ(sent, (Sent{{0, 0}, {0, 1}}));

  // The next one names its partitions again, and goes on with the sequence.
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  EXPECT_EQ(send(0), ErrorCode::none);
  EXPECT_EQ(code(producer.abort_transaction()), ErrorCode::none);
  EXPECT_FALSE(ended_with);
}

TEST_F(TransactionsTest, CallsOutOfOrderAreRefused) {
  EXPECT_EQ(code(producer.begin_transaction()), ErrorCode::invalid_txn_state);
  EXPECT_EQ(send(), ErrorCode::invalid_txn_state);
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  EXPECT_EQ(code(producer.init_transactions()), ErrorCode::invalid_txn_state);
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::invalid_txn_state);
  EXPECT_EQ(send(), ErrorCode::invalid_txn_state);
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  EXPECT_EQ(code(producer.begin_transaction()), ErrorCode::invalid_txn_state);
}

TEST_F(TransactionsTest, AnEmptyTransactionIsNobodysMatter) {
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  for (bool commit : {true, false}) {
    ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
    EXPECT_EQ(code(commit ? producer.commit_transaction() : producer.abort_transaction()), ErrorCode::none);
  }
  EXPECT_EQ(broker.calls(), (Calls{"InitProducerId"}));
}

TEST_F(TransactionsTest, WhatPassesIsTriedAgain) {
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  adding = {ErrorCode::concurrent_transactions, ErrorCode::not_coordinator, ErrorCode::none};
  ending = {ErrorCode::coordinator_load_in_progress, ErrorCode::none};
  EXPECT_EQ(send(), ErrorCode::none);
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::none);
  EXPECT_EQ(sent, (Sent{{0, 0}}));
}

TEST_F(TransactionsTest, AFailedBatchLeavesOnlyAbortAndANewEpoch) {
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  producing = ErrorCode::message_too_large;
  EXPECT_EQ(send(), ErrorCode::none);
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::message_too_large);
  EXPECT_EQ(send(), ErrorCode::message_too_large);
  EXPECT_EQ(code(producer.begin_transaction()), ErrorCode::message_too_large);
  producing = ErrorCode::none;
  EXPECT_EQ(code(producer.abort_transaction()), ErrorCode::none);
  EXPECT_FALSE(ended_with);
  EXPECT_EQ(known_at_init, (ProducerIdentity{7, 0})) << "the epoch is bumped, no other id taken (KIP-360)";
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  EXPECT_EQ(send(), ErrorCode::none);
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::none);
  EXPECT_EQ(sent, (Sent{{0, 0}, {1, 0}}));
}

TEST_F(TransactionsTest, AFencedProducerIsAtItsEnd) {
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  EXPECT_EQ(send(), ErrorCode::none);
  ending = {ErrorCode::producer_fenced};
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::producer_fenced);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(code(producer.abort_transaction()), ErrorCode::producer_fenced);
    EXPECT_EQ(code(producer.begin_transaction()), ErrorCode::producer_fenced);
    EXPECT_EQ(code(producer.init_transactions()), ErrorCode::producer_fenced);
    EXPECT_EQ(send(), ErrorCode::producer_fenced);
  }
}

TEST_F(TransactionsTest, AStaleConsumersOffsetsAbort) {
  ASSERT_EQ(code(producer.init_transactions()), ErrorCode::none);
  ASSERT_EQ(code(producer.begin_transaction()), ErrorCode::none);
  committing = ErrorCode::illegal_generation;
  EXPECT_EQ(code(producer.send_offsets_to_transaction({{{"in", 0}, {.offset = 5}}}, "g", {.generation = 4})),
            ErrorCode::illegal_generation);
  EXPECT_EQ(code(producer.commit_transaction()), ErrorCode::illegal_generation);
  EXPECT_EQ(code(producer.abort_transaction()), ErrorCode::none);
}

TEST_F(TransactionsTest, AbortDropsWhatWasNotSent) {
  Producer slow(cluster, {.linger = std::chrono::hours(1), .transactional_id = "x"});
  ASSERT_EQ(code(slow.init_transactions()), ErrorCode::none);
  ASSERT_EQ(code(slow.begin_transaction()), ErrorCode::none);
  std::optional<ErrorCode> heard;
  ASSERT_TRUE(slow.send({.topic = "t", .partition = 0, .value = "v"},
                        [&](const wire::Outcome<Delivered>& d) { heard = d ? ErrorCode::none : d.error().code; })
                  .ok());
  EXPECT_EQ(code(slow.abort_transaction()), ErrorCode::none);
  EXPECT_EQ(heard, ErrorCode::invalid_txn_state);
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace meerkat::client
