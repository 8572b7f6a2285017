// Members with a group.instance.id (KIP-345, KIP-814): they may go and come back without a rebalance.
#include "test/unit/group/group_driver.h"

namespace meerkat::group {
namespace {

using wire::ErrorCode;

/// A stable group of one static member that leads; its id.
std::string make_static(GroupDriver& g, const Who& who = {.instance_id = "i"}) {
  const auto joined = g.join(who);
  g.pass(3000);
  const std::string id = g.answer(joined).member_id;
  g.sync(id, {{id, "mine"}});
  g.finish_write();
  return id;
}

TEST(StaticMember, NeedsNoSecondJoin) {
  GroupDriver g;
  EXPECT_TRUE(make_static(g).starts_with("i-"));
}

TEST(StaticMember, ComesBackWithANewIdAndWithoutARebalance) {
  struct Case {
    int16_t version;
    bool skips;
  };
  for (const Case c : {Case{8, false}, Case{9, true}}) {
    GroupDriver g;
    const std::string old_id = make_static(g);
    const auto back = g.join({.instance_id = "i", .version = c.version});
    EXPECT_FALSE(g.answered(back)) << "not before the new id is in the log";
    g.finish_write();
    const auto answer = g.answer(back);
    EXPECT_EQ(answer.error_code, ErrorCode::none);
    EXPECT_EQ(answer.generation_id, 1);
    EXPECT_NE(answer.member_id, old_id);
    EXPECT_EQ(answer.skip_assignment, c.skips);
    EXPECT_EQ(answer.members.size(), c.skips ? 1u : 0u);
    EXPECT_EQ(answer.leader, c.skips ? answer.member_id : old_id);
    EXPECT_EQ(g.state(), GroupState::stable);
    EXPECT_EQ(g.heartbeat(old_id, "i"), ErrorCode::fenced_instance_id);
    EXPECT_EQ(g.assignment(g.sync(answer.member_id)), "mine");
  }
}

TEST(StaticMember, KeepsItsOldIdIfTheNewOneCannotBeStored) {
  GroupDriver g;
  const std::string old_id = make_static(g);
  const auto back = g.join({.instance_id = "i"});
  g.finish_write(ErrorCode::not_coordinator);
  EXPECT_EQ(g.answer(back).error_code, ErrorCode::not_coordinator);
  EXPECT_EQ(g.heartbeat(old_id, "i"), ErrorCode::none);
}

TEST(StaticMember, ThatChangesTheProtocolRebalances) {
  GroupDriver g;
  make_static(g, {.instance_id = "i", .protocols = {"a", "b"}});
  const auto back = g.join({.instance_id = "i", .protocols = {"b", "c"}});
  EXPECT_EQ(g.answer(back).generation_id, 2);
  EXPECT_EQ(g.answer(back).protocol_name, "b");
}

TEST(StaticMember, ReplacedWhileItWaitsFencesTheFirst) {
  GroupDriver g;
  const auto first = g.join({.instance_id = "i"});
  const auto second = g.join({.instance_id = "i"});
  EXPECT_EQ(g.answer(first).error_code, ErrorCode::fenced_instance_id);
  g.pass(3000);
  EXPECT_EQ(g.answer(second).error_code, ErrorCode::none);
  EXPECT_EQ(g.group.members().size(), 1u);
}

TEST(StaticMember, IsKeptThroughRebalancesUntilItsSessionEnds) {
  GroupDriver g;
  const std::string id =
      make_static(g, {.instance_id = "i", .session_timeout_ms = 30'000, .rebalance_timeout_ms = 5000});
  const auto other = g.join({.version = 3, .session_timeout_ms = 60'000, .rebalance_timeout_ms = 5000});
  g.pass(5000);
  EXPECT_EQ(g.answer(other).generation_id, 2);
  EXPECT_EQ(g.answer(other).leader, g.answer(other).member_id) << "the absent member leads no more";
  EXPECT_EQ(g.answer(other).members.size(), 2u);
  EXPECT_TRUE(g.group.has(id));
}

TEST(StaticMember, LeavesByItsInstanceId) {
  GroupDriver g;
  make_static(g);
  EXPECT_EQ(g.leave("old", "i"), ErrorCode::fenced_instance_id);
  EXPECT_EQ(g.leave("", "i"), ErrorCode::none);
  EXPECT_EQ(g.state(), GroupState::empty);
}

}  // namespace
}  // namespace meerkat::group
