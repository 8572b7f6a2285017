#include "base/mutex.h"

#include <algorithm>
#include <cassert>

namespace meerkat {

#ifndef NDEBUG
namespace {
// The locks a thread holds, in order. Needs no destructor: threads and the process still lock while they end.
constexpr int kMostHeld = 32;
thread_local LockRank held[kMostHeld];
thread_local int held_count = 0;

void about_to_lock(LockRank rank) { assert(held_count == 0 || held[held_count - 1] < rank || rank == LockRank::leaf); }
void locked(LockRank rank) {
  assert(held_count < kMostHeld);
  held[held_count++] = rank;
}
void about_to_unlock(LockRank rank) {
  for (int i = held_count; i-- > 0;) {
    if (held[i] != rank) continue;
    std::copy(held + i + 1, held + held_count, held + i);
    --held_count;
    return;
  }
}
}  // namespace
#else
namespace {
void about_to_lock(LockRank) {}
void locked(LockRank) {}
void about_to_unlock(LockRank) {}
}  // namespace
#endif

void Mutex::lock() {
  about_to_lock(rank_);
  mutex_.lock();
  locked(rank_);
}

void Mutex::unlock() {
  about_to_unlock(rank_);
  mutex_.unlock();
}

void SharedMutex::lock() {
  about_to_lock(rank_);
  mutex_.lock();
  locked(rank_);
}

void SharedMutex::unlock() {
  about_to_unlock(rank_);
  mutex_.unlock();
}

void SharedMutex::lock_shared() {
  about_to_lock(rank_);
  mutex_.lock_shared();
  locked(rank_);
}

void SharedMutex::unlock_shared() {
  about_to_unlock(rank_);
  mutex_.unlock_shared();
}

}  // namespace meerkat
