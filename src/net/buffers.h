// Memory that requests are read into: large regions that are reused, and the scratch block of a loop.
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"
#include "net/handler.h"
#include "net/memory_budget.h"

namespace meerkat::net {

/// Anonymous memory straight from the kernel: costs nothing until it is touched, and grows without a copy.
class Region {
 public:
  Region() = default;
  /// Maps `capacity` bytes; data() is null if the kernel refuses.
  explicit Region(size_t capacity);
  Region(Region&& other) noexcept { swap(other); }
  Region& operator=(Region&& other) noexcept {
    Region(std::move(other)).swap(*this);
    return *this;
  }
  ~Region();
  uint8_t* data() const { return data_; }
  size_t capacity() const { return capacity_; }
  /// False, and unchanged, if the kernel refuses.
  bool grow(size_t capacity);

 private:
  void swap(Region& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
  }
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0;
};

/// Keeps regions that were used, so that large frames do not pay page faults each time. Bounded; what is not needed for
/// a while goes back to the kernel. Thread-safe.
class RegionPool {
 public:
  static constexpr size_t kMinRegion = 64 << 10, kMaxRegion = 16 << 20;
  explicit RegionPool(size_t max_pooled = 32 << 20) : max_pooled_(max_pooled) {}

  /// A region of at least `size` bytes: a power of two from kMinRegion to kMaxRegion, kMaxRegion if `size` is larger.
  Region acquire(size_t size);
  void recycle(Region region);
  /// Frees what nobody needed since the last call; to be called about once a second.
  void trim();
  /// The same if it was a second or more ago, for where there is no timer.
  void trim_if_due(int64_t mono_ms);
  size_t pooled_bytes() const;

 private:
  static constexpr int kClasses = 9;
  struct Class {
    std::vector<Region> free;
    size_t unused = 0;  // the least number of free regions since the last trim()
  };
  mutable Mutex mutex_;
  std::array<Class, kClasses> classes_ GUARDED_BY(mutex_);
  size_t pooled_ GUARDED_BY(mutex_) = 0;
  std::atomic<int64_t> next_trim_ms_{0};
  const size_t max_pooled_;
};

/// What everything that reads frames shares; kept alive by every frame.
struct Buffers {
  explicit Buffers(int64_t budget_limit) : budget(budget_limit) {}
  MemoryBudget budget;
  RegionPool pool;
};

/// The bytes of one frame that does not lie whole in a scratch block. Grows as the bytes arrive: what is announced but
/// not sent costs nothing. What arrived counts against the budget until this is destroyed.
class FrameBuffer {
 public:
  FrameBuffer(std::shared_ptr<Buffers> buffers, size_t size);
  ~FrameBuffer();
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;

  size_t size() const { return size_; }  // as announced
  size_t filled() const { return filled_; }
  bool complete() const { return filled_ == size_; }
  /// Where the next bytes go: at least one unless complete or out of memory (then empty).
  MutableBytes space();
  /// `n` bytes were written to space().
  void filled_by(size_t n);
  MutableBytes bytes() { return {data(), filled_}; }

 private:
  uint8_t* data() { return small_ ? small_.get() : region_.data(); }
  std::shared_ptr<Buffers> buffers_;
  size_t size_;
  size_t filled_ = 0;
  size_t capacity_ = 0;
  std::unique_ptr<uint8_t[]> small_;
  Region region_;
};

/// A loop's buffer for reads. Frames that lie in it whole are handed out as they are; while nobody keeps one, the same
/// memory serves every read. One thread; the frames may go to others.
class Scratch {
 public:
  static constexpr size_t kBlockSize = 256 << 10, kMinSpace = 64 << 10;
  explicit Scratch(std::shared_ptr<Buffers> buffers) : buffers_(std::move(buffers)) {}

  /// At least kMinSpace bytes to read into; empty if there is no memory.
  MutableBytes space();
  /// Keeps what space() gave last alive.
  const std::shared_ptr<void>& owner() const { return block_; }
  /// `n` bytes of space() were read, and the frames in them delivered.
  void settle(size_t n);

 private:
  struct Block;
  std::shared_ptr<Buffers> buffers_;
  std::shared_ptr<void> block_;
  size_t used_ = 0;
};

}  // namespace meerkat::net
