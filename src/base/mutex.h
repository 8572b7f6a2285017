// Mutexes that Clang's thread-safety analysis understands, and that check the lock ladder in debug builds.
#pragma once

#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include "absl/base/thread_annotations.h"  // GUARDED_BY

#if defined(__clang__)
#define MEERKAT_TSA(x) __attribute__((x))
#else
#define MEERKAT_TSA(x)
#endif
#define REQUIRES(...) MEERKAT_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) MEERKAT_TSA(locks_excluded(__VA_ARGS__))

namespace meerkat {

/// The lock ladder: a thread takes locks only in rising order. A lock of rank `leaf` is taken last of all.
enum class LockRank : int {
  replica_map = 10,
  partition = 20,
  remote_replicas = 25,
  log = 30,
  purgatory = 40,
  leaf = 100
};

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

/// A readers-writer mutex of a given rank, in the same ladder: many may share it, one may own it.
class MEERKAT_TSA(capability("mutex")) SharedMutex {
 public:
  explicit SharedMutex(LockRank rank = LockRank::leaf) : rank_(rank) {}
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  void lock() MEERKAT_TSA(acquire_capability());
  void unlock() MEERKAT_TSA(release_capability());
  void lock_shared() MEERKAT_TSA(acquire_shared_capability());
  void unlock_shared() MEERKAT_TSA(release_shared_capability());

 private:
  std::shared_mutex mutex_;
  LockRank rank_;
};

/// Owns a SharedMutex for a scope.
class MEERKAT_TSA(scoped_lockable) WriteLock {
 public:
  explicit WriteLock(SharedMutex& m) MEERKAT_TSA(acquire_capability(m)) : mutex_(m) { mutex_.lock(); }
  ~WriteLock() MEERKAT_TSA(release_capability()) { mutex_.unlock(); }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  SharedMutex& mutex_;
};

/// Shares a SharedMutex for a scope. Not taken twice by one thread: a waiting writer would block the second.
class MEERKAT_TSA(scoped_lockable) ReadLock {
 public:
  explicit ReadLock(SharedMutex& m) MEERKAT_TSA(acquire_shared_capability(m)) : mutex_(m) { mutex_.lock_shared(); }
  ~ReadLock() MEERKAT_TSA(release_capability()) { mutex_.unlock_shared(); }
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace meerkat
