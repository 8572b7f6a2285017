#include "replica/high_watermark.h"

#include <algorithm>

namespace meerkat::replica {

int64_t high_watermark_candidate(const HighWatermarkInput& in) {
  if (in.isr->committed().size() < static_cast<size_t>(in.min_isr)) return -1;
  int64_t lowest = in.leader_end;
  for (const auto& remote : in.remotes) {
    if (remote.log_end_offset >= lowest) continue;
    const bool about_to_join = remote.caught_up(in.leader_end, in.now_ms, in.max_lag_ms) && (*in.eligible)(remote.id);
    if (in.isr->in_maximal(remote.id) || about_to_join) lowest = remote.log_end_offset;
  }
  return lowest;
}

}  // namespace meerkat::replica
