#include "base/clock.h"

#include <ctime>

namespace meerkat {
namespace {

int64_t now_us(clockid_t id) {
  timespec t;
  clock_gettime(id, &t);
  return int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

class SystemClock : public Clock {
 public:
  int64_t wall_ms() const override { return now_us(CLOCK_REALTIME) / 1000; }
  int64_t mono_us() const override { return now_us(CLOCK_MONOTONIC); }
};

}  // namespace

Clock& Clock::system() {
  static SystemClock clock;
  return clock;
}

}  // namespace meerkat
