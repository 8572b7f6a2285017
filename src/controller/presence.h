// Whether a broker's process is there, judged by its port. A process that dies has its connections broken and its port
// closed by the kernel at once, long before its ZooKeeper session ends; one that is stopped, slow or cut off has not.
// Only of Meerkat brokers: a Java one that is restarted while its session lives ends at once, so that whoever restarts
// it had better see it alive until then.
#pragma once

#include <chrono>
#include <cstdint>

namespace meerkat::controller {

/// Pure; fed with what happens to a connection to the broker that is kept open.
class Presence {
 public:
  enum class Change { none, vanished, back };

  /// `known`: it is a Meerkat broker to which there has been a connection, so that a port that refuses is one that has
  /// been closed.
  explicit Presence(bool known = false) : known_(known) {}

  /// The connection is open.
  Change on_open();
  /// It leads to a Meerkat broker.
  void on_kin() { known_ = true; }
  /// It has broken, or could not be made; `refused`: nobody listens at the broker's port.
  Change on_closed(bool refused);

  /// Whether the broker counts as vanished.
  bool vanished() const { return vanished_; }
  /// When to try again after on_closed().
  std::chrono::milliseconds pause() const { return soon_ ? kSoon : kLater; }

 private:
  // One refusal may come from a listener that is being made anew.
  static constexpr int kRefusals = 2;
  static constexpr std::chrono::milliseconds kSoon{20};
  static constexpr std::chrono::milliseconds kLater{100};

  int refusals_ = 0;  // in a row
  bool open_ = false;
  bool known_;
  bool vanished_ = false;
  bool soon_ = true;
};

}  // namespace meerkat::controller
