#include "net/buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace meerkat::net {

namespace {

constexpr size_t kSmallFrame = 32 << 10;  // up to here from the heap
constexpr size_t kFirstRegion = 1 << 20;  // mapped at the announcement, at most
constexpr size_t kMostAtOnce = 1 << 20;   // of one frame in one read, so that others have their turn

}  // namespace

// ---- Region

Region::Region(size_t capacity) {
  void* mapped = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return;
  data_ = static_cast<uint8_t*>(mapped);
  capacity_ = capacity;
}

Region::~Region() {
  if (data_) ::munmap(data_, capacity_);
}

bool Region::grow(size_t capacity) {
#ifdef __SANITIZE_THREAD__
  // The thread sanitizer does not follow mremap(): what other threads did at the new address before would count as now.
  Region larger(capacity);
  if (larger.data_ == nullptr) return false;
  std::memcpy(larger.data_, data_, capacity_);
  *this = std::move(larger);
  return true;
#else
  void* moved = ::mremap(data_, capacity_, capacity, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) return false;
  data_ = static_cast<uint8_t*>(moved);
  capacity_ = capacity;
  return true;
#endif
}

// ---- RegionPool

Region RegionPool::acquire(size_t size) {
  const size_t capacity = std::bit_ceil(std::clamp(size, kMinRegion, kMaxRegion));
  {
    MutexLock lock(mutex_);
    Class& c = classes_[std::countr_zero(capacity / kMinRegion)];
    if (!c.free.empty()) {
      Region region = std::move(c.free.back());
      c.free.pop_back();
      c.unused = std::min(c.unused, c.free.size());
      pooled_ -= capacity;
      return region;
    }
  }
  return Region(capacity);
}

void RegionPool::recycle(Region region) {
  const size_t capacity = region.capacity();
  if (capacity < kMinRegion || capacity > kMaxRegion || !std::has_single_bit(capacity)) return;
  MutexLock lock(mutex_);
  if (pooled_ + capacity > max_pooled_) return;
  pooled_ += capacity;
  classes_[std::countr_zero(capacity / kMinRegion)].free.push_back(std::move(region));
}

void RegionPool::trim() {
  std::vector<Region> freed;  // unmapped without the lock
  MutexLock lock(mutex_);
  for (Class& c : classes_) {
    for (; c.unused > 0; --c.unused) {
      pooled_ -= c.free.front().capacity();
      freed.push_back(std::move(c.free.front()));
      c.free.erase(c.free.begin());
    }
    c.unused = c.free.size();
  }
  lock.unlock();
  freed.clear();
  lock.lock();
}

void RegionPool::trim_if_due(int64_t mono_ms) {
  int64_t due = next_trim_ms_.load(std::memory_order_relaxed);
  if (mono_ms >= due && next_trim_ms_.compare_exchange_strong(due, mono_ms + 1000)) trim();
}

size_t RegionPool::pooled_bytes() const {
  MutexLock lock(mutex_);
  return pooled_;
}

// ---- FrameBuffer

FrameBuffer::FrameBuffer(std::shared_ptr<Buffers> buffers, size_t size) : buffers_(std::move(buffers)), size_(size) {
  if (size <= kSmallFrame) {
    small_.reset(new (std::nothrow) uint8_t[size]);
    capacity_ = small_ ? size : 0;
  } else {
    region_ = buffers_->pool.acquire(std::min(size, kFirstRegion));
    capacity_ = region_.capacity();
  }
}

FrameBuffer::~FrameBuffer() {
  if (region_.data()) buffers_->pool.recycle(std::move(region_));
  if (filled_ > 0) buffers_->budget.give(static_cast<int64_t>(filled_));
}

MutableBytes FrameBuffer::space() {
  if (filled_ == capacity_ && filled_ < size_ && region_.data() &&
      region_.grow(std::min(2 * capacity_, std::bit_ceil(size_)))) {
    capacity_ = region_.capacity();
  }
  return {data() + filled_, std::min({capacity_ - filled_, size_ - filled_, kMostAtOnce})};
}

void FrameBuffer::filled_by(size_t n) {
  filled_ += n;
  buffers_->budget.take(static_cast<int64_t>(n));
}

// ---- Scratch

struct Scratch::Block {
  std::shared_ptr<Buffers> buffers;
  Region region;
  bool counted = false;  // against the budget: since it is kept only for the frames in it

  explicit Block(const std::shared_ptr<Buffers>& b) : buffers(b), region(b->pool.acquire(kBlockSize)) {}
  ~Block() {
    buffers->pool.recycle(std::move(region));
    if (counted) buffers->budget.give(kBlockSize);
  }
};

MutableBytes Scratch::space() {
  if (!block_) {
    block_ = std::make_shared<Block>(buffers_);
    used_ = 0;
  }
  Region& region = static_cast<Block*>(block_.get())->region;
  return {region.data() + used_, region.capacity() - used_};
}

void Scratch::settle(size_t n) {
  if (block_.use_count() == 1) {
    // use_count() alone does not synchronize with the thread that dropped the last frame; counting up and down does.
    std::shared_ptr<void>(block_).reset();
    used_ = 0;
    return;
  }
  used_ += n;
  auto* block = static_cast<Block*>(block_.get());
  if (block->region.capacity() - used_ >= kMinSpace) return;
  block->counted = true;
  buffers_->budget.take(kBlockSize);
  block_ = nullptr;
}

}  // namespace meerkat::net
