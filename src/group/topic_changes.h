// What ZooKeeper says of a topic, and what a change of it means to the groups that subscribe to it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/uuid.h"

namespace meerkat::group {

/// A topic as /brokers/topics has it. Topics from before 2.8 have no id.
struct TopicState {
  std::optional<Uuid> id;
  int32_t partitions = 0;
  bool operator==(const TopicState&) const = default;
};
/// Nothing: there is no such topic.
using SeenTopic = std::optional<TopicState>;

/// Partitions that were not there when the last assignment was made: from `first` on, below `end`.
struct NewPartitions {
  int32_t first = 0;
  int32_t end = 0;
  bool operator==(const NewPartitions&) const = default;
};

struct TopicChange {
  bool rebalance = false;  // the subscribers' assignment is outdated
  std::optional<NewPartitions> added;
};

/// From one look at a topic to the next.
TopicChange compare(const SeenTopic& before, const SeenTopic& now);

/// Whether a leader's assignments (ConsumerProtocolAssignment by member, foreign bytes) give all of the new partitions
/// to somebody. An assignment that cannot be read counts as complete: it is not ours to judge.
bool covers(const std::map<std::string, Bytes>& assignments, const std::map<std::string, NewPartitions>& added);

}  // namespace meerkat::group
