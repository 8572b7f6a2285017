// Threads for work that may block: disk, ZooKeeper.
#pragma once

#include <memory>
#include <string>

#include "base/task.h"

namespace meerkat::event {

/// A queue of tasks worked off by a fixed number of threads; with one thread the order of posting is kept.
class Pool {
 public:
  /// Threads are named `name-0` … and started at once.
  Pool(const std::string& name, int threads);
  ~Pool();  // finishes what is queued, then joins
  void post(Task task);
  /// Finishes what is queued, then joins; later posts are dropped.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meerkat::event
