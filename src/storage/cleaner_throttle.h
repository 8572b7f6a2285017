// Keeps the bytes that all cleaner threads read and write together below a rate.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "base/mutex.h"

namespace meerkat::storage {

/// Thread-safe.
class CleanerThrottle {
 public:
  explicit CleanerThrottle(Clock& clock) : clock_(clock) {}

  /// log.cleaner.io.max.bytes.per.second; infinity and the greatest double mean no limit.
  void set_rate(double bytes_per_second) {
    MutexLock lock(mutex_);
    rate_ = bytes_per_second;
  }
  /// Notes bytes that were read or written. How long to wait before the next, in milliseconds.
  int64_t spend(int64_t bytes) {
    MutexLock lock(mutex_);
    if (!(rate_ > 0) || rate_ > kMost) return 0;
    int64_t now = clock_.mono_us();
    paid_until_us_ = std::max(paid_until_us_, now - kBurstUs);
    paid_until_us_ += static_cast<int64_t>(std::min(static_cast<double>(bytes) / rate_ * 1e6, 1e15));
    return std::max<int64_t>(0, (paid_until_us_ - now) / 1000);
  }

 private:
  static constexpr double kMost = 1e15;
  static constexpr int64_t kBurstUs = 100'000;  // unused time that may be made up for

  Clock& clock_;
  Mutex mutex_;
  double rate_ GUARDED_BY(mutex_) = std::numeric_limits<double>::infinity();
  int64_t paid_until_us_ GUARDED_BY(mutex_) = 0;
};

}  // namespace meerkat::storage
