#include "controller/election.h"

#include <gtest/gtest.h>

#include <set>

namespace meerkat::controller {
namespace {

using Ids = std::vector<int32_t>;

struct Case {
  const char* what;
  Strategy strategy;
  Assignment assignment;
  Ids isr;
  std::set<int32_t> live;           // shutting down ones among them
  std::set<int32_t> shutting_down;  // only counted by controlled shutdown
  bool unclean;
  std::optional<int32_t> leader;
  Ids new_isr;
  Ids recipients;
  bool recovering;
};

TEST(Election, Table) {
  using enum Strategy;
  const std::optional<int32_t> nobody;
  const Case cases[] = {
      {"the first live ISR member by assignment",
       offline,
       {{1, 2, 3}, {}, {}},
       {3, 2},
       {2, 3},
       {},
       false,
       2,
       {3, 2},
       {2, 3},
       false},
      {"dead members leave the ISR",
       offline,
       {{1, 2, 3}, {}, {}},
       {1, 2, 3},
       {2, 3},
       {},
       false,
       2,
       {2, 3},
       {2, 3},
       false},
      {"nobody in sync is alive", offline, {{1, 2, 3}, {}, {}}, {1}, {2, 3}, {}, false, nobody, {}, {}, false},
      {"nobody in sync is alive, unclean", offline, {{1, 2, 3}, {}, {}}, {1}, {3, 2}, {}, true, 2, {2}, {2, 3}, true},
      {"in sync wins even where unclean is allowed",
       offline,
       {{1, 2, 3}, {}, {}},
       {3},
       {2, 3},
       {},
       true,
       3,
       {3},
       {2, 3},
       false},
      {"nobody at all", offline, {{1, 2}, {}, {}}, {1, 2}, {}, {}, true, nobody, {}, {}, false},
      {"preferred in sync", preferred, {{1, 2, 3}, {}, {}}, {2, 1}, {1, 2, 3}, {}, false, 1, {2, 1}, {1, 2, 3}, false},
      {"preferred not in sync", preferred, {{1, 2, 3}, {}, {}}, {2, 3}, {1, 2, 3}, {}, false, nobody, {}, {}, false},
      {"preferred dead", preferred, {{1, 2, 3}, {}, {}}, {1, 2, 3}, {2, 3}, {}, false, nobody, {}, {}, false},
      {"reassign to the first of the target in sync",
       reassign,
       {{4, 5, 1}, {4, 5}, {1}},
       {1, 5, 4},
       {1, 4, 5},
       {},
       false,
       4,
       {1, 5, 4},
       {4, 5},
       false},
      {"reassign, target leader dead",
       reassign,
       {{4, 5, 1}, {4, 5}, {1}},
       {1, 5, 4},
       {1, 5},
       {},
       false,
       5,
       {1, 5, 4},
       {4, 5},
       false},
      {"reassign, target not in sync",
       reassign,
       {{4, 5, 1}, {4, 5}, {1}},
       {1},
       {1, 4, 5},
       {},
       false,
       nobody,
       {},
       {},
       false},
      {"shutdown moves to the next",
       controlled_shutdown,
       {{1, 2, 3}, {}, {}},
       {1, 2, 3},
       {1, 2, 3},
       {1},
       false,
       2,
       {2, 3},
       {1, 2, 3},
       false},
      {"shutdown of two",
       controlled_shutdown,
       {{1, 2, 3}, {}, {}},
       {1, 2, 3},
       {1, 2, 3},
       {1, 2},
       false,
       3,
       {3},
       {1, 2, 3},
       false},
      {"shutdown of the last in sync",
       controlled_shutdown,
       {{1, 2, 3}, {}, {}},
       {1},
       {1, 2, 3},
       {1},
       false,
       nobody,
       {},
       {},
       false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    Leadership current;
    current.leader = 9;
    current.leader_epoch = 5;
    current.partition_epoch = 8;
    current.isr = c.isr;
    Ballot ballot{&c.assignment, &current, [&](int32_t b) { return c.live.contains(b); },
                  [&](int32_t b) { return c.shutting_down.contains(b); }, c.unclean};
    const auto elected = elect(c.strategy, ballot);
    ASSERT_EQ(elected.has_value(), c.leader.has_value());
    if (!elected) continue;
    EXPECT_EQ(elected->leadership.leader, c.leader);
    EXPECT_EQ(elected->leadership.isr, c.new_isr);
    EXPECT_EQ(elected->leadership.recovering, c.recovering);
    EXPECT_EQ(elected->leadership.leader_epoch, 6);
    EXPECT_EQ(elected->leadership.partition_epoch, 8);
    EXPECT_EQ(elected->recipients, c.recipients);
  }
}

TEST(Election, FirstLeadershipIsOfTheLive) {
  const Assignment assignment{{3, 1, 2}, {}, {}};
  const auto first = first_leadership(assignment, [](int32_t b) { return b != 3; });
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->leader, 1);
  EXPECT_EQ(first->isr, (Ids{1, 2}));
  EXPECT_EQ(first->leader_epoch, 0);
  EXPECT_FALSE(first_leadership(assignment, [](int32_t) { return false; }).has_value());
}

TEST(Election, LeavingTheIsr) {
  Leadership current;
  current.leader = 1;
  current.leader_epoch = 3;
  current.isr = {1, 2};
  const auto follower = without_replica(current, 2);
  ASSERT_TRUE(follower.has_value());
  EXPECT_EQ(follower->leader, 1);
  EXPECT_EQ(follower->isr, (Ids{1}));
  EXPECT_EQ(follower->leader_epoch, 4);
  const auto leader = without_replica(current, 1);
  EXPECT_EQ(leader->leader, kNoLeader);
  EXPECT_EQ(leader->isr, (Ids{2}));
  current.isr = {1};
  EXPECT_EQ(without_replica(current, 1)->isr, (Ids{1})) << "the last member stays, or records would be forgotten";
  EXPECT_FALSE(without_replica(current, 2).has_value());
}

}  // namespace
}  // namespace meerkat::controller
