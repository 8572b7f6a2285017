// A cluster's metadata for tests: brokers, and who leads the partitions of topic "t".
#pragma once

#include <map>

#include "cluster/metadata_image.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::txn {

constexpr int32_t kDeleted = cluster::kLeaderDuringDelete;

/// Brokers 1 and 2 are alive, and others have led partitions, too.
inline void tell_leaders(cluster::MetadataCache& metadata, const std::map<int32_t, int32_t>& leaders) {
  wire::UpdateMetadataRequest request;
  request.controller_id = 1;
  for (int32_t id : {1, 2}) {
    auto& broker = request.live_brokers.emplace_back();
    broker.id = id;
    broker.endpoints = {{.port = 9092 + id, .host = "localhost", .listener = "PLAINTEXT"}};
  }
  auto& topic = request.topic_states.emplace_back();
  topic.topic_name = "t";
  for (const auto& [partition, leader] : leaders) {
    auto& state = topic.partition_states.emplace_back();
    state.partition_index = partition;
    state.leader = leader;
  }
  metadata.apply(request);
}

}  // namespace meerkat::txn
