// Offsets by time, as the leaders know them.
#pragma once

#include <map>
#include <vector>

#include "base/topic_partition.h"
#include "client/cluster.h"
#include "wire/messages/02_list_offsets.h"

namespace meerkat::client {

/// Special positions, as ListOffsets has them.
inline constexpr int64_t kLatest = -1;
inline constexpr int64_t kEarliest = -2;
inline constexpr int64_t kMaxTimestamp = -3;

/// The offsets of many partitions at a timestamp (wall ms) or a special position, asked of their leaders. Blocks.
/// A partition without such an offset has none in the answer.
wire::Outcome<std::map<TopicPartition, int64_t>> list_offsets(Cluster& cluster,
                                                              const std::vector<TopicPartition>& partitions,
                                                              int64_t timestamp, bool read_committed = false);

}  // namespace meerkat::client
