// What this broker does about a bad disk: gives leaderships away while one is full, leaves the cluster while one does
// not complete writes, and joins anew when it can serve again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "broker/disk_space.h"
#include "broker/disk_watch.h"
#include "event/loop.h"

namespace meerkat {
class Clock;
namespace event {
class Pool;
}
namespace storage {
class LogManager;
}
namespace cluster {
class MetadataCache;
}
namespace replica {
class ReplicaContext;
}
namespace controller {
class Controller;
}
}  // namespace meerkat

namespace meerkat::broker {

class ControllerClient;
class Registration;

/// Looks at the log directories in the background. Timers are on the loop; what blocks is done by the workers.
class DiskGuard {
 public:
  struct Settings {
    int32_t broker_id = -1;
    int64_t reserve_bytes = 0;   // meerkat.log.disk.reserve.bytes
    int64_t stall_limit_ms = 0;  // meerkat.log.disk.stall.timeout.ms; 0: stalls are not looked for
  };
  /// All outlive this.
  struct Parts {
    event::Loop& loop;
    event::Pool& workers;
    storage::LogManager& logs;
    cluster::MetadataCache& metadata;
    replica::ReplicaContext& replicas;
    controller::Controller& controller;
    ControllerClient& controller_client;
    Registration& registration;
    Clock& clock;
  };

  DiskGuard(Settings settings, Parts parts) : settings_(settings), parts_(parts) {}

  /// Begins to look. Any thread.
  void start();
  /// Ends it. On the loop, when the workers have stopped.
  void stop();

 private:
  void look_for_space();
  void look_for_stall();

  const Settings settings_;
  const Parts parts_;
  event::Timer space_timer_;
  std::atomic<bool> looking_for_space_{false};
  DiskSpace space_;                   // by one worker at a time
  std::unique_ptr<DiskWatch> watch_;  // on the loop
  event::Timer stall_timer_;
  bool stalled_ = false;
};

}  // namespace meerkat::broker
