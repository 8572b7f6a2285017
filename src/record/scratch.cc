#include "record/scratch.h"

#include <utility>

namespace meerkat::record {

namespace {

constexpr size_t kKeptBuffers = 4;
constexpr size_t kKeptCapacity = size_t{4} << 20;

std::vector<Bytes>& pool() {
  thread_local std::vector<Bytes> kept;
  return kept;
}

}  // namespace

ScratchLease::ScratchLease(ScratchLease&& other) noexcept
    : buffer_(std::move(other.buffer_)), leased_(std::exchange(other.leased_, false)) {}

ScratchLease& ScratchLease::operator=(ScratchLease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  buffer_ = std::move(other.buffer_);
  leased_ = std::exchange(other.leased_, false);
  return *this;
}

ScratchLease::~ScratchLease() { give_back(); }

Bytes& ScratchLease::buffer() {
  if (!leased_ && !pool().empty()) {
    buffer_ = std::move(pool().back());
    pool().pop_back();
  }
  leased_ = true;
  return buffer_;
}

void ScratchLease::give_back() {
  if (!leased_) return;
  leased_ = false;
  buffer_.clear();
  if (buffer_.capacity() <= kKeptCapacity && pool().size() < kKeptBuffers) pool().push_back(std::move(buffer_));
}

}  // namespace meerkat::record
