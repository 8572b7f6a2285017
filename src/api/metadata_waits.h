// Requests that wait until the cluster's metadata shows what they asked for: CreateTopics, DeleteTopics, …
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "base/task.h"
#include "cluster/metadata_image.h"
#include "event/loop.h"

namespace meerkat::api {

/// Waiting conditions, on one loop. wait() may be called from any thread.
class MetadataWaits {
 public:
  using Condition = std::function<bool(const cluster::MetadataImage&)>;

  /// Registers itself as a listener of `metadata`: make it before the first image is applied.
  MetadataWaits(event::Loop& loop, cluster::MetadataCache& metadata);

  /// Calls `then` on the loop once: as soon as `condition` holds, or after `limit`.
  void wait(Condition condition, std::chrono::milliseconds limit, Task then);

 private:
  struct Waiter {
    Condition condition;
    Task then;
    event::Timer timer;
  };
  void check();

  event::Loop& loop_;
  cluster::MetadataCache& metadata_;
  std::list<Waiter> waiters_;  // loop thread only
};

}  // namespace meerkat::api
