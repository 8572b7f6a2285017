// What is dirty in a compacted log, and which segments become one: decisions only, no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/log_config.h"

namespace meerkat::storage {

/// What a decision needs to know of a segment. Times are wall milliseconds, sizes bytes.
struct CleanableSegment {
  int64_t base_offset = 0;
  int64_t size = 0;
  int64_t index_size = 0;
  int64_t time_index_size = 0;
  int64_t largest_timestamp = -1;  // filled if min.compaction.lag.ms is set
  int64_t first_timestamp = -1;    // of the first batch; filled if max.compaction.lag.ms is set
};

struct CleanableLog {
  std::vector<CleanableSegment> segments;  // by base offset; the last one is active
  int64_t log_start_offset = 0;
  int64_t log_end_offset = 0;
  int64_t last_stable_offset = 0;
};

/// The part of a log that a cleaning would look at.
struct CleaningPlan {
  int64_t first_dirty_offset = 0;
  int64_t first_uncleanable_offset = 0;  // the active segment, open transactions, and what is too young
  /// The checkpoint did not fit the log; first_dirty_offset is to be written in its place.
  bool checkpoint_reset = false;
  /// Something dirty is older than max.compaction.lag.ms (KIP-354).
  bool overdue = false;
  int64_t clean_bytes = 0;
  int64_t cleanable_bytes = 0;

  double dirty_ratio() const {
    int64_t total = clean_bytes + cleanable_bytes;
    return total == 0 ? 0 : static_cast<double>(cleanable_bytes) / static_cast<double>(total);
  }
  /// Whether the log's settings ask for a cleaning now.
  bool wanted(const LogConfig& config) const {
    return cleanable_bytes > 0 && (overdue || dirty_ratio() > config.min_cleanable_dirty_ratio);
  }
};

/// `checkpoint`: where the last cleaning ended, if there was one.
CleaningPlan plan_cleaning(const CleanableLog& log, std::optional<int64_t> checkpoint, const LogConfig& config,
                           int64_t now_ms);

/// The first segments of each group that is rewritten into one segment, and the number of all as the end: runs whose
/// sizes before cleaning fit segment.bytes and segment.index.bytes, and whose offsets fit one segment.
std::vector<size_t> group_segments(std::span<const CleanableSegment> segments, const LogConfig& config,
                                   int64_t first_uncleanable_offset);

}  // namespace meerkat::storage
