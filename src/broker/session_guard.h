// Ends this broker's ZooKeeper session when its process dies, however it dies. ZooKeeper would notice by the session
// timeout only, and until then every controller, Kafka's too, takes the broker for alive and its id for taken.
#pragma once

#include "zk/session.h"

namespace meerkat::broker {

/// A second, small process that waits for the end of this one, which the kernel tells it by closing a pipe. One that is
/// stopped, slow or cut off from ZooKeeper has not ended. Where the guard dies too (a container's end, a machine's),
/// the session ends by its timeout, or by the next process (see session_file.h). Used by one thread at a time.
class SessionGuard {
 public:
  /// Forks: before any thread is started. Where that fails a warning says so, and this does nothing. `options`: those
  /// of the sessions that it will hold.
  explicit SessionGuard(const zk::Session::Options& options);
  /// What is held is ended.
  ~SessionGuard();
  SessionGuard(const SessionGuard&) = delete;
  SessionGuard& operator=(const SessionGuard&) = delete;

  /// From now on this is the session to end, instead of the one before.
  void hold(const zk::SessionId& session);
  /// The session has been closed in order.
  void release() { hold({}); }

 private:
  int pipe_ = -1;  // the writing end
};

}  // namespace meerkat::broker
