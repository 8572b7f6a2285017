// A broker's life: everything in order, up and down again.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/values.h"

namespace meerkat::broker {

class SessionGuard;

/// Start and stop from one thread, the main one.
class Broker {
 public:
  /// `on_fatal(why)`: the broker cannot go on (its id was taken, all its disks are gone); any thread, must not block.
  /// `guard` outlives this, if there is one.
  Broker(config::Config config, std::function<void(const std::string&)> on_fatal, SessionGuard* guard = nullptr);
  ~Broker();

  /// Comes up; the error is one line fit for the user.
  Status start();
  /// Leaves the cluster politely, then closes logs and marks them clean.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace meerkat::broker
