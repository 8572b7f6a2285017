// Replication throttles (KIP-73): replicas that are listed in a topic's config, and are not in sync, move at most so
// many bytes a second from and to this broker.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace meerkat::replica {

/// Measures a rate over a sliding window of samples against a limit. Thread-safe; costs one atomic load while there is
/// no limit.
class Throttle {
 public:
  static constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

  /// replication.quota.window.num and .size.seconds.
  Throttle(Clock& clock, int samples, int64_t sample_ms);

  /// Bytes a second.
  void set_limit(int64_t bytes_per_second) { limit_.store(bytes_per_second, std::memory_order_relaxed); }
  bool limited() const { return limit_.load(std::memory_order_relaxed) != kNoLimit; }
  void record(int64_t bytes);
  /// Whether more than the limit was recorded in the window.
  bool exceeded();

 private:
  struct Sample {
    int64_t start_ms = 0;
    int64_t bytes = 0;
  };
  void purge(int64_t now_ms) REQUIRES(mutex_);

  Clock& clock_;
  const int max_samples_;
  const int64_t sample_ms_;
  std::atomic<int64_t> limit_{kNoLimit};
  Mutex mutex_;
  std::vector<Sample> samples_ GUARDED_BY(mutex_);  // oldest first
};

/// Whether a replica is among those of leader.replication.throttled.replicas (or the follower's): "*", or sorted
/// entries "partition:broker".
bool is_throttled(const std::vector<std::string>& replicas, int32_t partition, int32_t broker);

}  // namespace meerkat::replica
