#include "controller/presence.h"

#include <utility>

namespace meerkat::controller {

Presence::Change Presence::on_open() {
  refusals_ = 0;
  open_ = true;
  return std::exchange(vanished_, false) ? Change::back : Change::none;
}

Presence::Change Presence::on_closed(bool refused) {
  const bool was_open = std::exchange(open_, false);
  refusals_ = refused ? refusals_ + 1 : 0;
  const bool before = vanished_;
  vanished_ = vanished_ || (known_ && refusals_ >= kRefusals);
  soon_ = !vanished_ && known_ && (refused || was_open);
  return vanished_ && !before ? Change::vanished : Change::none;
}

}  // namespace meerkat::controller
