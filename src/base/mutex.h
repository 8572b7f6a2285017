// Mutexes that Clang's thread-safety analysis understands, and that check the lock ladder in debug builds.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define MEERKAT_TSA(x) __attribute__((x))
#else
#define MEERKAT_TSA(x)
#endif
#define GUARDED_BY(m) MEERKAT_TSA(guarded_by(m))
#define REQUIRES(...) MEERKAT_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) MEERKAT_TSA(locks_excluded(__VA_ARGS__))

namespace meerkat {

/// The lock ladder: a thread takes locks only in rising order. A lock of rank `leaf` is taken last of all.
enum class LockRank : int { replica_map = 1, partition = 2, log = 3, purgatory = 4, leaf = 100 };

/// A mutex of a given rank. Debug builds assert that ranks rise within a thread (equal ranks only for `leaf`).
class MEERKAT_TSA(capability("mutex")) Mutex {
 public:
  explicit Mutex(LockRank rank = LockRank::leaf) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  void lock() MEERKAT_TSA(acquire_capability());
  void unlock() MEERKAT_TSA(release_capability());

 private:
  std::mutex mutex_;
  LockRank rank_;
};

/// Holds a Mutex for a scope; works with std::condition_variable_any.
class MEERKAT_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& m) MEERKAT_TSA(acquire_capability(m)) : mutex_(m) { mutex_.lock(); }
  ~MutexLock() MEERKAT_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace meerkat
