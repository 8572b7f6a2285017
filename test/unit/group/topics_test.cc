// Topics that change under a group: what counts as a change, who rebalances, and leaders that work from old metadata.
#include "test/unit/group/group_driver.h"

namespace meerkat::group {
namespace {

using wire::ErrorCode;

const Uuid kFirst = Uuid::random(), kSecond = Uuid::random();

Bytes assignment_of(std::vector<int32_t> partitions, const std::string& topic = "t") {
  wire::ConsumerProtocolAssignment assignment;
  assignment.assigned_partitions = {{topic, std::move(partitions)}};
  return wire::encode_versioned(assignment, 1);
}
std::string text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(TopicChanges, Compare) {
  const SeenTopic none;
  const auto topic = [](const std::optional<Uuid>& id, int32_t partitions) { return SeenTopic({id, partitions}); };
  struct Case {
    const char* name;
    SeenTopic before, now;
    bool rebalance;
    std::optional<NewPartitions> added;
  } cases[] = {
      {"the same", topic(kFirst, 3), topic(kFirst, 3), false, {}},
      {"still missing", none, none, false, {}},
      {"created", none, topic(kFirst, 2), true, NewPartitions{0, 2}},
      {"deleted", topic(kFirst, 2), none, true, {}},
      {"grown", topic(kFirst, 2), topic(kFirst, 5), true, NewPartitions{2, 5}},
      {"grown, without ids", topic({}, 2), topic({}, 5), true, NewPartitions{2, 5}},
      {"made again as large", topic(kFirst, 3), topic(kSecond, 3), true, NewPartitions{0, 3}},
      {"made again smaller", topic(kFirst, 3), topic(kSecond, 1), true, NewPartitions{0, 1}},
      {"shrunk by hand", topic(kFirst, 3), topic(kFirst, 1), true, {}},
  };
  for (const auto& c : cases) {
    const TopicChange change = compare(c.before, c.now);
    EXPECT_EQ(change.rebalance, c.rebalance) << c.name;
    EXPECT_EQ(change.added, c.added) << c.name;
  }
}

TEST(TopicChanges, Covers) {
  const std::map<std::string, NewPartitions> added{{"t", {2, 4}}};
  struct Case {
    const char* name;
    std::map<std::string, Bytes> assignments;
    bool covered;
  } cases[] = {
      {"nobody has them", {{"a", assignment_of({0, 1})}}, false},
      {"one is missing", {{"a", assignment_of({0, 1, 2})}}, false},
      {"one member has both", {{"a", assignment_of({2, 3})}, {"b", {}}}, true},
      {"one each, the old ones in revocation", {{"a", assignment_of({2})}, {"b", assignment_of({3})}}, true},
      {"of another topic", {{"a", assignment_of({2, 3}, "u")}}, false},
      {"the same twice", {{"a", assignment_of({2})}, {"b", assignment_of({2})}}, false},
      {"nothing at all", {}, false},
      {"bytes of another kind", {{"a", {0, 1, 255, 255, 255}}}, true},
  };
  for (const auto& c : cases) EXPECT_EQ(covers(c.assignments, added), c.covered) << c.name;
}

class ChangedTopic : public testing::Test {
 protected:
  void change(const TopicChange& what, const std::string& topic = "t") {
    Actions actions;
    topic_changed(g.group, topic, what, g.now(), actions);
    for (const auto& s : actions.syncs) g.syncs[s.request] = s.response;
  }
  /// The leader's sync, and whether its connection was closed instead of an answer.
  bool sync_closed(const std::string& leader, const Bytes& assignment) {
    SyncEvent event;
    event.request = 1000 + ++g.last_request;
    event.body.member_id = leader;
    event.body.generation_id = g.group.generation;
    event.body.assignments.push_back({leader, assignment});
    Actions actions;
    sync(g.group, event, g.now(), actions);
    for (auto& w : actions.writes) g.writes.push_back(std::move(w));
    return actions.closed_syncs == std::vector<RequestId>{event.request};
  }

  GroupDriver g;
};

TEST_F(ChangedTopic, StartsTheRebalanceOfAStableGroup) {
  const auto ids = g.make_stable(2);
  change({}, "t");
  EXPECT_EQ(g.state(), GroupState::stable) << "no change";
  change({true, {}}, "other");
  EXPECT_EQ(g.state(), GroupState::stable) << "nobody subscribes to it";
  change({true, NewPartitions{1, 2}});
  EXPECT_EQ(g.state(), GroupState::preparing_rebalance);
  EXPECT_EQ(g.heartbeat(ids[1]), ErrorCode::rebalance_in_progress);
}

TEST_F(ChangedTopic, LeavesEmptyGroupsAlone) {
  const auto ids = g.make_stable(1);
  g.leave(ids[0]);
  change({true, {}});
  EXPECT_EQ(g.state(), GroupState::empty);
}

TEST_F(ChangedTopic, SendsAWaitingMemberBackToJoin) {
  const auto a = g.join({.version = 3}), b = g.join({.version = 3});
  g.pass(6000);
  const std::string leader = g.answer(a).leader;
  const auto waiting = g.sync(g.answer(a).member_id == leader ? g.answer(b).member_id : g.answer(a).member_id);
  change({true, NewPartitions{1, 2}});
  EXPECT_EQ(g.sync_answer(waiting).error_code, ErrorCode::rebalance_in_progress);
}

TEST_F(ChangedTopic, ALeaderWithOldMetadataIsSentToLookAgainOnce) {
  const auto ids = g.make_stable(1);
  change({true, NewPartitions{1, 2}});
  g.answer(g.join({.member_id = ids[0]}));
  EXPECT_TRUE(sync_closed(ids[0], assignment_of({0})));
  EXPECT_EQ(g.state(), GroupState::completing_rebalance);
  // It has lost its connection and joins again, with the same subscription: nobody else is troubled.
  EXPECT_EQ(g.answer(g.join({.member_id = ids[0]})).generation_id, g.group.generation);
  EXPECT_FALSE(sync_closed(ids[0], assignment_of({0}))) << "it insists";
  g.finish_write();
  EXPECT_EQ(g.state(), GroupState::stable);
}

TEST_F(ChangedTopic, ALeaderThatIsSentAwayMustComeBackInTime) {
  const auto ids = g.make_stable(1, {.session_timeout_ms = 600'000, .rebalance_timeout_ms = 5000});
  change({true, NewPartitions{1, 2}});
  g.join({.member_id = ids[0], .session_timeout_ms = 600'000, .rebalance_timeout_ms = 5000});
  EXPECT_TRUE(sync_closed(ids[0], assignment_of({0})));
  g.pass(5000);
  EXPECT_EQ(g.heartbeat(ids[0]), ErrorCode::unknown_member_id);
}

TEST_F(ChangedTopic, AFreshLeaderIsTakenAtItsWord) {
  const auto ids = g.make_stable(1);
  change({true, NewPartitions{1, 2}});
  g.join({.member_id = ids[0]});
  const auto synced = g.sync(ids[0], {{ids[0], text(assignment_of({0, 1}))}});
  g.finish_write();
  EXPECT_EQ(g.sync_answer(synced).error_code, ErrorCode::none);
}

}  // namespace
}  // namespace meerkat::group
