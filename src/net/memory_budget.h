// The bound on request bytes in memory, over all loops (queued.max.request.bytes).
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "base/task.h"

namespace meerkat::net {

/// Counts bytes of requests that arrive or are being answered. It never refuses: who reads asks first, so that what is
/// used stays within the limit plus one read a loop. Thread-safe.
///
/// Bytes count when they arrive, not when they are announced. Frames that have begun could thereby fill the budget
/// without any of them being complete; so one reader at a time may go on beyond the limit, see try_finish().
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit) : limit_(limit) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  void take(int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  /// Gives back, and calls those that wait_for_release() if there is room again.
  void give(int64_t bytes);

  /// No further bytes of large frames should be read.
  bool exhausted() const { return used() >= limit_; }
  /// Not even small frames: they have a reserve, so that heartbeats and fetches go on beside stalled large frames.
  bool reserve_exhausted() const { return used() >= limit_ + limit_ / 4; }
  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  int64_t limit() const { return limit_; }

  /// Makes `reader` the one that may read its unfinished frame to the end although the budget is exhausted; false
  /// while another one is.
  bool try_finish(const void* reader);
  /// Ends that right; nothing if `reader` does not have it. Calls those that wait: another one may have it now.
  void end_finish(const void* reader);
  bool finishing(const void* reader) const { return finisher_.load(std::memory_order_relaxed) == reader; }

  /// Calls `wake` once, from any thread (or at once), when there is room again; with `or_turn` also when the right of
  /// try_finish() is free.
  void wait_for_release(bool or_turn, Task wake);

 private:
  void wake(bool only_turn);

  const int64_t limit_;
  std::atomic<int64_t> used_{0};
  std::atomic<const void*> finisher_{nullptr};
  std::atomic<bool> has_waiters_{false};
  Mutex mutex_;
  std::vector<Task> for_room_ GUARDED_BY(mutex_), for_turn_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::net
