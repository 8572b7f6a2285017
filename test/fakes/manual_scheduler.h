// A scheduler whose time stands still until a test turns it.
#pragma once

#include <map>
#include <mutex>

#include "storage/scheduler.h"

namespace meerkat::fakes {

/// Thread-safe.
class ManualScheduler : public storage::Scheduler {
 public:
  void after(int64_t delay_ms, Task task) override {
    std::lock_guard lock(mutex_);
    queue_.emplace(now_ms_ + delay_ms, std::move(task));
  }
  /// Runs what becomes due within `ms`, in order. How many tasks ran.
  int advance(int64_t ms) {
    int ran = 0;
    std::unique_lock lock(mutex_);
    int64_t end = now_ms_ + ms;
    while (!queue_.empty() && queue_.begin()->first <= end) {
      now_ms_ = queue_.begin()->first;
      Task task = std::move(queue_.begin()->second);
      queue_.erase(queue_.begin());
      lock.unlock();
      task();
      ++ran;
      lock.lock();
    }
    now_ms_ = end;
    return ran;
  }
  int run_due() { return advance(0); }
  size_t waiting() const {
    std::lock_guard lock(mutex_);
    return queue_.size();
  }
  /// As when the process dies: what waits is gone.
  void drop_all() {
    std::lock_guard lock(mutex_);
    queue_.clear();
  }

 private:
  mutable std::mutex mutex_;
  int64_t now_ms_ = 0;
  std::multimap<int64_t, Task> queue_;
};

}  // namespace meerkat::fakes
