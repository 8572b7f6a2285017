// How members of old groups divide partitions, as a table; the expected values are those of 0.8.2's assignors.
#include "client/zookeeper_division.h"

#include <gtest/gtest.h>

namespace meerkat::client {
namespace {

std::string text(const std::map<TopicPartition, std::string>& division) {
  std::string out;
  for (const auto& [partition, stream] : division) out += partition.to_string() + "=" + stream + " ";
  return out;
}

TEST(ZookeeperDivision, Range) {
  struct Case {
    const char* name;
    TopicPartitions topics;
    OldMembers members;
    std::string expected;
  } cases[] = {
      {"nobody", {{"t", {0}}}, {}, ""},
      {"no such topic", {}, {{"a", {{"t", 1}}}}, ""},
      {"the first get one more",
       {{"t", {2, 1, 0}}},
       {{"a", {{"t", 1}}}, {"b", {{"t", 1}}}},
       "t-0=a-0 t-1=a-0 t-2=b-0 "},
      {"by streams", {{"t", {0, 1, 2}}}, {{"a", {{"t", 2}}}, {"b", {{"t", 1}}}}, "t-0=a-0 t-1=a-1 t-2=b-0 "},
      {"more streams than partitions", {{"t", {0}}}, {{"a", {{"t", 1}}}, {"b", {{"t", 1}}}}, "t-0=a-0 "},
      {"only who reads it", {{"t", {0}}, {"u", {0}}}, {{"a", {{"u", 1}}}, {"b", {{"t", 1}}}}, "t-0=b-0 u-0=a-0 "},
  };
  for (const auto& c : cases) {
    auto division = divide_by_streams(OldAssignor::range, c.topics, c.members);
    ASSERT_TRUE(division) << c.name;
    EXPECT_EQ(text(*division), c.expected) << c.name;
  }
}

TEST(ZookeeperDivision, RoundRobinGoesByTheHashOfTheName) {
  // The hashes of "[t,0]", "[t,1]", "[t,2]" rise by 31 each.
  auto division =
      divide_by_streams(OldAssignor::roundrobin, {{"t", {0, 1, 2}}}, {{"a", {{"t", 1}}}, {"b", {{"t", 1}}}});
  ASSERT_TRUE(division);
  EXPECT_EQ(text(*division), "t-0=a-0 t-1=b-0 t-2=a-0 ");
  EXPECT_FALSE(divide_by_streams(OldAssignor::roundrobin, {{"t", {0}}}, {{"a", {{"t", 1}}}, {"b", {{"t", 2}}}}))
      << "different numbers of streams";
}

TEST(ZookeeperDivision, MemberOfAStream) {
  EXPECT_EQ(member_of("g_host-1416919283000-ab12cd34-0"), "g_host-1416919283000-ab12cd34");
}

}  // namespace
}  // namespace meerkat::client
