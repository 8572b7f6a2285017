// Markers on their way to the leaders: batching, changes of leaders, deleted partitions, lost answers.
#include "txn/markers.h"

#include <gtest/gtest.h>

#include <future>

#include "test/unit/txn/metadata.h"

namespace meerkat::txn {
namespace {

using wire::ErrorCode;

/// Keeps requests until the test answers them.
class HeldChannel : public MarkerChannel {
 public:
  struct Sent {
    int32_t broker;
    wire::WriteTxnMarkersRequest request;
    Done done;
  };
  void send(int32_t broker, const wire::WriteTxnMarkersRequest& request, Done done) override {
    sent.push_back({broker, request, std::move(done)});
  }
  std::vector<Sent> sent;
};

class MarkersTest : public testing::Test {
 protected:
  MarkersTest() {
    settings_.retry_backoff_ms = 0;
    loop_.start();
    tell_leaders(metadata_, {{0, 1}, {1, 2}, {2, 1}});
  }
  ~MarkersTest() override {
    on_loop([&] { sender_.stop(); });
    loop_.stop();
  }
  template <class F>
  void on_loop(F f) {
    std::promise<void> done;
    loop_.post([&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Waits until so many requests have been sent in all.
  void await_sent(size_t count) {
    for (size_t now = 0; now < count;) {
      on_loop([&] { now = channel_.sent.size(); });
      std::this_thread::yield();
    }
  }
  void send(int64_t producer_id, std::vector<int32_t> partitions, bool commit = true) {
    Marker marker{.transactional_id = "id" + std::to_string(producer_id),
                  .state_partition = static_cast<int32_t>(producer_id),
                  .coordinator_epoch = 5,
                  .producer = {producer_id, 3},
                  .commit = commit};
    for (int32_t p : partitions) marker.partitions.push_back({"t", p});
    on_loop([&] { sender_.send(marker); });
  }
  /// Answers the request of that number, with one code for all partitions.
  void answer(size_t index, ErrorCode error) {
    on_loop([&] {
      wire::WriteTxnMarkersResponse response;
      for (const auto& marker : channel_.sent[index].request.markers) {
        auto& out = response.markers.emplace_back();
        out.producer_id = marker.producer_id;
        for (const auto& topic : marker.topics) {
          auto& t = out.topics.emplace_back();
          t.name = topic.name;
          for (int32_t p : topic.partition_indexes) t.partitions.push_back({p, error});
        }
      }
      channel_.sent[index].done(response);
    });
  }
  std::string outcomes() {
    std::string text;
    on_loop([&] { text = std::exchange(outcomes_, ""); });
    return text;
  }
  /// "broker: producer[partitions] …"
  std::string sent(size_t index) {
    std::string text;
    on_loop([&] {
      text = std::to_string(channel_.sent[index].broker) + ":";
      for (const auto& marker : channel_.sent[index].request.markers) {
        text += " " + std::to_string(marker.producer_id) + (marker.transaction_result ? "c" : "a");
        for (const auto& topic : marker.topics) {
          for (int32_t p : topic.partition_indexes) text += "," + std::to_string(p);
        }
      }
    });
    return text;
  }

  Settings settings_;
  event::Loop loop_{"txn"};
  cluster::MetadataCache metadata_;
  HeldChannel channel_;
  std::string outcomes_;
  bool retry_ = true;
  Result<bool> exists_ = true;  // what ZooKeeper says of partitions that the metadata does not have
  MarkerSender sender_{settings_,
                       loop_,
                       metadata_,
                       [this](const TopicPartition&, Callback<Result<bool>> done) { done(exists_); },
                       channel_,
                       [this](const Marker& marker, const TopicPartition& partition, ErrorCode error) {
                         outcomes_ += std::to_string(marker.producer.id) + "/" + std::to_string(partition.partition) +
                                      " " + std::string(wire::name(error)) + "; ";
                         return retry_ && error != ErrorCode::none;
                       }};
};

TEST_F(MarkersTest, GoToTheLeadersAndTellWhatCameOfThem) {
  send(7, {0, 1, 2});
  await_sent(2);
  EXPECT_EQ(sent(0), "1: 7c,0,2");
  EXPECT_EQ(sent(1), "2: 7c,1");
  on_loop([&] {
    const auto& marker = channel_.sent[0].request.markers[0];
    EXPECT_EQ(marker.producer_epoch, 3);
    EXPECT_EQ(marker.coordinator_epoch, 5);
  });
  answer(1, ErrorCode::none);
  EXPECT_EQ(outcomes(), "7/1 NONE; ");
  answer(0, ErrorCode::none);
  EXPECT_EQ(outcomes(), "7/0 NONE; 7/2 NONE; ");
}

TEST_F(MarkersTest, WhatComesUpMeanwhileGoesTogether) {
  send(7, {0});
  send(8, {0, 2}, false);
  send(9, {2});
  await_sent(1);
  EXPECT_EQ(sent(0), "1: 7c,0");
  answer(0, ErrorCode::none);
  await_sent(2);
  EXPECT_EQ(sent(1), "1: 8a,0,2 9c,2");
}

TEST_F(MarkersTest, FollowALeader) {
  send(7, {0});
  await_sent(1);
  tell_leaders(metadata_, {{0, 2}});
  answer(0, ErrorCode::not_leader_or_follower);
  await_sent(2);
  EXPECT_EQ(outcomes(), "7/0 NOT_LEADER_OR_FOLLOWER; ");
  EXPECT_EQ(sent(1), "2: 7c,0");
}

TEST_F(MarkersTest, WaitForALeader) {
  tell_leaders(metadata_, {{0, -1}, {1, 3}});
  send(7, {0, 1});
  EXPECT_EQ(outcomes(), "") << "nobody leads 0, and 1's leader is not alive";
  tell_leaders(metadata_, {{0, 1}, {1, 1}});
  await_sent(1);
  EXPECT_EQ(sent(0), "1: 7c,0,1");
}

TEST_F(MarkersTest, ALostRequestIsSentAgain) {
  send(7, {0, 2});
  await_sent(1);
  on_loop([&] { channel_.sent[0].done(fail("connection reset")); });
  await_sent(2);
  EXPECT_EQ(outcomes(), "7/0 NETWORK_EXCEPTION; 7/2 NETWORK_EXCEPTION; ");
  EXPECT_EQ(sent(1), "1: 7c,0,2");
}

TEST_F(MarkersTest, AnAnswerThatLeavesAPartitionOutIsNone) {
  send(7, {0});
  await_sent(1);
  on_loop([&] { channel_.sent[0].done(wire::WriteTxnMarkersResponse{}); });
  await_sent(2);
  EXPECT_EQ(sent(1), "1: 7c,0");
}

TEST_F(MarkersTest, DeletedPartitionsNeedNone) {
  tell_leaders(metadata_, {{1, kDeleted}});
  exists_ = false;
  send(7, {0, 1});
  EXPECT_EQ(outcomes(), "7/1 NONE; ");
  await_sent(1);
  tell_leaders(metadata_, {{0, kDeleted}});
  answer(0, ErrorCode::unknown_topic_or_partition);
  std::string all;
  while (all.find("7/0 NONE") == std::string::npos) all += outcomes();
}

TEST_F(MarkersTest, WaitForPartitionsThatTheMetadataDoesNotHaveYet) {
  // A broker that has just started is told of some partitions first.
  for (Result<bool> exists : {Result<bool>(true), Result<bool>(fail("no connection"))}) {
    tell_leaders(metadata_, {{0, kDeleted}});
    size_t before = 0;
    on_loop([&] {
      exists_ = exists;
      before = channel_.sent.size();
    });
    send(7, {0});
    while (!outcomes().starts_with("7/0 UNKNOWN_TOPIC_OR_PARTITION; ")) std::this_thread::yield();
    tell_leaders(metadata_, {{0, 2}});
    await_sent(before + 1);
    EXPECT_EQ(sent(before), "2: 7c,0");
    answer(before, ErrorCode::none);
    EXPECT_TRUE(outcomes().ends_with("7/0 NONE; "));
  }
}

TEST_F(MarkersTest, AreForgottenWithTheirCoordinator) {
  send(7, {0});
  send(8, {0});
  send(9, {0});
  on_loop([&] { sender_.forget(8); });
  retry_ = false;
  answer(0, ErrorCode::not_leader_or_follower);
  await_sent(2);
  EXPECT_EQ(sent(1), "1: 9c,0");
  EXPECT_EQ(outcomes(), "7/0 NOT_LEADER_OR_FOLLOWER; ");
}

}  // namespace
}  // namespace meerkat::txn
