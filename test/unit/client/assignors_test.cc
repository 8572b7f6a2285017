// The assignors: tables of small groups, rules that must hold for any, and what Kafka's own gave for the corpus.
#include "client/assignors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "test/fakes/corpus.h"

namespace meerkat::client {
namespace {

TopicRacks without_racks(const std::map<std::string, int>& sizes) {
  TopicRacks topics;
  for (const auto& [topic, size] : sizes) topics[topic].resize(static_cast<size_t>(size));
  return topics;
}
std::string text(const Assignments& assignments) {
  std::string out;
  for (const auto& [member, partitions] : assignments) {
    out += member + ":";
    for (const auto& p : partitions) out += " " + p.to_string();
    out += "; ";
  }
  return out;
}

TEST(Assignors, SmallGroups) {
  const TopicRacks topics = without_racks({{"a", 3}, {"b", 2}});
  const Subscription both{.topics = {"a", "b"}}, only_b{.topics = {"b"}}, gone{.topics = {"gone"}};
  Subscription first = both, last = both;
  first.instance_id = "1";
  last.instance_id = "2";
  struct Case {
    Assignor assignor;
    Subscriptions members;
    std::string expected;
  } cases[] = {
      {Assignor::range, {{"x", both}, {"y", both}}, "x: a-0 a-1 b-0; y: a-2 b-1; "},
      {Assignor::range, {{"x", last}, {"y", first}}, "x: a-2 b-1; y: a-0 a-1 b-0; "},
      {Assignor::range, {{"x", both}, {"y", last}}, "x: a-2 b-1; y: a-0 a-1 b-0; "},
      {Assignor::range, {{"x", both}, {"y", only_b}}, "x: a-0 a-1 a-2 b-0; y: b-1; "},
      {Assignor::range, {{"x", gone}}, "x:; "},
      {Assignor::roundrobin, {{"x", both}, {"y", both}}, "x: a-0 a-2 b-1; y: a-1 b-0; "},
      {Assignor::roundrobin, {{"x", both}, {"y", only_b}}, "x: a-0 a-1 a-2 b-1; y: b-0; "},
      {Assignor::sticky, {{"x", both}, {"y", only_b}}, "x: a-0 a-1 a-2; y: b-0 b-1; "},
      {Assignor::sticky, {{"x", gone}, {"y", gone}}, "x:; y:; "},
  };
  for (const auto& c : cases) EXPECT_EQ(text(assign(c.assignor, topics, c.members)), c.expected) << name(c.assignor);
}

TEST(Assignors, CooperativeGivesUpFirstAndGivesOutNext) {
  const TopicRacks topics = without_racks({{"a", 4}});
  Subscription owner{.topics = {"a"}, .owned = {{"a", 0}, {"a", 1}, {"a", 2}, {"a", 3}}, .generation = 1};
  Subscription fresh{.topics = {"a"}};
  EXPECT_EQ(text(assign(Assignor::cooperative_sticky, topics, {{"x", owner}, {"y", fresh}})), "x: a-0 a-1; y:; ");
  owner.owned.resize(2);
  EXPECT_EQ(text(assign(Assignor::cooperative_sticky, topics, {{"x", owner}, {"y", fresh}})),
            "x: a-0 a-1; y: a-2 a-3; ");
}

TEST(Assignors, AnOldGenerationsClaimYields) {
  const TopicRacks topics = without_racks({{"a", 2}});
  const Subscription zombie{.topics = {"a"}, .owned = {{"a", 0}, {"a", 1}}, .generation = 1};
  const Subscription current{.topics = {"a"}, .owned = {{"a", 1}}, .generation = 2};
  EXPECT_EQ(text(assign(Assignor::sticky, topics, {{"x", zombie}, {"y", current}})), "x: a-0; y: a-1; ");
}

TEST(Assignors, ForeignMetadataIsRefusedOrRead) {
  EXPECT_FALSE(decode_subscription(Assignor::range, Bytes{}));
  EXPECT_FALSE(decode_subscription(Assignor::range, Bytes{0, 1, 0, 0, 0, 9}));
  EXPECT_FALSE(decode_assignment(Bytes{0}));
  EXPECT_TRUE(decode_assignment(Bytes{})->empty());
  auto newer = encode_subscription(Assignor::range, {.topics = {"t"}});
  newer[1] = 9;
  EXPECT_EQ(decode_subscription(Assignor::range, newer)->topics, std::vector<std::string>{"t"});
}

/// Everything that must hold of an assignment of the sticky kind.
void check_rules(const TopicRacks& topics, const Subscriptions& members, const Assignments& given, bool all) {
  std::map<TopicPartition, int> times;
  for (const auto& [member, partitions] : given) {
    const auto& wanted = members.at(member).topics;
    for (const auto& p : partitions) {
      EXPECT_EQ(++times[p], 1) << p.to_string() << " twice";
      EXPECT_NE(std::find(wanted.begin(), wanted.end(), p.topic), wanted.end())
          << member << " does not want " << p.topic;
    }
  }
  if (!all) return;
  for (const auto& [topic, racks] : topics) {
    const bool taken = std::any_of(members.begin(), members.end(), [&, &t = topic](const auto& m) {
      return std::find(m.second.topics.begin(), m.second.topics.end(), t) != m.second.topics.end();
    });
    for (size_t p = 0; taken && p < racks.size(); ++p) {
      EXPECT_EQ((times[{topic, static_cast<int32_t>(p)}]), 1) << topic << "-" << p << " is nobody's";
    }
  }
}
size_t spread(const Assignments& given) {  // less is more even
  size_t sum = 0;
  for (const auto& [member, partitions] : given) sum += partitions.size() * partitions.size();
  return sum;
}
size_t kept(const Subscriptions& members, const Assignments& given) {
  size_t count = 0;
  for (const auto& [member, partitions] : given) {
    const auto& owned = members.at(member).owned;
    for (const auto& p : partitions) count += std::find(owned.begin(), owned.end(), p) != owned.end() ? 1 : 0;
  }
  return count;
}

TEST(Assignors, StickySettlesUnderRandomGroups) {
  std::mt19937 random(7);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (int round = 0; round < 200; ++round) {
    std::map<std::string, int> sizes;
    for (int t = 0; t < 1 + pick(4); ++t) sizes["t" + std::to_string(t)] = pick(8);
    const TopicRacks topics = without_racks(sizes);
    Subscriptions members;
    for (int m = 0; m < 1 + pick(5); ++m) {
      Subscription& s = members["m" + std::to_string(m)];
      for (const auto& [topic, size] : sizes) {
        if (pick(3) > 0) s.topics.push_back(topic);
      }
    }
    Assignments before;
    int rebalances = 0;
    for (int32_t generation = 1;; ++generation) {
      const Assignments now = assign(Assignor::cooperative_sticky, topics, members);
      check_rules(topics, members, now, false);
      if (now == before) break;
      ASSERT_LT(++rebalances, 4) << "it does not settle";
      before = now;
      for (auto& [id, s] : members) s.owned = now.at(id), s.generation = generation;
    }
    check_rules(topics, members, before, true);
  }
}

std::vector<TopicPartition> partitions_of(const nlohmann::json& pairs) {
  std::vector<TopicPartition> out;
  for (const auto& p : pairs) out.push_back({p[0].get<std::string>(), p[1].get<int32_t>()});
  return out;
}

TEST(AssignorsCorpus, IsKafkas) {
  const auto lines = test::corpus_lines("assignors");
  SKIP_WITHOUT_CORPUS(lines);
  for (const auto& line : lines) {
    const std::string where = line.dump().substr(0, 200);
    const Assignor assignor = *parse_assignor(line["assignor"].get<std::string>());
    TopicRacks topics;
    for (const auto& [topic, racks] : line["topics"].items()) {
      auto& out = topics[topic];
      for (const auto& rack : racks) {
        out.emplace_back();
        if (!rack.is_null()) out.back().insert(rack.get<std::string>());
      }
    }
    Subscriptions members;
    for (const auto& [id, m] : line["members"].items()) {
      const Bytes metadata = test::from_hex(m["subscriptionHex"].get<std::string>());
      auto subscription = decode_subscription(assignor, metadata);
      ASSERT_TRUE(subscription) << where;
      EXPECT_EQ(test::to_hex(encode_subscription(assignor, *subscription)), m["subscriptionHex"]) << where;
      auto owned = partitions_of(m["owned"]), ours = subscription->owned;
      std::sort(owned.begin(), owned.end());
      std::sort(ours.begin(), ours.end());
      EXPECT_EQ(ours, owned) << where;
      EXPECT_EQ(subscription->generation, m["generation"]) << where;
      if (m.contains("groupInstanceId")) subscription->instance_id = m["groupInstanceId"].get<std::string>();
      members[id] = std::move(*subscription);
    }
    Assignments expected;
    for (const auto& [id, r] : line["result"].items()) {
      const Bytes bytes = test::from_hex(r["assignmentHex"].get<std::string>());
      auto decoded = decode_assignment(bytes);
      ASSERT_TRUE(decoded) << where;
      EXPECT_EQ(encode_assignment(*decoded), bytes) << where;
      expected[id] = partitions_of(r["partitions"]);
    }
    Assignments given = assign(assignor, topics, members);
    const bool cooperative = assignor == Assignor::cooperative_sticky;
    if (cooperative || assignor == Assignor::sticky) {
      check_rules(topics, members, given, !cooperative);
      EXPECT_GE(kept(members, given), kept(members, expected)) << where;
      if (!cooperative) {
        EXPECT_LE(spread(given), spread(expected)) << where;
      }
      continue;
    }
    for (auto* side : {&given, &expected}) {
      for (auto& [id, partitions] : *side) std::sort(partitions.begin(), partitions.end());
    }
    EXPECT_EQ(given, expected) << where;
  }
}

}  // namespace
}  // namespace meerkat::client
