// The effective configs of one topic as plain data.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/entries.h"
#include "config/values.h"

namespace meerkat::config {

/// Times are milliseconds, sizes bytes; -1 means without limit for retention.
struct TopicConfig {
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  int64_t retention_ms = 604'800'000;
  int64_t retention_bytes = -1;
  int32_t segment_bytes = 1'073'741'824;
  int64_t segment_ms = 604'800'000;
  int64_t segment_jitter_ms = 0;
  int32_t segment_index_bytes = 10'485'760;
  int32_t index_interval_bytes = 4096;
  int64_t flush_messages = std::numeric_limits<int64_t>::max();
  int64_t flush_ms = std::numeric_limits<int64_t>::max();
  int64_t file_delete_delay_ms = 60'000;
  bool preallocate = false;
  int32_t max_message_bytes = 1'048'588;
  int32_t min_insync_replicas = 1;
  std::string compression_type = "producer";  // producer: as received
  int32_t compression_gzip_level = -1;
  int32_t compression_lz4_level = 9;
  int32_t compression_zstd_level = 3;
  bool log_append_time = false;  // message.timestamp.type
  int64_t message_timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
  int64_t message_timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
  bool message_downconversion_enable = true;
  double min_cleanable_dirty_ratio = 0.5;
  int64_t min_compaction_lag_ms = 0;
  int64_t max_compaction_lag_ms = std::numeric_limits<int64_t>::max();
  int64_t delete_retention_ms = 86'400'000;
  bool unclean_leader_election_enable = false;
  std::vector<std::string> leader_replication_throttled_replicas;  // "partition:broker", or one "*"
  std::vector<std::string> follower_replication_throttled_replicas;
};

/// Topic overrides over the broker's own values (dynamic, static, synonyms, default). An override that does not parse
/// is an error that names it.
Result<TopicConfig> resolve_topic_config(const Config& broker, const Entries& overrides);

/// DescribeConfigs of a topic: every topic config in the order of the table.
std::vector<DescribedConfig> describe_topic(const Config& broker, const Entries& overrides);

}  // namespace meerkat::config
