#include "group/topic_changes.h"

#include <set>

#include "wire/codec.h"
#include "wire/messages/consumer_protocol.h"

namespace meerkat::group {

TopicChange compare(const SeenTopic& before, const SeenTopic& now) {
  if (before == now) return {};
  if (!now) return {.rebalance = true, .added = {}};
  // Another id: the topic was deleted and made again, and none of its partitions is the one of before.
  const bool same_topic = before && before->id == now->id;
  const NewPartitions added{same_topic ? before->partitions : 0, now->partitions};
  if (added.first >= added.end) return {.rebalance = true, .added = {}};
  return {.rebalance = true, .added = added};
}

bool covers(const std::map<std::string, Bytes>& assignments, const std::map<std::string, NewPartitions>& added) {
  std::map<std::string, std::set<int32_t>> given;
  for (const auto& [member, bytes] : assignments) {
    if (bytes.empty()) continue;
    auto assignment = wire::decode_versioned<wire::ConsumerProtocolAssignment>(bytes, true);
    if (!assignment) return true;
    for (const auto& topic : assignment->assigned_partitions) {
      auto wanted = added.find(topic.topic);
      if (wanted == added.end()) continue;
      for (const int32_t p : topic.partitions) {
        if (p >= wanted->second.first && p < wanted->second.end) given[topic.topic].insert(p);
      }
    }
  }
  for (const auto& [topic, range] : added) {
    if (given[topic].size() < static_cast<size_t>(range.end - range.first)) return false;
  }
  return true;
}

}  // namespace meerkat::group
