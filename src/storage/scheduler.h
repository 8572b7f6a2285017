// Where storage puts work that may block on the disk or has to wait: unlinking, fsync on roll, timers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/task.h"

namespace meerkat::storage {

/// Runs tasks on disk threads, now or later. Thread-safe. Tests bring one that they turn by hand.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Runs `task` once, at the earliest after `delay_ms`; tasks of equal due time start in the order of the calls.
  virtual void after(int64_t delay_ms, Task task) = 0;
  void soon(Task task) { after(0, std::move(task)); }
};

/// Threads `name-0`… that work off a queue ordered by due time (monotonic).
class ThreadScheduler : public Scheduler {
 public:
  ThreadScheduler(const std::string& name, int threads);
  ~ThreadScheduler() override;  // stop()
  void after(int64_t delay_ms, Task task) override;
  /// Finishes what is running, drops what waits, joins. Later calls of after() drop their task.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meerkat::storage
