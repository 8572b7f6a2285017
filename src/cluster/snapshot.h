// The place where the current version of an immutable value is published: written rarely, read on every request.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/mutex.h"

namespace meerkat::cluster {

/// Thread-safe. A thread that loads again before anything was stored pays one atomic load and one reference count: each
/// thread remembers the version it saw last, and so keeps that one version alive until it loads again.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : value_(std::move(first)), generation_(next_generation()) {}

  /// The current version; never null if no null was stored.
  std::shared_ptr<const T> load() const {
    thread_local struct {
      uint64_t generation = 0;
      std::shared_ptr<const T> value;
    } seen;
    if (seen.generation != generation_.load(std::memory_order_acquire)) {
      MutexLock lock(mutex_);
      seen.generation = generation_.load(std::memory_order_relaxed);
      seen.value = value_;
    }
    return seen.value;
  }

  /// Publishes the next version.
  void store(std::shared_ptr<const T> next) {
    MutexLock lock(mutex_);
    value_.swap(next);
    generation_.store(next_generation(), std::memory_order_release);
  }

 private:
  // Unique in the process, so that what a thread remembers of one snapshot is never taken for another's.
  static uint64_t next_generation() {
    static std::atomic<uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ GUARDED_BY(mutex_);
  std::atomic<uint64_t> generation_;
};

}  // namespace meerkat::cluster
