// One session with ZooKeeper: pipelined batches that survive broken connections, watches as events, and a new session
// made when the old one has expired.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "zk/request.h"

namespace meerkat::zk {

enum class SessionState {
  connecting,  // between connections; requests wait
  connected,
  expired,  // the session is over, by the server's word or our own clock; requests fail until the next one is there
  closed,   // close() was called; final
};

enum class WatchType { created, deleted, data_changed, children_changed };

/// A watch that fired. A watch fires once; reading again arms it again.
struct WatchEvent {
  WatchType type;
  std::string path;
  uint64_t generation;  // compare with Session::generation() where the event has waited in a queue
};

/// Which reads arm a handler: `node` handlers are armed by Get and Exists, `children` handlers by Children.
enum class WatchKind { node, children };

using WatchHandler = std::function<void(const WatchEvent&)>;

/// Where a callback runs instead of the session's event thread: a loop's or a queue's post.
using Executor = std::function<void(Task)>;

/// What an owner does around the change from an expired session to the next one. Called on the session's own
/// keeper thread, handlers one after the other in the order of registration.
struct SessionHandler {
  /// The old session is over and no new one exists: drop everything that hung on it. May block (not on requests:
  /// they fail with session_expired); the new session is made only when every handler has returned.
  std::function<void()> before_new_session;
  /// The new session is connected: make ephemerals again, read again what is watched. May block and may use run().
  std::function<void()> after_new_session;
};

/// Thread-safe. Two threads of its own: `zk-event` calls watch handlers, state listeners and callbacks in the order
/// in which ZooKeeper answered; `zk-keeper` watches over expiry and runs the SessionHandlers.
class Session {
 public:
  struct Options {
    /// host:port,host:port/chroot (zookeeper.connect). The chroot is made if it is missing.
    std::string connect;
    /// zookeeper.session.timeout.ms; the server may negotiate another.
    std::chrono::milliseconds session_timeout{18000};
    /// zookeeper.connection.timeout.ms: how long open() waits for the first connection.
    std::chrono::milliseconds connection_timeout{18000};
    /// zookeeper.max.in.flight.requests: requests sent and not yet answered.
    int max_in_flight = 10;
    /// zookeeper.set.acl: see default_acl().
    bool secure_acls = false;
    /// Take over this session if the server still knows it; otherwise start a new one.
    std::optional<SessionId> attach;
  };

  /// Connects. Fails, naming the hosts and what to look at, when there is no connection within the timeout.
  static Result<std::unique_ptr<Session>> open(Options options);
  /// Closes the session.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Ends the session at the server (its ephemerals go) and joins the threads; open requests fail with `closing`.
  /// Not from the event or keeper thread. Idempotent.
  void close();

  /// From now on requests fail with `closing` while there is no connection, those that wait included, instead of
  /// waiting for it until the session expires: for an orderly end while ZooKeeper is away.
  void fail_while_disconnected();

  /// Sends the batch, pipelined, and waits for all answers, by index. What was lost to a broken connection is sent
  /// again until the session expires or the deadline passes. Requests reach the server in the order of the batch,
  /// unless some had to be sent again. Not from the event thread (asserted).
  std::vector<Response> run(std::vector<Request> batch,
                            std::optional<std::chrono::milliseconds> deadline = std::nullopt);
  /// The same for one request.
  Response run(Request request, std::optional<std::chrono::milliseconds> deadline = std::nullopt);

  /// As run(), but returns at once; `done` is called exactly once, on the event thread or through `executor`.
  void run_async(std::vector<Request> batch, Callback<std::vector<Response>> done, Executor executor = {},
                 std::optional<std::chrono::milliseconds> deadline = std::nullopt);

  /// Registers a handler for a path; reading the path afterwards arms the watch. Handlers are called on the event
  /// thread and must only hand over (run_async is allowed). They outlive sessions: after a new session read again.
  using WatchId = uint64_t;
  WatchId watch(std::string path, WatchKind kind, WatchHandler handler);
  /// No call of the handler starts after this has returned.
  void unwatch(WatchId id);

  /// Registers an owner; see SessionHandler. remove_handler() must not be called from one of its functions.
  using HandlerId = uint64_t;
  HandlerId add_handler(SessionHandler handler);
  void remove_handler(HandlerId id);

  /// Called on the event thread at every change of state. Register before others use the session.
  void on_state(std::function<void(SessionState)> listener);

  SessionState state() const;
  /// 1 for the first session, one more for each later one. Watches and ephemerals belong to a generation.
  uint64_t generation() const;
  /// Id and password of the current session (of the last one while expired).
  SessionId id() const;
  /// Whether `session_id` is the current session, or one of the earlier ones of this object.
  bool is_current(int64_t session_id) const;
  bool was_ours(int64_t session_id) const;
  /// The timeout that the server granted.
  std::chrono::milliseconds negotiated_timeout() const;
  const Options& options() const;
  /// The access list for new nodes at `path` under this session's options.
  AclList acl_for(std::string_view path) const { return default_acl(path, options().secure_acls); }

 private:
  class Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Closes a session of another process or of an earlier run: its ephemerals go at once instead of after the timeout.
/// Success also when the server has expired it already.
Status close_session(const Session::Options& options, const SessionId& id);

}  // namespace meerkat::zk
