// Joining, syncing, leaving and expiring, as tables of what members send and what they hear.
#include "test/unit/group/group_driver.h"

namespace meerkat::group {
namespace {

using wire::ErrorCode;

TEST(Join, GivesANewMemberAnIdFirst) {
  GroupDriver g;
  const auto first = g.answer(g.join({.client_id = "c"}));
  EXPECT_EQ(first.error_code, ErrorCode::member_id_required);
  EXPECT_TRUE(first.member_id.starts_with("c-")) << first.member_id;
  EXPECT_TRUE(g.group.members().empty());
  const auto again = g.join({.member_id = first.member_id});
  EXPECT_FALSE(g.answered(again)) << "the initial delay is not over";
  g.pass(3000);
  EXPECT_EQ(g.answer(again).generation_id, 1);
  EXPECT_EQ(g.answer(again).leader, first.member_id);
}

TEST(Join, TakesOldClientsAtOnce) {
  GroupDriver g;
  const auto joined = g.join({.version = 3});
  g.pass(3000);
  EXPECT_EQ(g.answer(joined).error_code, ErrorCode::none);
  EXPECT_EQ(g.answer(joined).members.size(), 1u);
}

TEST(Join, VersionZeroHasNoRebalanceTimeout) {
  GroupDriver g;
  g.join({.version = 0, .session_timeout_ms = 7000, .rebalance_timeout_ms = -1});
  EXPECT_EQ(g.group.rebalance_timeout_ms(), 7000);
}

TEST(Join, RefusesWhatDoesNotFit) {
  struct Case {
    const char* name;
    Who who;
    ErrorCode error;
  } cases[] = {
      {"another type", {.protocol_type = "connect"}, ErrorCode::inconsistent_group_protocol},
      {"no common protocol", {.protocols = {"sticky"}}, ErrorCode::inconsistent_group_protocol},
      {"no protocols", {.protocols = {}}, ErrorCode::inconsistent_group_protocol},
      {"an unknown id", {.member_id = "stranger"}, ErrorCode::unknown_member_id},
      {"an unknown instance", {.member_id = "stranger", .instance_id = "i"}, ErrorCode::unknown_member_id},
  };
  for (const auto& c : cases) {
    GroupDriver g;
    g.make_stable(1);
    EXPECT_EQ(g.answer(g.join(c.who)).error_code, c.error) << c.name;
    EXPECT_EQ(g.state(), GroupState::stable) << c.name;
  }
}

TEST(Join, AnEmptyGroupWantsATypeAndAProtocol) {
  GroupDriver g;
  EXPECT_EQ(g.answer(g.join({.protocols = {}})).error_code, ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(g.answer(g.join({.protocol_type = ""})).error_code, ErrorCode::inconsistent_group_protocol);
}

TEST(Join, TheInitialDelayGrowsWithEachArrivalUpToTheRebalanceTimeout) {
  GroupDriver g;
  const auto first = g.join({.version = 3, .rebalance_timeout_ms = 8000});
  g.pass(2000);
  g.join({.version = 3, .rebalance_timeout_ms = 8000});
  g.pass(2000);
  EXPECT_FALSE(g.answered(first)) << "somebody came in the first round";
  g.join({.version = 3, .rebalance_timeout_ms = 8000});
  g.pass(2500);
  EXPECT_FALSE(g.answered(first)) << "and in the second";
  g.pass(1500);
  EXPECT_TRUE(g.answered(first)) << "8 s after the first join at the latest";
  EXPECT_EQ(g.answer(first).members.size(), 3u);
}

TEST(Join, TheProtocolThatMostPreferWins) {
  GroupDriver g;
  g.join({.version = 3, .protocols = {"a", "b", "c"}});
  g.join({.version = 3, .protocols = {"b", "a"}});
  const auto last = g.join({.version = 3, .protocols = {"c", "b", "a"}});
  g.pass(60'000);
  EXPECT_EQ(g.answer(last).protocol_name, "b");
}

TEST(Join, OnlyTheLeaderLearnsTheMembers) {
  GroupDriver g;
  const auto a = g.join({.version = 3}), b = g.join({.version = 3});
  g.pass(60'000);
  const size_t for_a = g.answer(a).members.size(), for_b = g.answer(b).members.size();
  EXPECT_EQ(for_a + for_b, 2u);
  EXPECT_EQ(g.answer(a).leader == g.answer(a).member_id, for_a == 2);
}

TEST(Join, AStableGroupRebalancesForANewMember) {
  GroupDriver g;
  const auto ids = g.make_stable(1);
  const auto second = g.join_twice({});
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance);
  EXPECT_EQ(g.heartbeat(ids[0]), ErrorCode::rebalance_in_progress);
  EXPECT_FALSE(g.answered(second));
  const auto first = g.join({.member_id = ids[0]});
  EXPECT_EQ(g.answer(first).generation_id, 2);
  EXPECT_EQ(g.answer(second).generation_id, 2);
  EXPECT_EQ(g.heartbeat(ids[0]), ErrorCode::none);
}

TEST(Join, AFollowerThatLostItsAnswerDoesNotDisturb) {
  GroupDriver g;
  const auto ids = g.make_stable(2);
  EXPECT_EQ(g.answer(g.join({.member_id = ids[1]})).generation_id, 1);
  EXPECT_EQ(g.state(), GroupState::stable);
  g.join({.member_id = ids[0]});
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance) << "the leader asks for a new assignment";
}

TEST(Join, NewMetadataOfAFollowerRebalances) {
  GroupDriver g;
  const auto ids = g.make_stable(2);
  g.join({.member_id = ids[1], .metadata = "other"});
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance);
}

TEST(Join, DropsDynamicMembersThatDoNotComeBack) {
  GroupDriver g;
  const auto ids = g.make_stable(2, {.rebalance_timeout_ms = 5000});
  const auto rejoined = g.join({.member_id = ids[0], .rebalance_timeout_ms = 5000});
  g.pass(4999);
  EXPECT_FALSE(g.answered(rejoined));
  g.pass(1);
  EXPECT_EQ(g.answer(rejoined).members.size(), 1u);
  EXPECT_EQ(g.heartbeat(ids[1]), ErrorCode::unknown_member_id);
}

TEST(Join, HoldsToTheMaximalSize) {
  GroupDriver g;
  g.settings.max_size = 2;
  const auto ids = g.make_stable(2);
  const auto refused = g.answer(g.join({.version = 3}));
  EXPECT_EQ(refused.error_code, ErrorCode::group_max_size_reached);
  EXPECT_EQ(refused.member_id, "");
  EXPECT_EQ(g.state(), GroupState::stable);
  g.join({.member_id = ids[0]});
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance) << "a member may always join again";
}

TEST(Join, AMemberThatNeverComesBackWithItsIdDoesNotHoldUpTheGroup) {
  GroupDriver g;
  const auto ids = g.make_stable(1);
  g.answer(g.join({.session_timeout_ms = 6000}));  // is told its id, and gone
  const auto rejoined = g.join({.member_id = ids[0]});
  EXPECT_FALSE(g.answered(rejoined));
  g.pass(6000);
  EXPECT_TRUE(g.answered(rejoined));
}

TEST(Sync, GivesEveryMemberItsPartOnceItIsStored) {
  GroupDriver g;
  const auto a = g.join({.version = 3}), b = g.join({.version = 3});
  g.pass(6000);
  const std::string leader = g.answer(a).leader;
  const std::string follower = g.answer(a).member_id == leader ? g.answer(b).member_id : g.answer(a).member_id;
  const auto waiting = g.sync(follower);
  const auto leading = g.sync(leader, {{leader, "L"}, {follower, "F"}});
  EXPECT_FALSE(g.answered(leading)) << "not before the record is in the log";
  g.finish_write();
  EXPECT_EQ(g.assignment(waiting), "F");
  EXPECT_EQ(g.assignment(leading), "L");
  EXPECT_EQ(g.assignment(g.sync(follower)), "F") << "again, in a stable group";
}

TEST(Sync, AMemberThatTheLeaderForgotGetsNothing) {
  GroupDriver g;
  const auto a = g.join({.version = 3});
  g.pass(3000);
  const auto leading = g.sync(g.answer(a).leader, {});
  g.finish_write();
  EXPECT_EQ(g.sync_answer(leading).error_code, ErrorCode::none);
  EXPECT_EQ(g.assignment(leading), "");
}

TEST(Sync, RefusesTheWrongGenerationAndStrangers) {
  GroupDriver g;
  const auto ids = g.make_stable(1);
  EXPECT_EQ(g.sync_answer(g.sync(ids[0], {}, 7)).error_code, ErrorCode::illegal_generation);
  EXPECT_EQ(g.sync_answer(g.sync("stranger")).error_code, ErrorCode::unknown_member_id);
  g.join({.member_id = ids[0], .metadata = "x"});
  g.join({.version = 3});  // the group waits for nobody else than ids[0]'s next join
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance);
  EXPECT_EQ(g.sync_answer(g.sync(ids[0])).error_code, ErrorCode::rebalance_in_progress);
}

TEST(Sync, AnAssignmentThatCannotBeStoredStartsAgain) {
  GroupDriver g;
  const auto a = g.join({.version = 3});
  g.pass(3000);
  const auto leading = g.sync(g.answer(a).leader, {});
  g.finish_write(ErrorCode::coordinator_not_available);
  EXPECT_EQ(g.sync_answer(leading).error_code, ErrorCode::coordinator_not_available);
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance);
}

TEST(Sync, AnAssignmentOfAPastGenerationIsDropped) {
  GroupDriver g;
  const auto a = g.join({.version = 3});
  g.pass(3000);
  const std::string leader = g.answer(a).leader;
  const auto leading = g.sync(leader, {{leader, "old"}});
  g.join({.version = 3});
  EXPECT_EQ(g.sync_answer(leading).error_code, ErrorCode::rebalance_in_progress);
  g.finish_write();
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance);
}

TEST(Sync, MembersThatDoNotSyncAreRemoved) {
  GroupDriver g;
  const auto a = g.join({.version = 3, .session_timeout_ms = 100'000, .rebalance_timeout_ms = 20'000});
  const auto b = g.join({.version = 3, .session_timeout_ms = 100'000, .rebalance_timeout_ms = 20'000});
  g.pass(6000);
  const std::string leader = g.answer(a).leader;
  const std::string other = g.answer(a).member_id == leader ? g.answer(b).member_id : g.answer(a).member_id;
  g.sync(leader, {});
  g.finish_write();
  g.pass(20'000);
  EXPECT_EQ(g.heartbeat(other), ErrorCode::unknown_member_id);
  EXPECT_EQ(g.heartbeat(leader), ErrorCode::rebalance_in_progress);
}

TEST(Session, AMemberThatFallsSilentIsRemoved) {
  GroupDriver g;
  const auto ids = g.make_stable(2, {.session_timeout_ms = 10'000});
  for (int i = 0; i < 3; ++i) {
    g.pass(5000);
    if (i < 1) {
      EXPECT_EQ(g.heartbeat(ids[1]), ErrorCode::none);
    }
    g.heartbeat(ids[0]);
  }
  EXPECT_EQ(g.heartbeat(ids[1]), ErrorCode::unknown_member_id);
  EXPECT_EQ(g.heartbeat(ids[0]), ErrorCode::rebalance_in_progress);
}

TEST(Session, DoesNotEndWhileTheMemberWaitsForUs) {
  GroupDriver g;
  const auto ids = g.make_stable(2, {.session_timeout_ms = 10'000, .rebalance_timeout_ms = 60'000});
  const auto waiting = g.join({.member_id = ids[0]});
  for (int i = 0; i < 5; ++i) {
    g.pass(8000);
    EXPECT_EQ(g.heartbeat(ids[1]), ErrorCode::rebalance_in_progress);
  }
  EXPECT_FALSE(g.answered(waiting));
  g.join({.member_id = ids[1]});
  EXPECT_EQ(g.answer(waiting).error_code, ErrorCode::none);
}

TEST(Session, TheLastOneLeavesAnEmptyGroup) {
  GroupDriver g;
  const auto ids = g.make_stable(1);
  EXPECT_EQ(g.leave(ids[0]), ErrorCode::none);
  EXPECT_EQ(g.state(), GroupState::empty);
  EXPECT_EQ(g.group.generation, 2);
  ASSERT_EQ(g.writes.size(), 1u);
  EXPECT_EQ(g.writes[0].why, GroupWrite::Why::became_empty);
  EXPECT_EQ(g.group.protocol, std::nullopt);
  EXPECT_EQ(g.group.leader, std::nullopt);
}

TEST(Leave, OfAPendingMemberAndOfAStranger) {
  GroupDriver g;
  const auto pending = g.answer(g.join({})).member_id;
  EXPECT_EQ(g.leave(pending), ErrorCode::none);
  EXPECT_EQ(g.leave(pending), ErrorCode::unknown_member_id);
  EXPECT_EQ(g.leave("", "instance"), ErrorCode::unknown_member_id);
}

TEST(Commit, IsForMembersOfTheGenerationOrForNobodyInAnEmptyGroup) {
  GroupDriver g;
  const auto may = [&](const std::string& id, int32_t generation) {
    return may_commit(g.group, id, {}, generation, false, g.now());
  };
  EXPECT_EQ(may("", -1), ErrorCode::none);
  EXPECT_EQ(may("who", 1), ErrorCode::unknown_member_id);
  const auto ids = g.make_stable(1);
  EXPECT_EQ(may("", -1), ErrorCode::unknown_member_id);
  EXPECT_EQ(may(ids[0], 1), ErrorCode::none);
  EXPECT_EQ(may(ids[0], 2), ErrorCode::illegal_generation);
  g.join({.member_id = ids[0]});
  EXPECT_EQ(g.state(), GroupState::completing_rebalance);
  EXPECT_EQ(may(ids[0], 2), ErrorCode::rebalance_in_progress);
}

TEST(Unload, AnswersAllWhoWait) {
  GroupDriver g;
  const auto ids = g.make_stable(2);
  const auto waiting = g.join({.member_id = ids[0]});
  Actions actions;
  unload(g.group, ErrorCode::not_coordinator, g.now(), actions);
  ASSERT_EQ(actions.joins.size(), 1u);
  EXPECT_EQ(actions.joins[0].request, waiting);
  EXPECT_EQ(actions.joins[0].response.error_code, ErrorCode::not_coordinator);
  EXPECT_EQ(g.heartbeat(ids[0]), ErrorCode::coordinator_not_available);
}

}  // namespace
}  // namespace meerkat::group
