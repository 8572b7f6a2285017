#include "controller/presence.h"

#include <gtest/gtest.h>

#include <string>

namespace meerkat::controller {
namespace {

// What happens to the connection, a letter each (o: opened to a Meerkat broker, j: to a Java one, x: broken or timed
// out, r: refused), and what is concluded at each: '.' nothing, V vanished, B back.
struct Case {
  const char* what;
  bool known;
  std::string events;
  std::string concluded;
};

class PresenceTest : public testing::TestWithParam<Case> {};

TEST_P(PresenceTest, Concludes) {
  Presence presence(GetParam().known);
  std::string concluded;
  for (char event : GetParam().events) {
    const bool opened = event == 'o' || event == 'j';
    const auto change = opened ? presence.on_open() : presence.on_closed(event == 'r');
    if (event == 'o') presence.on_kin();
    concluded += change == Presence::Change::vanished ? 'V' : change == Presence::Change::back ? 'B' : '.';
  }
  EXPECT_EQ(concluded, GetParam().concluded) << GetParam().what;
}

const Case kCases[] = {
    {"a process that dies", false, "oxrr", "...V"},
    {"one refusal may come from a listener made anew", false, "oxro", "...."},
    {"one that is cut off or stopped does not refuse", false, "oxxxxxx", "......."},
    {"refusals count in a row", false, "oxrxrr", ".....V"},
    {"it vanishes once", false, "oxrrrrr", "...V..."},
    {"and is back once", false, "oxrroxo", "...VB.."},
    {"only an open connection proves that it is there", false, "oxrrxxr", "...V..."},
    {"of one that was never reached nothing is known", false, "rrrrrrrrrrrrrrrrrrrr", "...................."},
    {"a Java broker is alive until its session ends", false, "jxrrrrr", "......."},
    {"known from before", true, "rr", ".V"},
};

INSTANTIATE_TEST_SUITE_P(All, PresenceTest, testing::ValuesIn(kCases));

TEST(Presence, LooksAgainSoonWhileInDoubt) {
  Presence presence;
  presence.on_open();
  presence.on_kin();
  presence.on_closed(false);
  const auto soon = presence.pause();
  presence.on_closed(true);
  presence.on_closed(true);
  EXPECT_LT(soon, presence.pause());
}

}  // namespace
}  // namespace meerkat::controller
