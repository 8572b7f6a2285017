#include "cluster/placement.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

namespace meerkat::cluster {
namespace {

using wire::ErrorCode;
using Lists = std::vector<std::vector<int32_t>>;

std::vector<BrokerRack> plain(std::initializer_list<int32_t> ids) {
  std::vector<BrokerRack> out;
  for (int32_t id : ids) out.push_back({id, std::nullopt});
  return out;
}

Lists values(const Assignment& a) {
  Lists out;
  for (const auto& [p, replicas] : a) out.push_back(replicas);
  return out;
}

TEST(Placement, LeadersGoRoundAndTheShiftGrowsWithEachRound) {
  auto a = assign_replicas_from(plain({0, 1, 2, 3, 4}), 10, 3, 0);
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(values(*a), (Lists{{0, 1, 2},
                               {1, 2, 3},
                               {2, 3, 4},
                               {3, 4, 0},
                               {4, 0, 1},
                               {0, 2, 3},
                               {1, 3, 4},
                               {2, 4, 0},
                               {3, 0, 1},
                               {4, 1, 2}}));
}

TEST(Placement, ReplicasOfAPartitionCoverAllRacks) {
  std::vector<BrokerRack> brokers;
  for (int32_t i = 0; i < 9; ++i) brokers.push_back({i, "rack" + std::to_string(i % 3)});
  for (int32_t start = 0; start < 9; ++start) {
    auto a = assign_replicas_from(brokers, 27, 3, start);
    ASSERT_TRUE(a.ok());
    for (const auto& [p, replicas] : *a) {
      std::set<int32_t> racks;
      for (int32_t r : replicas) racks.insert(r % 3);
      EXPECT_EQ(racks.size(), 3u) << "partition " << p << " from " << start;
    }
  }
}

TEST(Placement, MoreReplicasThanRacksStillNamesEachBrokerOnce) {
  auto a = assign_replicas_from({{0, "a"}, {1, "a"}, {2, "b"}}, 6, 3, 1);
  ASSERT_TRUE(a.ok());
  for (const auto& [p, replicas] : *a) EXPECT_EQ(std::set<int32_t>(replicas.begin(), replicas.end()).size(), 3u);
}

TEST(Placement, RefusesWhatCannotBePlaced) {
  struct Case {
    std::vector<BrokerRack> brokers;
    int32_t partitions;
    int32_t replication_factor;
    ErrorCode code;
  };
  const Case cases[] = {
      {plain({0}), 0, 1, ErrorCode::invalid_partitions},
      {plain({0}), -2, 1, ErrorCode::invalid_partitions},
      {plain({0}), 1, 0, ErrorCode::invalid_replication_factor},
      {plain({0, 1}), 1, 3, ErrorCode::invalid_replication_factor},
      {plain({}), 1, 1, ErrorCode::invalid_replication_factor},
      {{{0, "a"}, {1, std::nullopt}}, 1, 1, ErrorCode::unknown_server_error},
  };
  for (const auto& c : cases) {
    auto a = assign_replicas_from(c.brokers, c.partitions, c.replication_factor, 0);
    ASSERT_FALSE(a.ok());
    EXPECT_EQ(a.error().code, c.code) << a.error().message;
  }
}

TEST(Placement, DrawsTheStartBelowTheNumberOfBrokers) {
  std::vector<int32_t> bounds;
  auto a = assign_replicas(plain({4, 5, 6}), 1, 1, [&](int32_t bound) {
    bounds.push_back(bound);
    return bound - 1;
  });
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(bounds, (std::vector<int32_t>{3, 3}));
  EXPECT_EQ(values(*a), (Lists{{6}}));
}

TEST(Placement, AddedPartitionsContinueWherePartitionZeroBegan) {
  const Assignment existing{{0, {1, 2}}, {1, {2, 3}}};
  auto added = assign_added_partitions(existing, 4, plain({0, 1, 2, 3}));
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(*added, (Assignment{{2, {3, 1}}, {3, {0, 2}}}));
  EXPECT_FALSE(assign_added_partitions({{1, {1}}}, 4, plain({0, 1})).ok());
}

TEST(Placement, ManualAssignments) {
  EXPECT_TRUE(check_manual_assignment({{0, {1, 2}}, {1, {2, 1}}}).ok());
  const Assignment bad[] = {
      {}, {{0, {}}}, {{0, {1, 2}}, {1, {1}}}, {{0, {1, 1}}}, {{1, {1}}}, {{0, {1}}, {2, {1}}}, {{-1, {1}}, {0, {1}}}};
  for (const auto& a : bad) {
    auto checked = check_manual_assignment(a);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_replica_assignment);
  }
}

TEST(Placement, AddedAssignments) {
  const auto brokers = plain({1, 2, 3});
  EXPECT_TRUE(check_added_assignment({{4, {1, 3}}}, 2, brokers).ok());
  const Assignment bad[] = {{{4, {}}}, {{4, {1, 1}}}, {{4, {1, 9}}}, {{4, {1}}}};
  for (const auto& a : bad) EXPECT_FALSE(check_added_assignment(a, 2, brokers).ok());
}

// Replays Kafka's own results where the corpus of test vectors is at hand (MEERKAT_ORACLE or beside the project).
TEST(Placement, AgreesWithTheCorpus) {
  const char* env = std::getenv("MEERKAT_ORACLE");
  const std::string path = std::string(env ? env : "../shared/oracle") + "/corpus/vectors.jsonl.gz";
  // The tests stand alone: what is only beside the project may be missing.
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no corpus at " << path;
  gzFile file = gzopen(path.c_str(), "rb");
  ASSERT_NE(file, nullptr);
  std::string text;
  std::vector<char> buffer(1 << 16);
  for (int n; (n = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;)
    text.append(buffer.data(), static_cast<size_t>(n));
  gzclose(file);
  int replayed = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end == std::string::npos ? text.size() : end + 1;
    if (line.find("\"assignReplicasToBrokers\"") == std::string::npos) continue;
    const auto v = nlohmann::json::parse(line);
    std::vector<BrokerRack> brokers;
    for (const auto& b : v["brokers"]) {
      brokers.push_back({b[0].get<int32_t>(), b[1].is_null() ? std::nullopt : std::optional(b[1].get<std::string>())});
    }
    Assignment expected;
    for (const auto& [p, replicas] : v["result"].items()) expected[std::stoi(p)] = replicas.get<std::vector<int32_t>>();
    auto got = assign_replicas_from(brokers, v["partitions"], v["replicationFactor"], v["fixedStartIndex"],
                                    v["startPartitionId"]);
    ASSERT_TRUE(got.ok()) << line;
    EXPECT_EQ(*got, expected) << line;
    ++replayed;
  }
  EXPECT_GT(replayed, 0);
}

}  // namespace
}  // namespace meerkat::cluster
