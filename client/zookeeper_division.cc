#include "client/zookeeper_division.h"

#include <algorithm>

namespace meerkat::client {
namespace {

using Division = std::map<TopicPartition, std::string>;

std::vector<std::string> streams_of(const OldMembers& members, const std::string& topic) {
  std::vector<std::string> streams;
  for (const auto& [member, topics] : members) {
    auto it = topics.find(topic);
    for (int32_t i = 0; it != topics.end() && i < it->second; ++i) streams.push_back(member + "-" + std::to_string(i));
  }
  // As text, as 0.8 sorts them: "-10" before "-2".
  std::sort(streams.begin(), streams.end());
  return streams;
}

Division by_range(const TopicPartitions& topics, const OldMembers& members) {
  Division division;
  for (const auto& [topic, partitions] : topics) {
    const auto streams = streams_of(members, topic);
    if (streams.empty()) continue;
    const size_t each = partitions.size() / streams.size(), more = partitions.size() % streams.size();
    size_t next = 0;
    for (size_t s = 0; s < streams.size(); ++s) {
      for (size_t i = 0; i < each + (s < more ? 1 : 0); ++i) division[{topic, partitions[next++]}] = streams[s];
    }
  }
  return division;
}

/// Java's String.hashCode() of the name that 0.8 gives a partition: "[topic,0]".
int32_t java_hash(const TopicPartition& partition) {
  const std::string name = "[" + partition.topic + "," + std::to_string(partition.partition) + "]";
  uint32_t hash = 0;
  for (const char c : name) hash = 31 * hash + static_cast<unsigned char>(c);
  return static_cast<int32_t>(hash);
}

Result<Division> by_turns(const TopicPartitions& topics, const OldMembers& members) {
  const auto& first = members.begin()->second;
  for (const auto& [member, theirs] : members) {
    if (theirs != first) {
      return fail("round-robin wants all members of a group to read the same topics with as many streams, but " +
                  member + " does not as " + members.begin()->first + ": use range");
    }
  }
  if (first.empty()) return Division{};
  const auto streams = streams_of(members, first.begin()->first);
  std::vector<TopicPartition> all;
  for (const auto& [topic, partitions] : topics) {
    if (!first.contains(topic)) continue;
    for (const int32_t p : partitions) all.push_back({topic, p});
  }
  // The hash spreads a topic's partitions over the members.
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return java_hash(a) < java_hash(b); });
  Division division;
  for (size_t i = 0; i < all.size() && !streams.empty(); ++i) division[all[i]] = streams[i % streams.size()];
  return division;
}

}  // namespace

Result<Division> divide_by_streams(OldAssignor assignor, TopicPartitions topics, const OldMembers& members) {
  if (members.empty()) return Division{};
  for (auto& [topic, partitions] : topics) std::sort(partitions.begin(), partitions.end());
  if (assignor == OldAssignor::roundrobin) return by_turns(topics, members);
  return by_range(topics, members);
}

std::string member_of(const std::string& stream) { return stream.substr(0, stream.rfind('-')); }

}  // namespace meerkat::client
