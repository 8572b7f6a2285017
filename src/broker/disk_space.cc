#include "broker/disk_space.h"

#include <utility>

namespace meerkat::broker {

DiskSpace::Action DiskSpace::look(int64_t usable_bytes, int32_t controller) {
  if (usable_bytes < 0) return Action::none;
  const bool was_full = std::exchange(full_, usable_bytes < (full_ ? kEnough : kFull));
  if (full_) {
    if (controller < 0 || controller == asked_) return Action::none;
    asked_ = controller;
    return Action::give_up;
  }
  asked_ = -1;
  return was_full ? Action::join : Action::none;
}

}  // namespace meerkat::broker
