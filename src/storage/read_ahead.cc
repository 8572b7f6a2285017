#include "storage/read_ahead.h"

#include <algorithm>
#include <cstring>

namespace meerkat::storage {

ReadAhead::ReadAhead(const File& file, int64_t from, int64_t to)
    : file_(file), thread_([this, from, to] { run(from, to); }) {}

ReadAhead::~ReadAhead() {
  {
    MutexLock lock(mutex_);
    unwanted_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::run(int64_t from, int64_t to) {
  for (int64_t at = from;;) {
    Slot* slot = nullptr;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [&] { return unwanted_ || read_ - released_ < kDepth; });
      if (unwanted_) return;
      slot = &slots_[read_ % kDepth];
    }
    slot->bytes.resize(kHeadroom + kChunk);
    const auto wanted = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(kChunk), to - at));
    auto got = file_.pread(MutableBytes(slot->bytes).subspan(kHeadroom, wanted), at);
    {
      MutexLock lock(mutex_);
      if (got && *got > 0) {
        slot->filled = *got;
        at += static_cast<int64_t>(*got);
        ++read_;
      }
      if (!got) error_ = got.error();
      ended_ = !got || *got == 0 || at >= to;
      changed_.notify_all();
      if (ended_) return;
    }
  }
}

Result<ByteView> ReadAhead::next(ByteView rest) {
  Slot* slot = nullptr;
  {
    MutexLock lock(mutex_);
    changed_.wait(lock, [&] { return read_ > given_ || ended_; });
    if (read_ == given_) {
      if (error_) return Fail<Error>(*error_);
      return rest;
    }
    slot = &slots_[given_ % kDepth];
  }
  ByteView out;
  if (rest.size() <= kHeadroom) {
    uint8_t* begin = slot->bytes.data() + kHeadroom - rest.size();
    if (!rest.empty()) std::memcpy(begin, rest.data(), rest.size());
    out = ByteView(begin, rest.size() + slot->filled);
  } else {
    const bool joined_before = rest.data() + rest.size() == joined_.data() + joined_.size();
    if (joined_before) {
      joined_.erase(joined_.begin(), joined_.end() - static_cast<ptrdiff_t>(rest.size()));
    } else {
      joined_.assign(rest.begin(), rest.end());
    }
    const auto chunk = slot->bytes.begin() + static_cast<ptrdiff_t>(kHeadroom);
    joined_.insert(joined_.end(), chunk, chunk + static_cast<ptrdiff_t>(slot->filled));
    out = joined_;
  }
  {
    MutexLock lock(mutex_);
    released_ = given_++;
  }
  changed_.notify_all();
  return out;
}

}  // namespace meerkat::storage
