// The state machine as a table: every message in every state, and what becomes of it. Answers are Kafka 3.9's.
#include <gtest/gtest.h>

#include "txn/events.h"

namespace meerkat::txn {

void PrintTo(State state, std::ostream* out) { *out << name(state); }

namespace {

using wire::ErrorCode;

constexpr int64_t kNow = 1'000'000;
constexpr Producer kCurrent{7, 3};
const TopicPartition kKnown{"t", 0};
const TopicPartition kOther{"t", 1};

/// What a transaction may be found in: a state, with or without a step under way.
enum class Found {
  empty,
  empty_initializing,
  ongoing,
  ongoing_adding,
  ongoing_ending,
  ongoing_failed_fence,
  prepare_commit,
  prepare_abort,
  prepare_commit_idle,
  prepare_abort_idle,
  complete_commit,
  complete_abort,
  complete_expiring,
};
constexpr Found kAllFound[] = {Found::empty,
                               Found::empty_initializing,
                               Found::ongoing,
                               Found::ongoing_adding,
                               Found::ongoing_ending,
                               Found::ongoing_failed_fence,
                               Found::prepare_commit,
                               Found::prepare_abort,
                               Found::prepare_commit_idle,
                               Found::prepare_abort_idle,
                               Found::complete_commit,
                               Found::complete_abort,
                               Found::complete_expiring};

Transaction in(State state) {
  Transaction txn = new_transaction("id", kCurrent.id, 60'000, kNow - 500);
  txn.now.producer = kCurrent;
  txn.now.last_producer = {kCurrent.id, -1};
  txn.now.state = state;
  if (state != State::empty) txn.now.start_ms = kNow - 1000;
  const bool open = state == State::ongoing || state == State::prepare_commit || state == State::prepare_abort;
  if (open) txn.now.partitions = {kKnown};
  return txn;
}

Transaction make(Found found) {
  const auto with_pending = [](State state, State pending) {
    Transaction txn = in(state);
    txn.pending = pending;
    return txn;
  };
  switch (found) {
    case Found::empty:
      return in(State::empty);
    case Found::empty_initializing:
      return with_pending(State::empty, State::empty);
    case Found::ongoing:
      return in(State::ongoing);
    case Found::ongoing_adding:
      return with_pending(State::ongoing, State::ongoing);
    case Found::ongoing_ending:
      return with_pending(State::ongoing, State::prepare_commit);
    case Found::ongoing_failed_fence: {
      Transaction txn = in(State::ongoing);
      txn.has_failed_fence = true;
      return txn;
    }
    case Found::prepare_commit:
      return with_pending(State::prepare_commit, State::complete_commit);
    case Found::prepare_abort:
      return with_pending(State::prepare_abort, State::complete_abort);
    case Found::prepare_commit_idle:
      return in(State::prepare_commit);
    case Found::prepare_abort_idle:
      return in(State::prepare_abort);
    case Found::complete_commit:
      return in(State::complete_commit);
    case Found::complete_abort:
      return in(State::complete_abort);
    case Found::complete_expiring:
      return with_pending(State::complete_commit, State::dead);
  }
  return in(State::empty);
}

/// A step in short: the error, or the state that is to be written and with which epoch.
std::string brief(const Step& step) {
  if (step.needs_producer_id) return "NEW_ID";
  if (!step.write) return std::string(wire::name(step.error));
  return std::string(name(step.write->next.state)) + "/" + std::to_string(step.write->next.producer.epoch);
}

enum class Message {
  init,
  init_expected,
  init_stranger,
  add_known,
  add_other,
  add_fenced,
  add_stranger,
  commit,
  abort,
  end_fenced,
  end_stranger,
  verify_known,
  verify_other,
  verify_fenced,
  time_out
};

std::string send(Message message, Transaction& txn) {
  const Producer fenced{kCurrent.id, 2};
  const Producer stranger{8, 3};
  const int64_t late = kNow + 60'000;
  switch (message) {
    case Message::init:
      return brief(init_producer(txn, {.timeout_ms = 5}, kNow));
    case Message::init_expected:
      return brief(init_producer(txn, {.timeout_ms = 5, .expected = kCurrent}, kNow));
    case Message::init_stranger:
      return brief(init_producer(txn, {.timeout_ms = 5, .expected = stranger}, kNow));
    case Message::add_known:
      return brief(add_partitions(txn, kCurrent, {kKnown}, kNow));
    case Message::add_other:
      return brief(add_partitions(txn, kCurrent, {kOther}, kNow));
    case Message::add_fenced:
      return brief(add_partitions(txn, fenced, {kKnown}, kNow));
    case Message::add_stranger:
      return brief(add_partitions(txn, stranger, {kKnown}, kNow));
    case Message::commit:
      return brief(end(txn, kCurrent, true, kNow));
    case Message::abort:
      return brief(end(txn, kCurrent, false, kNow));
    case Message::end_fenced:
      return brief(end(txn, fenced, true, kNow));
    case Message::end_stranger:
      return brief(end(txn, stranger, true, kNow));
    case Message::verify_known:
      return std::string(wire::name(verify_partition(txn, kCurrent, kKnown)));
    case Message::verify_other:
      return std::string(wire::name(verify_partition(txn, kCurrent, kOther)));
    case Message::verify_fenced:
      return std::string(wire::name(verify_partition(txn, fenced, kKnown)));
    case Message::time_out:
      return brief(time_out(txn, late));
  }
  return "";
}

struct Row {
  Message message;
  const char* name;
  const char* answers[std::size(kAllFound)];
};

constexpr const char kOk[] = "NONE";
constexpr const char kBusy[] = "CONCURRENT_TRANSACTIONS";
constexpr const char kFenced[] = "PRODUCER_FENCED";
constexpr const char kMapping[] = "INVALID_PRODUCER_ID_MAPPING";
constexpr const char kInvalid[] = "INVALID_TXN_STATE";
constexpr const char kAbortable[] = "TRANSACTION_ABORTABLE";

// clang-format off
constexpr Row kTable[] = {
    // empty, initializing, ongoing, adding, ending, failed fence, prepare commit, abort, (idle) commit, abort, complete commit, abort, expiring
    {Message::init, "init",
     {"Empty/4", kBusy, "PrepareAbort/4", kBusy, kBusy, "PrepareAbort/3", kBusy, kBusy, kBusy, kBusy, "Empty/4", "Empty/4", kBusy}},
    {Message::init_expected, "init with the current epoch",
     {"Empty/4", kBusy, "PrepareAbort/4", kBusy, kBusy, "PrepareAbort/3", kBusy, kBusy, kBusy, kBusy, "Empty/4", "Empty/4", kBusy}},
    {Message::init_stranger, "init of another producer",
     {kFenced, kBusy, kFenced, kBusy, kBusy, kFenced, kBusy, kBusy, kFenced, kFenced, kFenced, kFenced, kBusy}},
    {Message::add_known, "add a partition that is known",
     {"Ongoing/3", kBusy, kOk, kBusy, kBusy, kOk, kBusy, kBusy, kBusy, kBusy, "Ongoing/3", "Ongoing/3", kBusy}},
    {Message::add_other, "add another partition",
     {"Ongoing/3", kBusy, "Ongoing/3", kBusy, kBusy, "Ongoing/3", kBusy, kBusy, kBusy, kBusy, "Ongoing/3", "Ongoing/3", kBusy}},
    {Message::add_fenced, "add under an old epoch",
     {kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced}},
    {Message::add_stranger, "add of another producer",
     {kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping}},
    {Message::commit, "commit",
     {kInvalid, kBusy, "PrepareCommit/3", kBusy, kBusy, "PrepareCommit/3", kBusy, kBusy, kBusy, kInvalid, kOk, kInvalid, kBusy}},
    {Message::abort, "abort",
     {kInvalid, kBusy, "PrepareAbort/3", kBusy, kBusy, "PrepareAbort/3", kBusy, kBusy, kInvalid, kBusy, kInvalid, kOk, kBusy}},
    {Message::end_fenced, "commit under an old epoch",
     {kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced}},
    {Message::end_stranger, "commit of another producer",
     {kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping, kMapping}},
    {Message::verify_known, "verify a partition that is known",
     {kAbortable, kAbortable, kOk, kOk, kOk, kOk, kBusy, kBusy, kBusy, kBusy, kAbortable, kAbortable, kAbortable}},
    {Message::verify_other, "verify another partition",
     {kAbortable, kAbortable, kAbortable, kAbortable, kAbortable, kAbortable, kBusy, kBusy, kBusy, kBusy, kAbortable, kAbortable, kAbortable}},
    {Message::verify_fenced, "verify under an old epoch",
     {kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced, kFenced}},
    {Message::time_out, "timeout",
     {kOk, kOk, "PrepareAbort/4", kOk, kOk, "PrepareAbort/3", kOk, kOk, kOk, kOk, kOk, kOk, kOk}},
};
// clang-format on

TEST(StateMachine, AnswersEveryMessageInEveryState) {
  for (const Row& row : kTable) {
    for (size_t i = 0; i < std::size(kAllFound); ++i) {
      Transaction txn = make(kAllFound[i]);
      const Details before = txn.now;
      const auto pending = txn.pending;
      EXPECT_EQ(send(row.message, txn), row.answers[i]) << row.name << ", column " << i;
      const bool writes = std::string_view(row.answers[i]).find('/') != std::string_view::npos;
      EXPECT_EQ(txn.pending != pending, writes) << row.name << ", column " << i;
      EXPECT_EQ(txn.now.state, before.state) << "only what is in the log is true";
    }
  }
}

/// What is in the log comes true; a two-phase commit goes on by itself.
TEST(StateMachine, GoesOnWhenAStepIsStored) {
  Transaction txn = in(State::complete_abort);
  Step step = add_partitions(txn, kCurrent, {kKnown, kOther}, kNow);
  ASSERT_TRUE(step.write);
  EXPECT_FALSE(stored(txn, *step.write, ErrorCode::none, kNow).send_markers);
  EXPECT_EQ(txn.now.state, State::ongoing);
  EXPECT_EQ(txn.now.start_ms, kNow);
  EXPECT_EQ(txn.pending, std::nullopt);

  step = end(txn, kCurrent, true, kNow + 1);
  const Stored then = stored(txn, *step.write, ErrorCode::none, kNow + 2);
  EXPECT_TRUE(then.send_markers);
  EXPECT_EQ(then.answer, ErrorCode::none);
  EXPECT_EQ(txn.now.state, State::prepare_commit);
  EXPECT_EQ(txn.pending, State::complete_commit);
  ASSERT_TRUE(txn.completion);

  EXPECT_EQ(on_marker(txn, kKnown, ErrorCode::not_leader_or_follower), MarkerFate::retry);
  EXPECT_EQ(on_marker(txn, kKnown, ErrorCode::none), MarkerFate::done);
  EXPECT_EQ(txn.now.partitions, std::set<TopicPartition>{kOther});
  EXPECT_EQ(on_marker(txn, kOther, ErrorCode::none), MarkerFate::done);
  const Write completion = *txn.completion;
  EXPECT_TRUE(completion.next.partitions.empty());
  EXPECT_FALSE(stored(txn, completion, ErrorCode::none, kNow + 3).send_markers);
  EXPECT_EQ(txn.now.state, State::complete_commit);
  EXPECT_EQ(txn.now.start_ms, kNow) << "the last transaction's";
  EXPECT_EQ(txn.pending, std::nullopt);
}

TEST(StateMachine, ForgetsAStepThatCouldNotBeWritten) {
  for (Found found : {Found::empty, Found::complete_commit, Found::ongoing}) {
    Transaction txn = make(found);
    const Details before = txn.now;
    Step step = add_partitions(txn, kCurrent, {kOther}, kNow);
    ASSERT_TRUE(step.write);
    const Stored then = stored(txn, *step.write, ErrorCode::coordinator_not_available, kNow);
    EXPECT_EQ(then.answer, ErrorCode::coordinator_not_available);
    EXPECT_FALSE(then.retry || then.send_markers);
    EXPECT_EQ(txn.now, before);
    EXPECT_EQ(txn.pending, std::nullopt);
  }
}

TEST(StateMachine, NeverGivesUpACompletion) {
  Transaction txn = in(State::prepare_abort);
  EXPECT_TRUE(loaded(txn, kNow));
  on_marker(txn, kKnown, ErrorCode::none);
  const Write completion = *txn.completion;
  for (ErrorCode error : {ErrorCode::coordinator_not_available, ErrorCode::unknown_server_error}) {
    EXPECT_TRUE(stored(txn, completion, error, kNow).retry);
    EXPECT_EQ(txn.pending, State::complete_abort);
  }
  EXPECT_FALSE(stored(txn, completion, ErrorCode::none, kNow).retry);
  EXPECT_EQ(txn.now.state, State::complete_abort);
}

/// Every try to fence would use up an epoch, although nobody is ever told of it.
TEST(StateMachine, FencesWithTheSameEpochAgainAfterAFailure) {
  Transaction txn = in(State::ongoing);
  Step step = init_producer(txn, {.timeout_ms = 5}, kNow);
  EXPECT_EQ(brief(step), "PrepareAbort/4");
  EXPECT_EQ(step.write->why, Write::Why::fence);
  stored(txn, *step.write, ErrorCode::coordinator_not_available, kNow);
  EXPECT_EQ(brief(end(txn, kCurrent, true, kNow)), kFenced) << "it may have been written all the same";
  step = time_out(txn, kNow + 100'000);
  EXPECT_EQ(brief(step), "PrepareAbort/4");
  EXPECT_TRUE(stored(txn, *step.write, ErrorCode::none, kNow).send_markers);
  EXPECT_FALSE(txn.has_failed_fence);
}

TEST(StateMachine, TakesOverWhereAnotherCoordinatorStopped) {
  for (int i = 0; i < kStates; ++i) {
    const State state = static_cast<State>(i);
    Transaction txn = in(state);
    const bool prepared = state == State::prepare_commit || state == State::prepare_abort;
    EXPECT_EQ(loaded(txn, kNow), prepared) << name(state);
    EXPECT_EQ(txn.completion.has_value(), prepared);
  }
}

TEST(StateMachine, MarkersHaveOneOfThreeFates) {
  struct Case {
    ErrorCode error;
    MarkerFate fate;
  } cases[] = {{ErrorCode::none, MarkerFate::done},
               {ErrorCode::unsupported_for_message_format, MarkerFate::done},
               {ErrorCode::unknown_topic_or_partition, MarkerFate::retry},
               {ErrorCode::not_leader_or_follower, MarkerFate::retry},
               {ErrorCode::not_enough_replicas, MarkerFate::retry},
               {ErrorCode::not_enough_replicas_after_append, MarkerFate::retry},
               {ErrorCode::request_timed_out, MarkerFate::retry},
               {ErrorCode::kafka_storage_error, MarkerFate::retry},
               {ErrorCode::network_exception, MarkerFate::retry},
               {ErrorCode::invalid_producer_epoch, MarkerFate::give_up},
               {ErrorCode::transaction_coordinator_fenced, MarkerFate::give_up}};
  for (const auto& c : cases) {
    Transaction txn = make(Found::prepare_commit);
    EXPECT_EQ(on_marker(txn, kKnown, c.error), c.fate) << wire::name(c.error);
    EXPECT_EQ(txn.now.partitions.empty(), c.fate == MarkerFate::done);
  }
}

// ---- Epochs (KIP-360)

/// Initializes and stores; the producer, or the error.
std::pair<ErrorCode, Producer> init(Transaction& txn, std::optional<Producer> expected,
                                    std::optional<int64_t> fresh_id = {}) {
  const Step step = init_producer(txn, {.timeout_ms = 5, .expected = expected, .fresh_id = fresh_id}, kNow);
  if (!step.write) return {step.error, {}};
  stored(txn, *step.write, ErrorCode::none, kNow);
  return {ErrorCode::none, txn.now.producer};
}

using Answer = std::pair<ErrorCode, Producer>;

TEST(Epochs, BeginAtZeroForANewId) {
  Transaction txn = new_transaction("id", 7, 60'000, kNow);
  EXPECT_EQ(init(txn, {}), Answer(ErrorCode::none, {7, 0}));
  EXPECT_EQ(txn.now.timeout_ms, 5);
  // One that lost its id for good may name what it had.
  txn = new_transaction("id", 8, 60'000, kNow);
  EXPECT_EQ(init(txn, Producer{5, 9}), Answer(ErrorCode::none, {8, 0}));
}

TEST(Epochs, ARepeatedRequestGetsTheSameAnswer) {
  Transaction txn = in(State::empty);
  EXPECT_EQ(init(txn, kCurrent), Answer(ErrorCode::none, {7, 4}));
  EXPECT_EQ(init(txn, kCurrent), Answer(ErrorCode::none, {7, 4})) << "the first answer was lost";
  EXPECT_EQ(init(txn, Producer{7, 4}), Answer(ErrorCode::none, {7, 5}));
  EXPECT_EQ(init(txn, kCurrent), Answer(ErrorCode::producer_fenced, {})) << "two epochs ago";
  // Somebody else has come.
  EXPECT_EQ(init(txn, {}), Answer(ErrorCode::none, {7, 6}));
  EXPECT_EQ(init(txn, Producer{7, 5}), Answer(ErrorCode::producer_fenced, {}));
}

TEST(Epochs, AnExhaustedOneBringsANewProducerId) {
  Transaction txn = in(State::empty);
  txn.now.producer.epoch = kLastEpoch;
  const InitEvent event{.timeout_ms = 5, .expected = txn.now.producer};
  EXPECT_TRUE(init_producer(txn, event, kNow).needs_producer_id);
  EXPECT_EQ(txn.pending, std::nullopt);
  EXPECT_EQ(init(txn, Producer{7, kLastEpoch}, 9), Answer(ErrorCode::none, {9, 0}));
  EXPECT_EQ(init(txn, Producer{7, kLastEpoch}), Answer(ErrorCode::none, {9, 0})) << "the first answer was lost";
  EXPECT_EQ(init(txn, Producer{9, 0}), Answer(ErrorCode::none, {9, 1}));
  EXPECT_EQ(init(txn, Producer{7, kLastEpoch}), Answer(ErrorCode::producer_fenced, {}));
}

TEST(Epochs, TheLastOneIsLeftForFencing) {
  Transaction txn = in(State::ongoing);
  txn.now.producer.epoch = kLastEpoch;
  Step step = time_out(txn, kNow + 100'000);
  EXPECT_EQ(brief(step), "PrepareAbort/32767");
  stored(txn, *step.write, ErrorCode::none, kNow);
  stored(txn, Write(*txn.completion), ErrorCode::none, kNow);
  EXPECT_TRUE(init_producer(txn, {.timeout_ms = 5}, kNow).needs_producer_id);
  EXPECT_EQ(init(txn, {}, 9), Answer(ErrorCode::none, {9, 0}));
}

// ---- Time

TEST(Timeouts, CountFromTheFirstPartition) {
  Transaction txn = in(State::ongoing);
  const int64_t end = txn.now.start_ms + txn.now.timeout_ms;
  EXPECT_FALSE(time_out(txn, end).write);
  EXPECT_TRUE(time_out(txn, end + 1).write);
}

TEST(Expiration, TakesOnlyWhatIsAtRest) {
  for (Found found : kAllFound) {
    Transaction txn = make(found);
    const bool at_rest = !txn.pending && may_follow(txn.now.state, State::dead);
    EXPECT_FALSE(begin_expiration(txn, 1000, txn.now.last_update_ms + 999)) << static_cast<int>(found);
    EXPECT_EQ(begin_expiration(txn, 1000, txn.now.last_update_ms + 1000), at_rest) << static_cast<int>(found);
    if (!at_rest) continue;
    EXPECT_EQ(brief(init_producer(txn, {.timeout_ms = 5}, kNow)), kBusy);
    expiration_failed(txn);
    EXPECT_EQ(brief(init_producer(txn, {.timeout_ms = 5}, kNow)), "Empty/4");
  }
}

TEST(States, HaveKafkasNames) {
  for (int i = 0; i < kStates; ++i) EXPECT_EQ(state_named(name(static_cast<State>(i))), static_cast<State>(i));
  EXPECT_EQ(state_named("ongoing"), std::nullopt);
  EXPECT_EQ(name(State::prepare_epoch_fence), "PrepareEpochFence");
}

}  // namespace
}  // namespace meerkat::txn
