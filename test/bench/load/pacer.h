// A fixed rate, more exact than the loop's timers of milliseconds.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include "event/loop.h"
#include "net/socket.h"
#include "test/bench/load/meter.h"

namespace meerkat::bench {

/// Calls `tick` for every moment due, with that moment: at `start` and then `rate` times a second. Whatever is late is
/// made up for at once, so that the load does not wait for who is slow. Made, used and destroyed on the loop's thread;
/// `tick` returns whether to go on.
class Pacer {
 public:
  using Tick = absl::AnyInvocable<bool(Moment due)>;

  Pacer(event::Loop& loop, Moment start, double rate, Tick tick);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

 private:
  Moment due() const;
  void run();
  void arm();

  const Moment start_;
  const double rate_;
  Tick tick_;
  int64_t ticks_ = 0;
  net::Descriptor timer_;
  ::event event_;
};

}  // namespace meerkat::bench
