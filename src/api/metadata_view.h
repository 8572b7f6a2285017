// What several handlers ask of the metadata image.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/metadata_image.h"
#include "cluster/placement.h"

namespace meerkat::api {

/// The live brokers as placement wants them.
inline std::vector<cluster::BrokerRack> alive_brokers(const cluster::MetadataImage& image) {
  std::vector<cluster::BrokerRack> alive;
  for (const auto& broker : image.brokers()) alive.push_back({broker->id, broker->rack});
  return alive;
}

/// Whether the first `partitions` partitions of a topic are known and have a leader.
inline bool has_leaders(const cluster::MetadataImage& image, std::string_view topic, int32_t partitions) {
  const cluster::TopicInfo* info = image.topic(topic);
  if (info == nullptr || static_cast<int32_t>(info->partitions.size()) < partitions) return false;
  for (int32_t p = 0; p < partitions; ++p) {
    const cluster::PartitionInfo* partition = info->partition(p);
    if (partition == nullptr || partition->leader < 0) return false;
  }
  return true;
}

}  // namespace meerkat::api
