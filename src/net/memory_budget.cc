#include "net/memory_budget.h"

#include <utility>

namespace meerkat::net {

void MemoryBudget::give(int64_t bytes) {
  // Sequentially consistent with wait_for_release(): one of the two sees the other.
  const int64_t left = used_.fetch_sub(bytes) - bytes;
  if (left < limit_ && has_waiters_.load()) wake(false);
}

bool MemoryBudget::try_finish(const void* reader) {
  const void* nobody = nullptr;
  return finisher_.compare_exchange_strong(nobody, reader) || nobody == reader;
}

void MemoryBudget::end_finish(const void* reader) {
  const void* expected = reader;
  if (finisher_.compare_exchange_strong(expected, nullptr) && has_waiters_.load()) wake(true);
}

void MemoryBudget::wait_for_release(bool or_turn, Task wake_up) {
  {
    MutexLock lock(mutex_);
    (or_turn ? for_turn_ : for_room_).push_back(std::move(wake_up));
    has_waiters_.store(true);
  }
  if (used_.load() < limit_) {
    wake(false);
  } else if (or_turn && finisher_.load() == nullptr) {
    wake(true);
  }
}

void MemoryBudget::wake(bool only_turn) {
  std::vector<Task> woken;
  {
    MutexLock lock(mutex_);
    woken.swap(for_turn_);
    if (!only_turn) {
      for (Task& task : for_room_) woken.push_back(std::move(task));
      for_room_.clear();
    }
    has_waiters_.store(!for_room_.empty());
  }
  for (Task& task : woken) task();
}

}  // namespace meerkat::net
