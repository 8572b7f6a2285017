#include "replica/remote_replica.h"

#include <algorithm>

namespace meerkat::replica {

void RemoteReplica::fetched(int64_t offset, int64_t start_offset, int64_t now_ms, int64_t leader_end, int64_t epoch) {
  if (offset >= leader_end) {
    last_caught_up_ms = std::max(last_caught_up_ms, now_ms);
  } else if (offset >= last_fetch_leader_end) {
    // It has by now all that there was at its previous fetch: a steady stream of appends does not make it lag.
    last_caught_up_ms = std::max(last_caught_up_ms, last_fetch_ms);
  }
  log_end_offset = offset;
  log_start_offset = start_offset;
  broker_epoch = epoch;
  last_fetch_ms = now_ms;
  last_fetch_leader_end = leader_end;
}

void RemoteReplica::begin_epoch(int64_t now_ms, int64_t leader_end, bool newly_leader, bool in_sync) {
  last_caught_up_ms = in_sync ? now_ms : kNever;
  if (newly_leader) {
    log_end_offset = -1;
    log_start_offset = -1;
    last_fetch_leader_end = -1;
    last_fetch_ms = kNever;
  } else {
    last_fetch_leader_end = leader_end;
    last_fetch_ms = in_sync ? now_ms : kNever;
  }
}

bool RemoteReplica::caught_up(int64_t leader_end, int64_t now_ms, int64_t max_lag_ms) const {
  return log_end_offset == leader_end || now_ms - last_caught_up_ms <= max_lag_ms;
}

}  // namespace meerkat::replica
