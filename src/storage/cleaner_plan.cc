#include "storage/cleaner_plan.h"

#include <algorithm>
#include <cassert>

namespace meerkat::storage {
namespace {

/// Where the segment that holds `offset` lies.
size_t floor_of(const std::vector<CleanableSegment>& segments, int64_t offset) {
  auto it =
      std::upper_bound(segments.begin(), segments.end(), offset,
                       [](int64_t value, const CleanableSegment& segment) { return value < segment.base_offset; });
  return it == segments.begin() ? 0 : static_cast<size_t>(it - segments.begin()) - 1;
}

}  // namespace

CleaningPlan plan_cleaning(const CleanableLog& log, std::optional<int64_t> checkpoint, const LogConfig& config,
                           int64_t now_ms) {
  assert(!log.segments.empty());
  auto& segments = log.segments;
  size_t active = segments.size() - 1;
  CleaningPlan plan;
  plan.first_dirty_offset = checkpoint.value_or(log.log_start_offset);
  if (plan.first_dirty_offset < log.log_start_offset || plan.first_dirty_offset > log.log_end_offset) {
    plan.first_dirty_offset = log.log_start_offset;
    plan.checkpoint_reset = true;
  }
  size_t first_dirty = floor_of(segments, plan.first_dirty_offset);

  int64_t limit = std::min(log.last_stable_offset, segments[active].base_offset);
  if (config.min_compaction_lag_ms > 0) {
    for (size_t i = first_dirty; i < active; ++i) {
      if (segments[i].largest_timestamp <= now_ms - config.min_compaction_lag_ms) continue;
      limit = std::min(limit, segments[i].base_offset);
      break;
    }
  }
  limit = std::max(plan.first_dirty_offset, limit);
  if (config.max_compaction_lag_ms != LogConfig::kUnlimited) {
    for (size_t i = first_dirty; i < active; ++i) {
      int64_t first = segments[i].first_timestamp;
      plan.overdue |= first > 0 && first < now_ms - std::max<int64_t>(config.max_compaction_lag_ms, 0);
    }
  }

  size_t end = std::min(floor_of(segments, limit), active);
  plan.first_uncleanable_offset = segments[end].base_offset;  // segments are cleaned whole
  for (size_t i = 0; i < end; ++i) {
    (i < first_dirty ? plan.clean_bytes : plan.cleanable_bytes) += segments[i].size;
  }
  return plan;
}

std::vector<size_t> group_segments(std::span<const CleanableSegment> segments, const LogConfig& config,
                                   int64_t first_uncleanable_offset) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < segments.size();) {
    starts.push_back(i);
    int64_t base = segments[i].base_offset;
    CleanableSegment sum = segments[i];
    for (++i; i < segments.size(); ++i) {
      auto& next = segments[i];
      int64_t last = (i + 1 < segments.size() ? segments[i + 1].base_offset : first_uncleanable_offset) - 1;
      bool fits = sum.size + next.size <= config.segment_bytes &&
                  sum.index_size + next.index_size <= config.segment_index_bytes &&
                  sum.time_index_size + next.time_index_size <= config.segment_index_bytes &&
                  (next.size == 0 || last - base <= INT32_MAX);
      if (!fits) break;
      sum.size += next.size;
      sum.index_size += next.index_size;
      sum.time_index_size += next.time_index_size;
    }
  }
  starts.push_back(segments.size());
  return starts;
}

}  // namespace meerkat::storage
