#include "client/assignors.h"

#include <algorithm>
#include <array>

#include "client/assignor_range.h"
#include "client/assignor_sticky.h"
#include "wire/codec.h"
#include "wire/messages/consumer_protocol.h"

namespace meerkat::client {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"range", "roundrobin", "sticky", "cooperative-sticky"};
constexpr int16_t kVersion = 3;  // of subscription and assignment

template <class Topic>
std::vector<Topic> by_topic(const std::vector<TopicPartition>& partitions) {
  std::vector<Topic> topics;
  for (const auto& p : partitions) {
    auto it = std::find_if(topics.begin(), topics.end(), [&](const Topic& t) { return t.topic == p.topic; });
    if (it == topics.end()) it = topics.insert(topics.end(), Topic{p.topic, {}});
    it->partitions.push_back(p.partition);
  }
  return topics;
}

template <class Topic>
std::vector<TopicPartition> flatten(const std::vector<Topic>& topics) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : topics) {
    for (const int32_t p : topic.partitions) partitions.push_back({topic.topic, p});
  }
  return partitions;
}

Bytes big_endian(int32_t number) {
  Bytes bytes(sizeof number);
  store_be(bytes.data(), number);
  return bytes;
}

/// What the sticky assignor keeps as user data: its last assignment, and from its second version on the generation.
struct StickyUserData {
  std::vector<TopicPartition> partitions;
  int32_t generation = -1;
};

Bytes encode(const StickyUserData& data) {
  wire::ConsumerProtocolAssignment shape;  // begins alike: topics with partitions
  using Topic = wire::ConsumerProtocolAssignment::TopicPartition;
  shape.assigned_partitions = by_topic<Topic>(data.partitions);
  Bytes bytes = wire::encode_bytes(shape, 0);
  bytes.resize(bytes.size() - sizeof(int32_t));  // but where the user data would stand
  const Bytes generation = big_endian(data.generation);
  bytes.insert(bytes.end(), generation.begin(), generation.end());
  return bytes;
}

StickyUserData decode_sticky(ByteView bytes) {
  StickyUserData data;
  // Without user data of the shape's own behind it, the generation would be taken for the length of that: a null goes
  // in between.
  const auto topics_with_null = [&](size_t cut) {
    Bytes shape(bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(cut));
    shape.insert(shape.end(), sizeof(int32_t), 0xff);
    size_t used = 0;
    auto decoded = wire::decode<wire::ConsumerProtocolAssignment>(shape, 0, &used);
    return decoded && used == shape.size() ? std::optional(flatten(decoded->assigned_partitions)) : std::nullopt;
  };
  if (bytes.size() >= sizeof(int32_t)) {
    if (auto topics = topics_with_null(sizeof(int32_t))) {
      data.partitions = std::move(*topics);
      data.generation = load_be<int32_t>(bytes.data() + bytes.size() - sizeof(int32_t));
      return data;
    }
  }
  if (auto topics = topics_with_null(0)) data.partitions = std::move(*topics);  // the first version: no generation
  return data;
}

}  // namespace

std::string_view name(Assignor assignor) { return kNames[static_cast<size_t>(assignor)]; }

std::optional<Assignor> parse_assignor(std::string_view name) {
  const auto it = std::find(kNames.begin(), kNames.end(), name);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Assignor>(it - kNames.begin());
}

Assignments assign(Assignor assignor, const TopicRacks& topics, const Subscriptions& members) {
  switch (assignor) {
    case Assignor::range:
      return assign_range(topics, members);
    case Assignor::roundrobin:
      return assign_round_robin(topics, members);
    case Assignor::sticky:
      return assign_sticky(topics, members);
    case Assignor::cooperative_sticky:
      break;
  }
  Assignments assignments = assign_sticky(topics, members);
  hold_back_moving(members, assignments);
  return assignments;
}

Bytes encode_subscription(Assignor assignor, const Subscription& subscription) {
  wire::ConsumerProtocolSubscription message;
  message.topics = subscription.topics;
  message.generation_id = subscription.generation;
  message.rack_id = subscription.rack;
  if (assignor == Assignor::sticky || assignor == Assignor::cooperative_sticky) {
    std::vector<TopicPartition> sorted = subscription.owned;
    std::sort(sorted.begin(), sorted.end());
    message.owned_partitions = by_topic<wire::ConsumerProtocolSubscription::TopicPartition>(sorted);
    // Members that have been in a generation say which, also where nothing was theirs.
    if (subscription.generation >= 0) {
      message.user_data = assignor == Assignor::sticky ? encode({subscription.owned, subscription.generation})
                                                       : big_endian(subscription.generation);
    }
  }
  return wire::encode_versioned(message, kVersion);
}

Result<Subscription> decode_subscription(Assignor assignor, ByteView metadata) {
  auto message = wire::decode_versioned<wire::ConsumerProtocolSubscription>(metadata, true);
  if (!message) return message.failure();
  Subscription subscription;
  subscription.topics = std::move(message->topics);
  subscription.owned = flatten(message->owned_partitions);
  subscription.generation = message->generation_id;
  subscription.rack = std::move(message->rack_id);
  if (assignor == Assignor::sticky && message->user_data) {
    StickyUserData data = decode_sticky(*message->user_data);
    subscription.owned = std::move(data.partitions);
    subscription.generation = data.generation;
  } else if (assignor == Assignor::sticky) {
    subscription.owned.clear();
  }
  return subscription;
}

Bytes encode_assignment(const std::vector<TopicPartition>& partitions) {
  wire::ConsumerProtocolAssignment message;
  message.assigned_partitions = by_topic<wire::ConsumerProtocolAssignment::TopicPartition>(partitions);
  return wire::encode_versioned(message, kVersion);
}

Result<std::vector<TopicPartition>> decode_assignment(ByteView bytes) {
  if (bytes.empty()) return std::vector<TopicPartition>{};
  auto message = wire::decode_versioned<wire::ConsumerProtocolAssignment>(bytes, true);
  if (!message) return message.failure();
  return flatten(message->assigned_partitions);
}

}  // namespace meerkat::client
