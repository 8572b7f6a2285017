#include "cluster/metadata_image.h"

#include <gtest/gtest.h>

#include "wire/messages/06_update_metadata.h"

namespace meerkat::cluster {
namespace {

using wire::UpdateMetadataRequest;
using PartitionState = UpdateMetadataRequest::UpdateMetadataPartitionState;

Uuid id(uint8_t n) {
  Uuid u;
  u.bytes[15] = n;
  return u;
}

PartitionState state(int32_t index, int32_t leader, int32_t epoch = 0) {
  PartitionState s;
  s.partition_index = index;
  s.leader = leader;
  s.leader_epoch = epoch;
  s.isr = s.replicas = {1, 2};
  return s;
}

UpdateMetadataRequest update(std::vector<UpdateMetadataRequest::UpdateMetadataTopicState> topics,
                             std::vector<int32_t> brokers = {1, 2}) {
  UpdateMetadataRequest r;
  r.controller_id = 1;
  r.topic_states = std::move(topics);
  for (int32_t b : brokers) {
    UpdateMetadataRequest::UpdateMetadataBroker broker;
    broker.id = b;
    broker.endpoints = {{9092, "host" + std::to_string(b), "PLAINTEXT", 0}};
    broker.rack = "r" + std::to_string(b);
    r.live_brokers.push_back(broker);
  }
  return r;
}

TEST(MetadataImage, AnotherTopicOfTheSameNameTakesNothingOver) {
  const auto first = MetadataImage().apply(update({{"t", id(1), {state(0, 1), state(1, 2)}}}));
  const auto second = first->apply(update({{"t", id(2), {state(0, 2)}}}));
  EXPECT_EQ(second->partition("t", 0)->leader, 2);
  EXPECT_EQ(second->partition("t", 1), nullptr);
  EXPECT_EQ(second->topic(id(1)), nullptr);
  const auto without_id = second->apply(update({{"t", Uuid(), {state(1, 1)}}}));
  EXPECT_NE(without_id->partition("t", 0), nullptr) << "an older controller names no ids";
}

TEST(MetadataImage, KnowsNothingBeforeTheFirstUpdate) {
  MetadataImage image;
  EXPECT_EQ(image.controller_id(), -1);
  EXPECT_TRUE(image.brokers().empty());
  EXPECT_EQ(image.topic("t"), nullptr);
  EXPECT_EQ(image.topic(id(1)), nullptr);
}

TEST(MetadataImage, MergesPartitionsAndReplacesBrokers) {
  const auto first = MetadataImage().apply(update({{"t", id(1), {state(0, 1), state(1, 2)}}}));
  const auto second = first->apply(update({{"t", id(1), {state(1, 1, 5)}}}, {2}));

  EXPECT_EQ(first->partition("t", 1)->leader, 2) << "the older image stays as it was";
  EXPECT_TRUE(first->alive(1));
  EXPECT_EQ(second->partition("t", 0)->leader, 1);
  EXPECT_EQ(second->partition("t", 1)->leader, 1);
  EXPECT_EQ(second->partition("t", 1)->leader_epoch, 5);
  EXPECT_FALSE(second->alive(1));
  ASSERT_TRUE(second->alive(2));
  EXPECT_EQ(second->broker(2)->endpoint("PLAINTEXT")->host, "host2");
  EXPECT_EQ(second->broker(2)->endpoint("OTHER"), nullptr);
  EXPECT_EQ(second->broker(2)->rack, "r2");
}

TEST(MetadataImage, FindsPartitionsThatCameOutOfOrder) {
  auto image = MetadataImage().apply(update({{"t", id(1), {state(5, 1)}}}));
  image = image->apply(update({{"t", id(1), {state(2, 2)}}}));
  EXPECT_EQ(image->partition("t", 5)->leader, 1);
  EXPECT_EQ(image->partition("t", 2)->leader, 2);
  EXPECT_EQ(image->partition("t", 0), nullptr);
  EXPECT_EQ(image->partition("t", -1), nullptr);
  EXPECT_EQ(image->partition("t", 6), nullptr);
}

TEST(MetadataImage, DeletedPartitionsGoAndTheTopicWithTheLast) {
  auto image = MetadataImage().apply(update({{"t", id(1), {state(0, 1), state(1, 2)}}, {"u", id(2), {state(0, 1)}}}));
  std::vector<TopicPartition> deleted;
  image = image->apply(update({{"t", id(1), {state(1, kLeaderDuringDelete)}}}), &deleted);
  EXPECT_EQ(deleted, (std::vector<TopicPartition>{{"t", 1}}));
  EXPECT_NE(image->topic("t"), nullptr);
  image =
      image->apply(update({{"t", id(1), {state(0, kLeaderDuringDelete), state(7, kLeaderDuringDelete)}}}), &deleted);
  EXPECT_EQ(deleted, (std::vector<TopicPartition>{{"t", 1}, {"t", 0}}));
  EXPECT_EQ(image->topic("t"), nullptr);
  EXPECT_EQ(image->topic(id(1)), nullptr);
  EXPECT_EQ(image->topic_count(), 1u);
}

TEST(MetadataImage, TopicIdsAreMergedReplacedAndForgotten) {
  auto image = MetadataImage().apply(update({{"t", id(1), {state(0, 1)}}, {"u", id(2), {state(0, 1)}}}));
  ASSERT_NE(image->topic(id(1)), nullptr);
  EXPECT_EQ(image->topic(id(1))->name, "t");

  image = image->apply(update({{"t", id(9), {state(0, 1)}}}));
  EXPECT_EQ(image->topic(id(1)), nullptr) << "re-created under another id";
  EXPECT_EQ(image->topic(id(9))->name, "t");
  EXPECT_EQ(image->topic(id(2))->name, "u") << "not in the request, so kept";

  image = image->apply(update({{"t", Uuid{}, {state(0, 1)}}}));
  EXPECT_EQ(image->topic(id(9)), nullptr);
  EXPECT_TRUE(image->topic("t")->id.is_zero());
}

TEST(MetadataImage, ReadsTheFormsOfOlderVersions) {
  UpdateMetadataRequest r;
  auto s = state(0, 1);
  s.topic_name = "t";
  r.ungrouped_partition_states = {s};
  UpdateMetadataRequest::UpdateMetadataBroker v0, v1;
  v0.id = 1;
  v0.v0_host = "old";
  v0.v0_port = 1234;
  v1.id = 2;
  v1.endpoints = {{5, "ssl-host", "", 1}};
  r.live_brokers = {v1, v0};
  const auto image = MetadataImage().apply(r);
  EXPECT_EQ(image->partition("t", 0)->leader, 1);
  EXPECT_EQ(image->broker(1)->endpoint("PLAINTEXT")->port, 1234);
  EXPECT_EQ(image->broker(2)->endpoint("SSL")->host, "ssl-host");
  EXPECT_FALSE(image->broker(2)->rack.has_value());
}

TEST(MetadataImage, SharesWhatDidNotChange) {
  std::vector<UpdateMetadataRequest::UpdateMetadataTopicState> topics;
  for (int i = 0; i < 1000; ++i) {
    Uuid u;
    u.bytes[0] = static_cast<uint8_t>(i / 250 + 1);
    u.bytes[1] = static_cast<uint8_t>(i % 250);
    topics.push_back({"topic-" + std::to_string(i), u, {state(0, 1), state(1, 2)}});
  }
  const auto all = MetadataImage().apply(update(topics));
  EXPECT_EQ(all->topic_count(), 1000u);
  const auto next = all->apply(update({{"topic-7", topics[7].topic_id, {state(1, 1, 3)}}}));
  EXPECT_NE(next->shared_topic("topic-7"), all->shared_topic("topic-7"));
  EXPECT_EQ(next->topic("topic-7")->partitions[0], all->topic("topic-7")->partitions[0]);
  size_t same = 0;
  next->for_each_topic([&](const TopicInfo& t) { same += all->topic(t.name) == &t; });
  EXPECT_EQ(same, 999u);
}

TEST(MetadataCache, TellsListenersOfBothImages) {
  MetadataCache cache;
  std::vector<TopicPartition> deleted;
  int calls = 0;
  cache.add_listener([&](const MetadataImage& before, const MetadataImage& now, const auto& gone) {
    ++calls;
    deleted = gone;
    if (calls == 1) {
      EXPECT_EQ(before.topic("t"), nullptr);
      EXPECT_NE(now.topic("t"), nullptr);
    }
  });
  cache.apply(update({{"t", id(1), {state(0, 1)}}}));
  const auto held = cache.image();
  cache.apply(update({{"t", id(1), {state(0, kLeaderDuringDelete)}}}));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(deleted, (std::vector<TopicPartition>{{"t", 0}}));
  EXPECT_NE(held->topic("t"), nullptr) << "who holds an image keeps it";
  EXPECT_EQ(cache.image()->topic("t"), nullptr);
}

TEST(Snapshot, CachesAreNotMistakenForEachOther) {
  Snapshot<int> a(std::make_shared<int>(1));
  Snapshot<int> b(std::make_shared<int>(2));
  EXPECT_EQ(*a.load(), 1);
  EXPECT_EQ(*b.load(), 2);
  EXPECT_EQ(*a.load(), 1);
  a.store(std::make_shared<int>(3));
  EXPECT_EQ(*b.load(), 2);
  EXPECT_EQ(*a.load(), 3);
}

}  // namespace
}  // namespace meerkat::cluster
