#include "base/mutex.h"

#include <cassert>
#include <vector>

namespace meerkat {

#ifndef NDEBUG
namespace {
thread_local std::vector<LockRank> held;

void about_to_lock(LockRank rank) { assert(held.empty() || held.back() < rank || rank == LockRank::leaf); }
void locked(LockRank rank) { held.push_back(rank); }
void about_to_unlock(LockRank rank) {
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    if (*it == rank) {
      held.erase(std::next(it).base());
      return;
    }
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
