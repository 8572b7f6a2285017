// What a client that may not use an API finds, and which APIs ask before their handlers.
#include "api/refusal.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/peer_address.h"
#include "api/table.h"
#include "wire/messages/29_describe_acls.h"

namespace meerkat::api {
namespace {

constexpr auto kDenied = wire::ErrorCode::cluster_authorization_failed;

TEST(RefusalTest, stands_once_where_an_answer_has_one_error) {
  const auto response = refusal<wire::DescribeAclsResponse>(wire::DescribeAclsRequest{}, kDenied);
  EXPECT_EQ(response.error_code, kDenied);
  EXPECT_FALSE(response.error_message->empty());
  const auto quotas = refusal<wire::DescribeClientQuotasResponse>(wire::DescribeClientQuotasRequest{}, kDenied);
  EXPECT_EQ(quotas.error_code, kDenied);
  EXPECT_FALSE(quotas.entries);
}

TEST(RefusalTest, stands_at_every_part_where_an_answer_has_parts) {
  wire::CreateAclsRequest create;
  create.creations.resize(2);
  for (const auto& result : refusal<wire::CreateAclsResponse>(create, kDenied).results) {
    EXPECT_EQ(result.error_code, kDenied);
  }
  EXPECT_EQ(refusal<wire::CreateAclsResponse>(create, kDenied).results.size(), 2u);

  wire::DeleteAclsRequest remove;
  remove.filters.resize(3);
  const auto removed = refusal<wire::DeleteAclsResponse>(remove, kDenied).filter_results;
  ASSERT_EQ(removed.size(), 3u);
  EXPECT_EQ(removed[2].error_code, kDenied);

  wire::AlterReplicaLogDirsRequest move;
  move.dirs.push_back({"/d", {{"t", {0, 1}}}});
  const auto moved = refusal<wire::AlterReplicaLogDirsResponse>(move, kDenied).results;
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].partitions.size(), 2u);
  EXPECT_EQ(moved[0].partitions[1].error_code, kDenied);

  wire::ElectLeadersRequest elect;
  elect.topic_partitions = {{"t", {4}}};
  const auto elected = refusal<wire::ElectLeadersResponse>(elect, kDenied);
  EXPECT_EQ(elected.error_code, kDenied);
  EXPECT_EQ(elected.replica_election_results.at(0).partition_result.at(0).error_code, kDenied);
  elect.topic_partitions.reset();
  EXPECT_TRUE(refusal<wire::ElectLeadersResponse>(elect, kDenied).replica_election_results.empty());

  wire::AlterUserScramCredentialsRequest scram;
  scram.deletions.push_back({.name = "a"});
  scram.upsertions.push_back({.name = "a"});
  scram.upsertions.push_back({.name = "b"});
  EXPECT_EQ(refusal<wire::AlterUserScramCredentialsResponse>(scram, kDenied).results.size(), 2u);
}

TEST(AccessTest, is_what_kafka_asks) {
  std::map<Access, std::set<int>> keys;
  for (const Api& api : apis()) keys[api.access].insert(static_cast<int>(api.key));
  EXPECT_EQ(keys[Access::cluster_action], (std::set<int>{4, 5, 6, 7, 56, 67}));
  EXPECT_EQ(keys[Access::alter], (std::set<int>{30, 31, 34, 43, 45, 51, 57}));
  EXPECT_EQ(keys[Access::alter_configs], (std::set<int>{49}));
  EXPECT_EQ(keys[Access::describe], (std::set<int>{29, 35, 46, 50}));
  EXPECT_EQ(keys[Access::describe_configs], (std::set<int>{48}));
  // The answers of these are the same for everybody here.
  EXPECT_EQ(keys[Access::open], (std::set<int>{17, 18, 36, 38, 39, 40, 41, 58, 68, 69}));
}

TEST(PeerAddressTest, is_written_as_java_does) {
  EXPECT_EQ(java_address("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(java_address("::1"), "0:0:0:0:0:0:0:1");
  EXPECT_EQ(java_address("fe80::a:0:b"), "fe80:0:0:0:0:a:0:b");
}

}  // namespace
}  // namespace meerkat::api
