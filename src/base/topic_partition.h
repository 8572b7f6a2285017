// The name of a partition: a topic and a number.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace meerkat {

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;

  /// As Kafka prints it and names its directory: `topic-0`.
  std::string to_string() const { return topic + "-" + std::to_string(partition); }
  auto operator<=>(const TopicPartition&) const = default;

  template <class H>
  friend H AbslHashValue(H h, const TopicPartition& tp) {
    return H::combine(std::move(h), tp.topic, tp.partition);
  }
};

}  // namespace meerkat
