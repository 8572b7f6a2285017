#include "controller/types.h"

#include <gtest/gtest.h>

namespace meerkat::controller {
namespace {

using Ids = std::vector<int32_t>;

TEST(PartitionStates, Transitions) {
  using enum PartitionState;
  const PartitionState all[] = {non_existent, fresh, online, offline};
  const std::pair<PartitionState, PartitionState> allowed[] = {
      {non_existent, fresh}, {fresh, online},   {online, online},   {offline, online},
      {fresh, offline},      {online, offline}, {offline, offline}, {offline, non_existent},
  };
  for (auto from : all) {
    for (auto to : all) {
      const bool expected = std::find(std::begin(allowed), std::end(allowed), std::pair(from, to)) != std::end(allowed);
      EXPECT_EQ(may_become(from, to), expected) << name(from) << " to " << name(to);
    }
  }
}

TEST(ReplicaStates, Transitions) {
  using enum ReplicaState;
  const ReplicaState all[] = {non_existent,       fresh, online, offline, deletion_started, deletion_successful,
                              deletion_ineligible};
  const std::pair<ReplicaState, ReplicaState> allowed[] = {
      {non_existent, fresh},
      {fresh, online},
      {online, online},
      {offline, online},
      {deletion_ineligible, online},
      {fresh, offline},
      {online, offline},
      {offline, offline},
      {deletion_ineligible, offline},
      {offline, deletion_started},
      {deletion_started, deletion_successful},
      {offline, deletion_ineligible},
      {deletion_started, deletion_ineligible},
      {deletion_successful, non_existent},
  };
  for (auto from : all) {
    for (auto to : all) {
      const bool expected = std::find(std::begin(allowed), std::end(allowed), std::pair(from, to)) != std::end(allowed);
      EXPECT_EQ(may_become(from, to), expected) << name(from) << " to " << name(to);
    }
  }
}

TEST(Assignment, Reassigning) {
  struct Case {
    Assignment from;
    Ids target;
    Assignment to;
  };
  const Case cases[] = {
      {{{0, 1}, {}, {}}, {2, 1}, {{2, 1, 0}, {2}, {0}}},
      {{{1, 2, 3}, {}, {}}, {4, 5, 6}, {{4, 5, 6, 1, 2, 3}, {4, 5, 6}, {1, 2, 3}}},
      {{{1, 2, 3}, {}, {}}, {3, 2, 1}, {{3, 2, 1}, {}, {}}},
      {{{1, 2, 3}, {}, {}}, {1}, {{1, 2, 3}, {}, {2, 3}}},
      // Another target while one is under way starts from the origin again.
      {{{2, 1, 0}, {2}, {0}}, {3, 1}, {{3, 1, 0}, {3}, {0}}},
      // Cancelling.
      {{{2, 1, 0}, {2}, {0}}, {1, 0}, {{1, 0}, {}, {}}},
  };
  for (const auto& c : cases) EXPECT_EQ(c.from.reassigned_to(c.target), c.to);
}

TEST(Assignment, TargetAndOrigin) {
  const Assignment a{{4, 5, 1, 2}, {4, 5}, {1}};
  EXPECT_EQ(a.target(), (Ids{4, 5, 2}));
  EXPECT_EQ(a.origin(), (Ids{1, 2}));
  EXPECT_EQ(a.without(1), (Assignment{{4, 5, 2}, {4, 5}, {}}));
}

}  // namespace
}  // namespace meerkat::controller
