// What a broker whose disk is full does: it can take no records, so whoever can shall lead.
#pragma once

#include <cstdint>

namespace meerkat::broker {

/// Decides, from the free space of the fullest log directory and who is controller, when to ask for leaderships to be
/// moved away and when to join again. Pure.
class DiskSpace {
 public:
  enum class Action { none, give_up, join };

  /// `usable_bytes`: -1 if unknown. `controller`: -1 if unknown. A new controller has to be asked again.
  Action look(int64_t usable_bytes, int32_t controller);
  /// Whether the last look found no space.
  bool full() const { return full_; }
  /// Asking has failed: do so again.
  void failed() { asked_ = -1; }

 private:
  // Two limits, so that what retention frees bit by bit does not send leaderships to and fro.
  static constexpr int64_t kFull = int64_t{1} << 20;
  static constexpr int64_t kEnough = int64_t{8} << 20;

  bool full_ = false;
  int32_t asked_ = -1;  // the controller that was asked while the disk is full
};

}  // namespace meerkat::broker
