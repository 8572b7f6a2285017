// A standing-by candidate's eye on the controller: a connection to its broker that is kept open, so that the death of
// its process is noticed long before its session, and with it /controller, is gone.
#pragma once

#include <functional>
#include <memory>

#include "event/loop.h"
#include "net/outbound.h"

namespace meerkat::controller {

/// Called from one thread; the connection lives on `loop`.
class Vigil {
 public:
  /// `on_vanished(broker)` is called on `loop` when the connection to the watched broker has broken and new ones are
  /// refused; once for each watch(). Never for a broker that there was no connection to: it may only be out of reach.
  Vigil(event::Loop& loop, std::function<void(int32_t broker)> on_vanished);
  ~Vigil();

  /// Watches this broker instead of the one so far; goes on if it is the same one at the same place.
  void watch(int32_t broker, const std::string& host, int port);
  void stop();

 private:
  class Watched;
  struct State;

  event::Loop& loop_;
  const std::shared_ptr<State> state_;
};

}  // namespace meerkat::controller
