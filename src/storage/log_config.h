// The settings of one topic that its logs obey, as plain data. Filled by whoever reads the configuration; a change at
// run time is a new LogConfig given to Log::set_config.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace meerkat::storage {

/// Kafka's topic configs, same names with '_' for '.', Kafka's defaults. Durations in milliseconds, sizes in bytes.
struct LogConfig {
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
  static constexpr int8_t kProducerCodec = -1;

  bool cleanup_delete = true;          // cleanup.policy contains "delete"
  bool cleanup_compact = false;        // cleanup.policy contains "compact"
  int64_t retention_ms = 604'800'000;  // -1: for ever
  int64_t retention_bytes = -1;        // -1: no limit
  int32_t segment_bytes = 1 << 30;
  int64_t segment_ms = 604'800'000;
  int64_t segment_jitter_ms = 0;
  int32_t segment_index_bytes = 10 << 20;
  int32_t index_interval_bytes = 4096;
  int32_t min_insync_replicas = 1;
  int32_t max_message_bytes = 1'048'588;
  int8_t compression_codec =
      kProducerCodec;  // compression.type: the codec's number in batch attributes, or as produced
  int32_t compression_gzip_level = -1;
  int32_t compression_lz4_level = 9;
  int32_t compression_zstd_level = 3;
  bool unclean_leader_election_enable = false;
  bool message_timestamp_log_append = false;  // message.timestamp.type is LogAppendTime
  int64_t message_timestamp_before_max_ms = kUnlimited;
  int64_t message_timestamp_after_max_ms = kUnlimited;
  bool message_downconversion_enable = true;
  double min_cleanable_dirty_ratio = 0.5;
  int64_t delete_retention_ms = 86'400'000;
  int64_t min_compaction_lag_ms = 0;
  int64_t max_compaction_lag_ms = kUnlimited;
  int64_t file_delete_delay_ms = 60'000;
  int64_t flush_messages = kUnlimited;
  int64_t flush_ms = kUnlimited;
  bool preallocate = false;
  // Sorted "partition:broker" entries, or one "*".
  std::vector<std::string> leader_replication_throttled_replicas;
  std::vector<std::string> follower_replication_throttled_replicas;

  /// After how long a new segment is begun: what compaction must reach in max.compaction.lag.ms may not stay in the
  /// active segment (KIP-354).
  int64_t max_segment_ms() const {
    return cleanup_compact && max_compaction_lag_ms > 0 ? std::min(max_compaction_lag_ms, segment_ms) : segment_ms;
  }
};

}  // namespace meerkat::storage
