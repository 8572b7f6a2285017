// How far a leader's high watermark may go. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "replica/isr.h"
#include "replica/remote_replica.h"

namespace meerkat::replica {

/// What the rule looks at.
struct HighWatermarkInput {
  int64_t leader_end = 0;
  std::span<const RemoteReplica> remotes;
  const Isr* isr = nullptr;
  /// min.insync.replicas, not above the number of replicas.
  int32_t min_isr = 1;
  int64_t now_ms = 0;
  int64_t max_lag_ms = 0;
  /// Whether a replica outside the ISR could be taken in (its broker is alive).
  const std::function<bool(int32_t)>* eligible = nullptr;
};

/// The smallest log end offset of the leader, the maximal ISR, and those replicas about to join it: waiting for them
/// lets them catch up with a high watermark that would else run ahead of them. -1 (do not move) while the committed ISR
/// is smaller than min.insync.replicas, since nothing may count as committed then (KIP-966).
int64_t high_watermark_candidate(const HighWatermarkInput& in);

}  // namespace meerkat::replica
