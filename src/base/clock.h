// Time comes in through here, so that tests can advance it instead of sleeping.
#pragma once

#include <atomic>
#include <cstdint>

namespace meerkat {

/// Wall time and monotonic time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970, as Kafka stamps records.
  virtual int64_t wall_ms() const = 0;
  /// Monotonic microseconds; only differences mean anything.
  virtual int64_t mono_us() const = 0;
  int64_t mono_ms() const { return mono_us() / 1000; }

  /// The machine's clock; lives for ever.
  static Clock& system();
};

/// A clock that stands still until told otherwise.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}
  int64_t wall_ms() const override { return wall_ms_ + mono_us_ / 1000; }
  int64_t mono_us() const override { return mono_us_; }
  void advance_ms(int64_t ms) { mono_us_ += ms * 1000; }

 private:
  std::atomic<int64_t> wall_ms_;
  std::atomic<int64_t> mono_us_{0};
};

}  // namespace meerkat
