// Requests that wait: for the high watermark, for bytes to read. Each lives on one loop, is tried, expires and ends
// there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "event/loop.h"

namespace meerkat::replica {

/// What may happen to a partition, as bits.
using Progress = uint8_t;
namespace progress {
inline constexpr Progress kLogEnd = 1;         // records were appended
inline constexpr Progress kHighWatermark = 2;  // it rose, and maybe the last stable offset with it
inline constexpr Progress kLowWatermark = 4;   // the lowest log start offset of the replicas rose
inline constexpr Progress kLeadership = 8;     // role, leader epoch or ISR changed, or the partition went away
}  // namespace progress

class Purgatory;
class WaitPoint;

/// A request that cannot be answered yet. All calls on its loop.
class DelayedOperation {
 public:
  virtual ~DelayedOperation() = default;
  /// Answers if that is possible now, and says whether it did. Not called again after true.
  virtual bool try_complete() = 0;
  /// The time is up: answers with what there is.
  virtual void expire() = 0;
};

/// A reason to try an operation again: `what` happens at `where`.
struct Watch {
  std::shared_ptr<WaitPoint> where;
  Progress what = 0;
};

/// Where the waiting operations of one partition are listed. Thread-safe.
class WaitPoint {
 public:
  WaitPoint() = default;
  WaitPoint(const WaitPoint&) = delete;
  WaitPoint& operator=(const WaitPoint&) = delete;

  /// Has every operation that waits for any of `what` tried again, by one post() to each loop concerned. An operation
  /// that is poked already but was not tried since is not posted again. One atomic operation when nobody waits. Call it
  /// after the progress is visible, with no lock of rank purgatory or above held.
  void poke(Progress what);

 private:
  friend class Purgatory;
  struct Waiter;
  /// One waiter's place in one list.
  struct Node {
    Waiter* waiter = nullptr;
    std::shared_ptr<WaitPoint> where;
    Progress what = 0;
    Node* previous = nullptr;
    Node* next = nullptr;
  };

  void add(Node& node);
  void remove(Node& node);

  // Incremented before an operation's last try, read-modify-written by poke(): one of the two sees the other.
  std::atomic<uint32_t> waiting_{0};
  Mutex mutex_{LockRank::purgatory};
  Node* first_ GUARDED_BY(mutex_) = nullptr;
};

/// The delayed operations of one loop. All calls on the loop, but for size().
class Purgatory {
 public:
  explicit Purgatory(event::Loop& loop);
  /// Drops what still waits, unanswered; on the loop, or after it stopped.
  ~Purgatory();

  /// Takes over an operation that could not be completed: watches, tries once more, and then waits for a poke or for
  /// `limit` to pass. `operation` is destroyed after it answered.
  void wait(std::unique_ptr<DelayedOperation> operation, std::span<const Watch> watches,
            std::chrono::milliseconds limit);
  /// Expires everything now (shutdown).
  void expire_all();
  /// How many operations wait. Any thread.
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  event::Loop& loop() { return loop_; }

 private:
  friend class WaitPoint;
  using Waiter = WaitPoint::Waiter;

  void retry(Waiter& waiter);
  std::shared_ptr<Waiter> take_off(Waiter& waiter);

  event::Loop& loop_;
  absl::flat_hash_map<Waiter*, std::shared_ptr<Waiter>> waiters_;
  std::atomic<size_t> size_{0};
};

/// One purgatory for each loop, made when it is needed first.
class Purgatories {
 public:
  /// Any thread.
  Purgatory& of(event::Loop& loop);
  /// Waiting operations of all loops together.
  size_t size() const;
  /// Expires everything on every loop. Any thread; returns at once.
  void expire_all();

 private:
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Purgatory>> all_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::replica
