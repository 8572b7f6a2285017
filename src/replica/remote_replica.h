// What a leader knows of a follower, from its fetches. Pure.
#pragma once

#include <cstdint>

namespace meerkat::replica {

/// All offsets -1 and times kNever until the follower has fetched from this leader. Times are monotonic milliseconds.
struct RemoteReplica {
  /// Longer ago than any lag time.
  static constexpr int64_t kNever = INT64_MIN / 2;

  int32_t id = -1;
  int64_t log_end_offset = -1;
  int64_t log_start_offset = -1;
  /// The broker epoch that the follower named (Fetch v15), -1 if none.
  int64_t broker_epoch = -1;
  /// The last time at which it had everything the leader had then.
  int64_t last_caught_up_ms = kNever;
  /// When it fetched last, and the leader's log end offset at that time.
  int64_t last_fetch_ms = kNever;
  int64_t last_fetch_leader_end = -1;

  /// A fetch from `offset` at `now_ms`, when the leader's log ended at `leader_end`.
  void fetched(int64_t offset, int64_t start_offset, int64_t now_ms, int64_t leader_end, int64_t epoch);
  /// This broker leads a new epoch that begins at `leader_end`. Members of the ISR are given the benefit of the doubt
  /// for one lag time; `newly_leader`: what was known from an earlier leadership is forgotten.
  void begin_epoch(int64_t now_ms, int64_t leader_end, bool newly_leader, bool in_sync);
  /// Whether it has all that the leader has, or had so within `max_lag_ms` (replica.lag.time.max.ms).
  bool caught_up(int64_t leader_end, int64_t now_ms, int64_t max_lag_ms) const;
};

}  // namespace meerkat::replica
