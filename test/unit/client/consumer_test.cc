// The consumer as a member of a group, against a broker that says what the test wants.
#include "client/consumer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "test/fakes/scripted_broker.h"
#include "wire/messages/01_fetch.h"
#include "wire/messages/02_list_offsets.h"
#include "wire/messages/08_offset_commit.h"
#include "wire/messages/09_offset_fetch.h"
#include "wire/messages/11_join_group.h"
#include "wire/messages/12_heartbeat.h"
#include "wire/messages/13_leave_group.h"
#include "wire/messages/14_sync_group.h"

namespace meerkat::client {
namespace {

using wire::ErrorCode;
using namespace std::chrono_literals;

/// Remembers what it was told.
class Diary : public RebalanceListener {
 public:
  void on_assigned(const std::set<TopicPartition>& p) override {
    lines.push_back("assigned " + std::to_string(p.size()));
  }
  void on_revoked(const std::set<TopicPartition>& p) override {
    lines.push_back("revoked " + std::to_string(p.size()));
  }
  void on_lost(const std::set<TopicPartition>& p) override { lines.push_back("lost " + std::to_string(p.size())); }
  std::vector<std::string> lines;
};

/// A coordinator with one member, "me", which leads; partition 0 has a committed offset, 7.
class ConsumerTest : public testing::Test {
 protected:
  ConsumerTest() : cluster_(network_, {{"127.0.0.1", broker_.port()}}) {
    broker_.on<wire::JoinGroupRequest, wire::JoinGroupResponse>([this](const auto& request) {
      MutexLock lock(mutex_);
      joined_as_.push_back(request.member_id);
      wire::JoinGroupResponse response;
      response.error_code = next_join_error_.exchange(ErrorCode::none);
      if (request.member_id.empty()) response.error_code = ErrorCode::member_id_required;
      response.member_id = "me";
      response.leader = "me";
      response.protocol_type = "consumer";
      response.protocol_name = request.protocols[0].name;
      response.generation_id = ++generation_;
      response.members.push_back({"me", std::nullopt, request.protocols[0].metadata});
      return response;
    });
    broker_.on<wire::SyncGroupRequest, wire::SyncGroupResponse>([](const auto& request) {
      wire::SyncGroupResponse response;
      response.protocol_type = "consumer";
      response.protocol_name = request.protocol_name;
      response.assignment = request.assignments.at(0).assignment;
      return response;
    });
    broker_.on<wire::HeartbeatRequest, wire::HeartbeatResponse>([this](const auto&) {
      wire::HeartbeatResponse response;
      response.error_code = next_heartbeat_error_.exchange(ErrorCode::none);
      return response;
    });
    broker_.on<wire::LeaveGroupRequest, wire::LeaveGroupResponse>(
        [](const auto&) { return wire::LeaveGroupResponse(); });
    broker_.on<wire::OffsetFetchRequest, wire::OffsetFetchResponse>([](const auto& request) {
      wire::OffsetFetchResponse response;
      for (const auto& topic : *request.topics) {
        auto& out = response.topics.emplace_back();
        out.name = topic.name;
        for (const int32_t p : topic.partition_indexes) out.partitions.push_back({p, p == 0 ? 7 : -1, -1, "", {}});
      }
      return response;
    });
    broker_.on<wire::OffsetCommitRequest, wire::OffsetCommitResponse>([this](const auto& request) {
      MutexLock lock(mutex_);
      committed_.push_back(request);
      wire::OffsetCommitResponse response;
      for (const auto& topic : request.topics) {
        auto& out = response.topics.emplace_back();
        out.name = topic.name;
        for (const auto& p : topic.partitions) out.partitions.push_back({p.partition_index, commit_error_.load()});
      }
      return response;
    });
    broker_.on<wire::ListOffsetsRequest, wire::ListOffsetsResponse>([](const auto& request) {
      wire::ListOffsetsResponse response;
      for (const auto& topic : request.topics) {
        auto& out = response.topics.emplace_back();
        out.name = topic.name;
        for (const auto& p : topic.partitions) {
          auto& found = out.partitions.emplace_back();
          found.partition_index = p.partition_index;
          found.offset = p.timestamp == kEarliest ? 3 : 50;
        }
      }
      return response;
    });
    broker_.on<wire::FetchRequest, wire::FetchResponse>([](const auto& request) {
      wire::FetchResponse response;
      for (const auto& topic : request.topics) {
        auto& out = response.responses.emplace_back();
        out.topic = topic.topic;
        for (const auto& p : topic.partitions) out.partitions.emplace_back().partition_index = p.partition;
      }
      return response;
    });
    options_.group.group_id = "g";
    options_.group.assignors = {Assignor::range};
    options_.group.heartbeat_interval = 5ms;
    options_.enable_auto_commit = false;
    options_.fetch_max_wait = 0ms;
  }

  void poll_until(Consumer& consumer, const std::function<bool()>& done) {
    for (int turn = 0; turn < 3000 && !done(); ++turn) ASSERT_TRUE(consumer.poll(10ms));
    EXPECT_TRUE(done());
  }
  std::vector<std::string> joined_as() {
    MutexLock lock(mutex_);
    return joined_as_;
  }

  Mutex mutex_;
  std::vector<std::string> joined_as_ GUARDED_BY(mutex_);
  std::vector<wire::OffsetCommitRequest> committed_ GUARDED_BY(mutex_);
  std::atomic<int32_t> generation_{0};
  std::atomic<ErrorCode> next_join_error_{ErrorCode::none}, next_heartbeat_error_{ErrorCode::none},
      commit_error_{ErrorCode::none};
  fakes::ScriptedBroker broker_;
  Network network_;
  Cluster cluster_;
  ConsumerOptions options_;
  Diary diary_;
};

TEST_F(ConsumerTest, BeginsWhereTheGroupHasCommittedElseWhereResetSays) {
  options_.auto_offset_reset = ConsumerOptions::Reset::earliest;
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"}, &diary_);
  poll_until(consumer, [&] { return consumer.positions().size() == 2; });
  EXPECT_EQ(joined_as(), (std::vector<std::string>{"", "me"}));
  EXPECT_EQ(consumer.position({"t", 0}), 7);
  EXPECT_EQ(consumer.position({"t", 1}), 3);
  EXPECT_EQ(diary_.lines, std::vector<std::string>{"assigned 2"});
  ASSERT_TRUE(consumer.commit());
  MutexLock lock(mutex_);
  ASSERT_EQ(committed_.size(), 1u);
  EXPECT_EQ(committed_[0].member_id, "me");
  EXPECT_EQ(committed_[0].generation_id_or_member_epoch, generation_.load());
}

TEST_F(ConsumerTest, WithoutResetTheCallerDecides) {
  options_.auto_offset_reset = ConsumerOptions::Reset::none;
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"});
  for (;;) {
    auto records = consumer.poll(10ms);
    if (records) continue;
    EXPECT_EQ(records.error().code, ErrorCode::offset_out_of_range);
    break;
  }
}

TEST_F(ConsumerTest, GivesUpAndGetsBackInARebalance) {
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"}, &diary_);
  poll_until(consumer, [&] { return diary_.lines.size() == 1; });
  next_heartbeat_error_ = ErrorCode::rebalance_in_progress;
  poll_until(consumer, [&] { return diary_.lines.size() == 3; });
  EXPECT_EQ(diary_.lines, (std::vector<std::string>{"assigned 2", "revoked 2", "assigned 2"}));
  EXPECT_EQ(joined_as().back(), "me");
}

TEST_F(ConsumerTest, ACooperativeMemberKeepsWhatItHas) {
  options_.group.assignors = {Assignor::cooperative_sticky};
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"}, &diary_);
  poll_until(consumer, [&] { return diary_.lines.size() == 1; });
  next_heartbeat_error_ = ErrorCode::rebalance_in_progress;
  poll_until(consumer, [&] { return diary_.lines.size() == 2; });
  EXPECT_EQ(diary_.lines, (std::vector<std::string>{"assigned 2", "assigned 0"}));
}

TEST_F(ConsumerTest, OneThatWasThrownOutComesBackAsANewMember) {
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"}, &diary_);
  poll_until(consumer, [&] { return diary_.lines.size() == 1; });
  next_heartbeat_error_ = ErrorCode::unknown_member_id;
  poll_until(consumer, [&] { return diary_.lines.size() == 3; });
  EXPECT_EQ(diary_.lines, (std::vector<std::string>{"assigned 2", "lost 2", "assigned 2"}));
  EXPECT_EQ(joined_as(), (std::vector<std::string>{"", "me", "", "me"}));
}

TEST_F(ConsumerTest, ACommitThatARebalanceOvertakesDoesNotCostTheMembership) {
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"}, &diary_);
  poll_until(consumer, [&] { return consumer.positions().size() == 2; });
  // The rebalance takes a second attempt; in between a commit of the old generation is refused.
  next_join_error_ = ErrorCode::coordinator_load_in_progress;
  next_heartbeat_error_ = ErrorCode::rebalance_in_progress;
  poll_until(consumer, [&] { return joined_as().size() == 3; });
  commit_error_ = ErrorCode::illegal_generation;
  EXPECT_EQ(consumer.commit({{{"t", 0}, {9, "", -1}}}).error().code, ErrorCode::illegal_generation);
  poll_until(consumer, [&] { return diary_.lines.size() == 3; });
  EXPECT_EQ(joined_as(), (std::vector<std::string>{"", "me", "me", "me"}));
}

TEST_F(ConsumerTest, AnotherThreadWakesItUp) {
  Consumer consumer(cluster_, options_);
  consumer.subscribe({"t"});
  consumer.wakeup();
  EXPECT_TRUE(consumer.poll(1h)->empty());
  EXPECT_TRUE(consumer.woken());
  std::thread other([&] { consumer.wakeup(); });
  EXPECT_TRUE(consumer.poll(1h)->empty());
  other.join();
}

TEST_F(ConsumerTest, LeavesWhenItCloses) {
  const auto left = [&] {
    const auto calls = broker_.calls();
    return std::count(calls.begin(), calls.end(), "LeaveGroup") + std::count(calls.begin(), calls.end(), "LEAVE_GROUP");
  };
  for (const bool is_static : {false, true}) {
    if (is_static) options_.group.group_instance_id = "one";
    Consumer consumer(cluster_, options_);
    diary_.lines.clear();
    consumer.subscribe({"t"}, &diary_);
    poll_until(consumer, [&] { return diary_.lines.size() == 1; });
    EXPECT_TRUE(consumer.close());
    EXPECT_EQ(diary_.lines.back(), "revoked 2");
    EXPECT_EQ(left(), 1) << "a static member stays one";
  }
}

}  // namespace
}  // namespace meerkat::client
