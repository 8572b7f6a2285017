// Verified transactions (KIP-890), and what a truncation does to open ones.
#include "record/builder.h"
#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using wire::ErrorCode;

constexpr int64_t kProducer = 7;

class Verification : public LogTest {
 protected:
  Verification() { manager_->set_producer_rules(3'600'000, true); }

  ErrorCode append(int32_t sequence, VerificationGuard guard, int16_t epoch = 0, bool transactional = true,
                   record::AppendOrigin origin = record::AppendOrigin::client) {
    record::BatchBuilder builder(
        {.producer_id = kProducer, .producer_epoch = epoch, .base_sequence = sequence, .transactional = transactional});
    builder.append(1'700'000'000'000, std::nullopt, as_bytes("v"));
    Bytes batch = builder.build();
    auto plan = record::validate(batch, {.origin = origin});
    EXPECT_TRUE(plan.ok());
    auto info = log().append_as_leader(*plan, 0, origin, guard);
    return info ? ErrorCode::none : info.error().code;
  }
  VerificationGuard begin(int32_t sequence, int16_t epoch = 0) {
    return log().begin_verification(kProducer, epoch, sequence).value_or(VerificationGuard{});
  }
  ErrorCode mark(record::ControlType type, int16_t epoch = 0) {
    auto info = append_marker(log(), type, kProducer, epoch);
    return info ? ErrorCode::none : info.error().code;
  }
};

TEST_F(Verification, OnlyTheFirstBatchOfATransactionShowsAGuard) {
  EXPECT_EQ(append(0, {}), ErrorCode::invalid_txn_state);
  const auto guard = begin(0);
  EXPECT_NE(guard.id, 0u);
  EXPECT_EQ(begin(0), guard) << "the same verification goes on";
  EXPECT_EQ(append(0, {guard.id + 1}), ErrorCode::invalid_txn_state);
  EXPECT_EQ(append(0, guard), ErrorCode::none);
  EXPECT_FALSE(log().begin_verification(kProducer, 0, 1)) << "the transaction is open: there is nothing to verify";
  EXPECT_EQ(append(1, {}), ErrorCode::none);
  EXPECT_EQ(append(1, {}), ErrorCode::none) << "a repetition";
  ASSERT_EQ(mark(record::ControlType::commit), ErrorCode::none);
  EXPECT_EQ(append(1, {}), ErrorCode::none) << "a repetition needs no transaction";
  EXPECT_EQ(append(2, {}), ErrorCode::invalid_txn_state);
  EXPECT_EQ(append(2, guard), ErrorCode::invalid_txn_state) << "the guard was for the last transaction";
  EXPECT_EQ(append(2, begin(2)), ErrorCode::none);
}

TEST_F(Verification, AGuardDiesWithTheMarkerThatCameMeanwhile) {
  const auto guard = begin(0);
  ASSERT_EQ(mark(record::ControlType::abort), ErrorCode::none);
  EXPECT_EQ(append(0, guard), ErrorCode::invalid_txn_state);
  const auto next = begin(0);
  EXPECT_NE(next, guard);
  EXPECT_EQ(append(0, next), ErrorCode::none);
}

TEST_F(Verification, BatchesDoNotOvertakeAnEarlierOneThatIsBeingVerified) {
  const auto guard = begin(5);
  begin(3);
  EXPECT_EQ(append(5, guard), ErrorCode::out_of_order_sequence_number);
  EXPECT_EQ(append(3, guard), ErrorCode::none);
  ASSERT_EQ(mark(record::ControlType::abort, 1), ErrorCode::none);
  const auto bumped = begin(8, 1);
  EXPECT_EQ(begin(0, 2), bumped);
  EXPECT_EQ(append(1, bumped, 2), ErrorCode::out_of_order_sequence_number);
  EXPECT_EQ(append(0, bumped, 2), ErrorCode::none) << "a new epoch begins anew";
}

TEST_F(Verification, CoordinatorsBatchesAreHeldToItToo) {
  const auto from_coordinator = [&](VerificationGuard guard) {
    return append(-1, guard, 0, true, record::AppendOrigin::coordinator);
  };
  EXPECT_EQ(from_coordinator({}), ErrorCode::invalid_txn_state);
  EXPECT_EQ(from_coordinator(begin(-1)), ErrorCode::none);
  EXPECT_EQ(from_coordinator({}), ErrorCode::none);
}

TEST_F(Verification, ConcernsNobodyElseAndCanBeSwitchedOff) {
  EXPECT_EQ(append(0, {}, 0, false), ErrorCode::none) << "idempotent, not transactional";
  EXPECT_EQ(append(1, {}), ErrorCode::invalid_txn_state);
  manager_->set_producer_rules(3'600'000, false);
  EXPECT_FALSE(log().begin_verification(kProducer, 0, 1));
  EXPECT_EQ(append(1, {}), ErrorCode::none);
}

TEST_F(Verification, IsForgottenInTheTimeOfAProducer) {
  const auto guard = begin(0);
  clock_.advance_ms(3'599'999);
  log().remove_expired_producers();
  EXPECT_EQ(begin(0), guard);
  clock_.advance_ms(1);
  log().remove_expired_producers();
  EXPECT_EQ(append(0, guard), ErrorCode::invalid_txn_state);
}

TEST_F(Verification, ProducersExpireByTheRulesInForce) {
  manager_->set_producer_rules(1'000, true);
  record::BatchBuilder builder({.producer_id = 1, .producer_epoch = 0, .base_sequence = 0});
  builder.append(clock_.wall_ms(), std::nullopt, as_bytes("v"));
  ASSERT_TRUE(append_bytes(log(), builder.build(), 0, record::AppendOrigin::client).ok());
  clock_.advance_ms(1'000);
  log().remove_expired_producers();
  EXPECT_TRUE(log().active_producers().empty());
}

// A follower that loses what its leader never committed is where it was before, in every step of a transaction.
TEST_F(Verification, TruncationBringsBackTheTransactionsOfThatOffset) {
  manager_->set_producer_rules(3'600'000, false);
  const auto build = [&](bool roll_between) {
    auto& l = log(roll_between ? "rolled" : "whole");
    const auto data = [&](int64_t producer, int32_t sequence, bool transactional) {
      record::BatchBuilder builder(
          {.producer_id = producer, .producer_epoch = 0, .base_sequence = sequence, .transactional = transactional});
      builder.append(1'700'000'000'000, std::nullopt, as_bytes("v"));
      EXPECT_TRUE(append_bytes(l, builder.build(), 0, record::AppendOrigin::client).ok());
      if (roll_between) {
        EXPECT_TRUE(l.roll().ok());
      }
    };
    data(1, 0, true);                                                      // 0
    data(2, 0, false);                                                     // 1
    data(3, 0, true);                                                      // 2
    EXPECT_TRUE(append_marker(l, record::ControlType::abort, 1, 0).ok());  // 3
    if (roll_between) {
      EXPECT_TRUE(l.roll().ok());
    }
    data(1, 1, true);                                                       // 4
    EXPECT_TRUE(append_marker(l, record::ControlType::abort, 3, 0).ok());   // 5
    EXPECT_TRUE(append_marker(l, record::ControlType::commit, 1, 0).ok());  // 6
  };
  struct Step {
    int64_t end, stable;
    std::vector<AbortedTransaction> aborted;  // of what is stable
  } const steps[] = {{7, 7, {{1, 0}, {3, 2}}},
                     {6, 4, {{1, 0}, {3, 2}}},
                     {5, 2, {{1, 0}}},
                     {4, 2, {{1, 0}}},
                     {3, 0, {}},
                     {2, 0, {}},
                     {1, 0, {}},
                     {0, 0, {}}};
  for (bool rolled : {false, true}) {
    build(rolled);
    for (const auto& step : steps) {
      SCOPED_TRACE(std::string(rolled ? "rolled" : "whole") + " up to " + std::to_string(step.end));
      ASSERT_TRUE(log_->truncate_to(step.end).ok());
      log_->set_high_watermark(step.end);
      EXPECT_EQ(log_->last_stable_offset(), step.stable);
      auto read = log_->read(0, 1 << 20, ReadBound::last_stable, true);
      ASSERT_TRUE(read.ok());
      // Each segment is read on its own; the whole log has the list in one.
      if (!rolled) {
        EXPECT_EQ(read->aborted, step.aborted);
      }
    }
  }
}

}  // namespace
}  // namespace meerkat::storage
