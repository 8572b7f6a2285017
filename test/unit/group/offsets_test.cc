// Committed offsets: which of several commits counts, transactions, expiry.
#include "test/unit/group/group_driver.h"

namespace meerkat::group {
namespace {

const TopicPartition kT0{"t", 0}, kU0{"u", 0};

CommittedOffset at(int64_t offset, int64_t time_ms = 0) { return {.offset = offset, .commit_timestamp_ms = time_ms}; }

TEST(OffsetBook, AnUnfinishedCommitIsPendingAndNotVisible) {
  OffsetBook book;
  book.begin({{kT0, at(5)}});
  EXPECT_TRUE(book.has_pending(kT0));
  EXPECT_FALSE(book.empty());
  EXPECT_EQ(book.find("t", 0), nullptr);
  book.finish({{kT0, at(5)}}, 10);
  EXPECT_FALSE(book.has_pending(kT0));
  EXPECT_EQ(book.find("t", 0)->value.offset, 5);
}

TEST(OffsetBook, TheCommitThatLiesLaterInTheLogWins) {
  OffsetBook book;
  book.begin({{kT0, at(1)}});
  book.begin({{kT0, at(2)}});
  book.finish({{kT0, at(2)}}, 11);
  EXPECT_TRUE(book.has_pending(kT0));
  book.finish({{kT0, at(1)}}, 10);
  EXPECT_EQ(book.find("t", 0)->value.offset, 2);
  EXPECT_FALSE(book.has_pending(kT0));
}

TEST(OffsetBook, ACommitThatFailsChangesNothing) {
  OffsetBook book;
  book.put(kT0, at(1), 1);
  book.begin({{kT0, at(2)}});
  book.fail({{kT0, at(2)}});
  EXPECT_EQ(book.find("t", 0)->value.offset, 1);
  EXPECT_FALSE(book.has_pending(kT0));
}

TEST(OffsetBook, WhatIsDeletedDoesNotComeBackWithALateAnswer) {
  OffsetBook book;
  book.begin({{kT0, at(1)}});
  EXPECT_TRUE(book.remove({kT0}).empty());
  book.finish({{kT0, at(1)}}, 10);
  EXPECT_EQ(book.find("t", 0), nullptr);
}

TEST(OffsetBook, TransactionsTakeEffectWithTheirMarker) {
  for (const bool commit : {true, false}) {
    OffsetBook book;
    book.put(kT0, at(1), 1);
    book.put_transactional(7, kT0, at(2), 2);
    EXPECT_TRUE(book.has_pending(kT0));
    EXPECT_EQ(book.find("t", 0)->value.offset, 1);
    EXPECT_FALSE(book.complete_transaction(8, commit)) << "another producer";
    EXPECT_TRUE(book.complete_transaction(7, commit));
    EXPECT_EQ(book.find("t", 0)->value.offset, commit ? 2 : 1);
    EXPECT_FALSE(book.has_pending(kT0));
  }
}

TEST(OffsetBook, AMarkerMayBeAcknowledgedBeforeTheOffsetsOfItsTransaction) {
  OffsetBook book;
  book.put(kT0, at(1), 1);
  book.begin_transactional(7, {{kT0, at(2)}});
  EXPECT_TRUE(book.has_pending(kT0));
  EXPECT_TRUE(book.complete_transaction(7, true));
  book.finish_transactional(7, {{kT0, at(2)}}, 2);
  EXPECT_EQ(book.find("t", 0)->value.offset, 2);
  EXPECT_FALSE(book.has_pending(kT0));
}

TEST(OffsetBook, OffsetsOfATransactionThatCannotBeWrittenAreNotPending) {
  OffsetBook book;
  book.begin_transactional(7, {{kT0, at(2)}});
  book.fail_transactional(7, {{kT0, at(2)}});
  EXPECT_TRUE(book.empty());
}

TEST(OffsetBook, ALaterPlainCommitOutlivesATransaction) {
  OffsetBook book;
  book.put_transactional(7, kT0, at(2), 2);
  book.put(kT0, at(3), 3);
  book.complete_transaction(7, true);
  EXPECT_EQ(book.find("t", 0)->value.offset, 3);
}

class Expiry : public testing::Test {
 protected:
  Expiry() { g.settings.offsets_retention_ms = 100'000; }
  void commit(const TopicPartition& tp, std::optional<int64_t> expires = {}) {
    CommittedOffset value = at(1, g.now().wall_ms);
    value.expire_timestamp_ms = expires;
    g.group.offsets.put(tp, value, 1);
  }
  size_t expired() { return expire_offsets(g.group, g.now()).size(); }
  GroupDriver g;
};

TEST_F(Expiry, OfAGroupThatNobodyJoinedCountsFromTheCommit) {
  commit(kT0);
  g.pass(99'999);
  EXPECT_EQ(expired(), 0u);
  g.pass(1);
  EXPECT_EQ(expired(), 1u);
  EXPECT_TRUE(g.group.offsets.empty());
}

TEST_F(Expiry, OfAnEmptyGroupCountsFromWhenItBecameEmpty) {
  const auto ids = g.make_stable(1, {.session_timeout_ms = 1'000'000});
  commit(kT0);
  g.pass(90'000);
  g.leave(ids[0]);
  g.pass(50'000);
  EXPECT_EQ(expired(), 0u);
  g.pass(50'000);
  EXPECT_EQ(expired(), 1u);
}

TEST_F(Expiry, AStableGroupLosesOnlyTopicsThatItDoesNotSubscribe) {
  g.make_stable(1, {.session_timeout_ms = 1'000'000});
  commit(kT0);
  commit(kU0);
  g.pass(100'000);
  EXPECT_EQ(expire_offsets(g.group, g.now()), std::vector<TopicPartition>{kU0});
}

TEST_F(Expiry, OfUnknownSubscriptionsNothingIsLostWhileThereAreMembers) {
  g.make_stable(1, {.session_timeout_ms = 1'000'000, .metadata = "meta"});
  EXPECT_EQ(g.group.subscribed_topics(), std::nullopt);
  commit(kT0);
  g.pass(200'000);
  EXPECT_EQ(expired(), 0u);
}

TEST_F(Expiry, AnExplicitRetentionTimeGoesFirst) {
  commit(kT0, g.now().wall_ms + 10);
  g.pass(9);
  EXPECT_EQ(expired(), 0u);
  g.pass(1);
  EXPECT_EQ(expired(), 1u);
}

}  // namespace
}  // namespace meerkat::group
