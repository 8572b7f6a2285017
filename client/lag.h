// How far a group is behind, in records and in time. Pure, but for lags(), which asks.
#pragma once

#include <map>
#include <optional>

#include "client/coordinator_client.h"

namespace meerkat::client {

/// What is left to read of a partition. Unknown where there is no committed offset, or no leader to ask.
struct Lag {
  std::optional<int64_t> committed;
  std::optional<int64_t> end;  // the high watermark
  std::optional<int64_t> records;
  /// The age of the oldest record that is not read yet; 0 if all are.
  std::optional<double> seconds;
};

/// `oldest_unread_ms`: the timestamp of the first record at or behind the committed offset, if that is known.
Lag lag_of(std::optional<int64_t> committed, std::optional<int64_t> end, std::optional<int64_t> oldest_unread_ms,
           int64_t now_ms);

/// The lag of each partition, whether it has a committed offset or not. Blocks.
wire::Outcome<std::map<TopicPartition, Lag>> lags(Cluster& cluster, const Offsets& committed,
                                                  const std::set<TopicPartition>& partitions, int64_t now_ms);

}  // namespace meerkat::client
