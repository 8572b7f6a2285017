#include "test/bench/load/pacer.h"

#include <glog/logging.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <utility>

namespace meerkat::bench {

Pacer::Pacer(event::Loop& loop, Moment start, double rate, Tick tick)
    : start_(start), rate_(rate), tick_(std::move(tick)), timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)) {
  PCHECK(timer_.open()) << "timerfd";
  event_assign(
      &event_, loop.base(), timer_.get(), EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<Pacer*>(self)->run(); }, this);
  event_add(&event_, nullptr);
  arm();
}

Pacer::~Pacer() { event_del(&event_); }

Moment Pacer::due() const {
  return start_ + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(ticks_) / rate_));
}

void Pacer::run() {
  uint64_t expirations;
  [[maybe_unused]] ssize_t n = ::read(timer_.get(), &expirations, sizeof expirations);
  for (Moment at = due(); at <= Clock::now(); at = due()) {
    ++ticks_;
    if (!tick_(at)) {
      event_del(&event_);
      return;
    }
  }
  arm();
}

// The steady clock is CLOCK_MONOTONIC. A moment in the past fires at once; 0 would disarm.
void Pacer::arm() {
  const int64_t ns = std::chrono::duration_cast<std::chrono::nanoseconds>(due().time_since_epoch()).count();
  constexpr int64_t kSecond = 1'000'000'000;
  itimerspec spec{};
  spec.it_value = {ns / kSecond, ns % kSecond};
  PCHECK(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) == 0) << "timerfd_settime";
}

}  // namespace meerkat::bench
