// File ranges that are not in the page cache are read by a disk thread before a loop sends them, so that a consumer
// that catches up never stalls the others on its loop.
#pragma once

#include "base/chain.h"
#include "base/task.h"
#include "event/pool.h"

namespace meerkat::net {

/// Thread-safe.
class ColdReads {
 public:
  virtual ~ColdReads() = default;
  /// Whether reading `range` would not wait for the disk. True where that cannot be told.
  virtual bool resident(const FileRange& range) const = 0;
  enum class Read { done, cold, failed };
  /// Reads all of `range` (out.size() bytes) if that needs no wait.
  virtual Read read_now(const FileRange& range, MutableBytes out) const = 0;
  /// Brings `range` into the page cache, then calls `done` (on any thread, never inline).
  virtual void prefetch(FileRange range, Task done) = 0;
};

/// Probes with reads that may not wait (RWF_NOWAIT), and prefetches by reading on a pool.
class PoolColdReads final : public ColdReads {
 public:
  explicit PoolColdReads(event::Pool& pool) : pool_(pool) {}
  bool resident(const FileRange& range) const override;
  Read read_now(const FileRange& range, MutableBytes out) const override;
  void prefetch(FileRange range, Task done) override;

 private:
  event::Pool& pool_;
};

}  // namespace meerkat::net
