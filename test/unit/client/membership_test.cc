// A member's life as tables: what each answer of the coordinator makes of it.
#include "client/membership.h"

#include <gtest/gtest.h>

namespace meerkat::client {
namespace {

using wire::ErrorCode;
using State = Membership::State;

TEST(Membership, Judge) {
  struct Case {
    GroupCall call;
    ErrorCode error;
    Verdict verdict;
  } cases[] = {
      {GroupCall::join, ErrorCode::none, Verdict::ok},
      {GroupCall::join, ErrorCode::coordinator_load_in_progress, Verdict::retry},
      {GroupCall::join, ErrorCode::not_coordinator, Verdict::look_up},
      {GroupCall::join, ErrorCode::unknown_member_id, Verdict::start_over},
      {GroupCall::join, ErrorCode::rebalance_in_progress, Verdict::rejoin},
      {GroupCall::join, ErrorCode::group_max_size_reached, Verdict::failed},
      {GroupCall::sync, ErrorCode::illegal_generation, Verdict::start_over},
      {GroupCall::sync, ErrorCode::fenced_instance_id, Verdict::failed},
      {GroupCall::heartbeat, ErrorCode::rebalance_in_progress, Verdict::rejoin},
      {GroupCall::heartbeat, ErrorCode::coordinator_not_available, Verdict::look_up},
      {GroupCall::commit, ErrorCode::request_timed_out, Verdict::look_up},
      {GroupCall::commit, ErrorCode::unknown_topic_or_partition, Verdict::retry},
      {GroupCall::commit, ErrorCode::offset_metadata_too_large, Verdict::failed},
      {GroupCall::fetch_offsets, ErrorCode::unstable_offset_commit, Verdict::retry},
  };
  for (const auto& c : cases) EXPECT_EQ(judge(c.call, c.error), c.verdict) << static_cast<int>(c.call) << c.error;
}

wire::JoinGroupResponse joined(int32_t generation, const std::string& leader = "me") {
  wire::JoinGroupResponse response;
  response.generation_id = generation;
  response.member_id = "me";
  response.leader = leader;
  response.protocol_name = "range";
  return response;
}
wire::JoinGroupResponse refused(ErrorCode error, const std::string& member = "") {
  wire::JoinGroupResponse response;
  response.error_code = error;
  response.member_id = member;
  return response;
}
wire::SyncGroupResponse synced(ErrorCode error = ErrorCode::none) {
  wire::SyncGroupResponse response;
  response.error_code = error;
  return response;
}
Membership stable() {
  Membership member;
  EXPECT_EQ(member.on_join(joined(1)), Verdict::ok);
  EXPECT_EQ(member.on_sync(synced()), Verdict::ok);
  return member;
}

TEST(Membership, JoinsWithTheIdThatItIsGiven) {
  Membership member;
  EXPECT_TRUE(member.must_join());
  EXPECT_EQ(member.on_join(refused(ErrorCode::member_id_required, "me")), Verdict::rejoin);
  EXPECT_EQ(member.member_id(), "me");
  EXPECT_TRUE(member.must_join());
  EXPECT_EQ(member.on_join(joined(3, "other")), Verdict::ok);
  EXPECT_FALSE(member.leads());
  EXPECT_EQ(member.state(), State::joined);
  EXPECT_EQ(member.owned_generation(), -1) << "nothing is assigned yet";
  EXPECT_EQ(member.on_sync(synced()), Verdict::ok);
  EXPECT_EQ(member.state(), State::stable);
  EXPECT_EQ(member.owned_generation(), 3);
  EXPECT_FALSE(member.must_join());
}

TEST(Membership, KeepsItsIdThroughARebalance) {
  Membership member = stable();
  EXPECT_EQ(member.on_answer(GroupCall::heartbeat, ErrorCode::rebalance_in_progress), Verdict::rejoin);
  EXPECT_TRUE(member.must_join());
  EXPECT_EQ(member.state(), State::stable) << "until it has joined it may still commit";
  EXPECT_EQ(member.member_id(), "me");
  EXPECT_EQ(member.on_join(joined(2)), Verdict::ok);
  EXPECT_EQ(member.owned_generation(), 1) << "what it has in hand is of the generation before";
}

TEST(Membership, ASyncThatFailsMeansAnotherJoin) {
  for (const ErrorCode error : {ErrorCode::rebalance_in_progress, ErrorCode::not_coordinator}) {
    Membership member;
    member.on_join(joined(1));
    member.on_sync(synced(error));
    EXPECT_TRUE(member.must_join()) << error;
    EXPECT_EQ(member.member_id(), "me") << error;
  }
}

TEST(Membership, IsForgottenWhenTheCoordinatorDoesNotKnowIt) {
  Membership member = stable();
  EXPECT_EQ(member.on_answer(GroupCall::commit, ErrorCode::unknown_member_id), Verdict::start_over);
  EXPECT_EQ(member.member_id(), "");
  EXPECT_EQ(member.generation(), -1);
  EXPECT_EQ(member.state(), State::unjoined);
}

}  // namespace
}  // namespace meerkat::client
