#include "base/mutex.h"

#include <cassert>
#include <vector>

namespace meerkat {

#ifndef NDEBUG
namespace {
thread_local std::vector<LockRank> held;
}
#endif

void Mutex::lock() {
#ifndef NDEBUG
  assert(held.empty() || held.back() < rank_ || rank_ == LockRank::leaf);
#endif
  mutex_.lock();
#ifndef NDEBUG
  held.push_back(rank_);
#endif
}

void Mutex::unlock() {
#ifndef NDEBUG
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    if (*it == rank_) {
      held.erase(std::next(it).base());
      break;
    }
  }
#endif
  mutex_.unlock();
}

}  // namespace meerkat
