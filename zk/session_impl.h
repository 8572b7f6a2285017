// The inside of Session: requests on their way, the event queue, and the keeper. Used by session*.cc only.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/mutex.h"
#include "zk/handle.h"
#include "zk/session.h"

namespace meerkat::zk {

class Session::Impl : public HandleEvents {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Deadline = std::optional<std::chrono::milliseconds>;

  explicit Impl(Options options);
  ~Impl() override;

  // session.cc: requests
  Status start();
  void close();
  void fail_while_disconnected();
  std::vector<Response> run(std::vector<Request> requests, Deadline deadline);
  void run_async(std::vector<Request> requests, Callback<std::vector<Response>> done, Executor executor,
                 Deadline deadline);
  void on_handle_response(uint64_t generation, uint64_t serial, Response response) override;

  // session_events.cc: the event thread, watches
  WatchId watch(std::string path, WatchKind kind, WatchHandler handler);
  void unwatch(WatchId id);
  void on_state(std::function<void(SessionState)> listener);
  void on_handle_watch(uint64_t generation, HandleWatch type, std::string path) override;

  // session_keeper.cc: connecting, expiry, the next session
  HandlerId add_handler(SessionHandler handler);
  void remove_handler(HandlerId id);
  void on_handle_state(uint64_t generation, HandleState state, const SessionId& id, std::chrono::milliseconds timeout,
                       const std::string& server) override;

  const Options options;

  SessionState state() const;
  uint64_t generation() const;
  SessionId id() const;
  bool was_ours(int64_t id) const;
  std::chrono::milliseconds negotiated_timeout() const;

 private:
  // A batch of requests; each knows its batch by serial number.
  struct Batch {
    std::vector<Request> requests;
    std::vector<Response> responses;
    uint64_t first_serial = 0;
    size_t open = 0;
    Callback<std::vector<Response>> done;  // not set: a thread waits for `finished`
    Executor executor;
    bool finished = false;
    std::condition_variable_any changed;
  };
  using BatchPtr = std::shared_ptr<Batch>;
  struct Item {
    BatchPtr batch;
    bool sent = false;
    int losses = 0;  // how often the connection broke before its answer
  };
  struct Watch {
    WatchId id;
    WatchKind kind;
    std::shared_ptr<WatchHandler> handler;
  };

  // Requests. All with the lock held.
  BatchPtr enqueue(std::vector<Request> requests, Callback<std::vector<Response>> done, Executor executor,
                   std::optional<Time> deadline) REQUIRES(mutex_);
  void pump() REQUIRES(mutex_);
  void answer(std::map<uint64_t, Item>::iterator item, Response response) REQUIRES(mutex_);
  void finish(Batch& batch) REQUIRES(mutex_);
  void fail_all(Code code) REQUIRES(mutex_);
  void time_out(const BatchPtr& batch) REQUIRES(mutex_);
  bool armed(const Request& request) const REQUIRES(mutex_);

  // Events.
  void event_loop();
  void post_event(Task task) REQUIRES(mutex_);
  void set_state(SessionState state) REQUIRES(mutex_);
  std::optional<Time> next_timer() const REQUIRES(mutex_);
  void run_timers(Time now) REQUIRES(mutex_);
  void deliver(const WatchEvent& event);

  // The keeper.
  void keeper_loop();
  bool establish(MutexLock& lock, std::optional<SessionId> attach);
  void expire(const char* why, bool by_server) REQUIRES(mutex_);
  void call_hooks(MutexLock& lock, std::function<void()> SessionHandler::*hook);

  mutable Mutex mutex_;
  std::condition_variable_any changed_;  // state, closing: keeper and start() wait here
  std::condition_variable_any event_added_;
  std::condition_variable_any handler_done_;

  SessionState state_ GUARDED_BY(mutex_) = SessionState::connecting;
  bool closing_ GUARDED_BY(mutex_) = false;
  bool impatient_ GUARDED_BY(mutex_) = false;  // see fail_while_disconnected()
  uint64_t generation_ GUARDED_BY(mutex_) = 1;
  SessionId id_ GUARDED_BY(mutex_);
  std::unordered_set<int64_t> past_ids_ GUARDED_BY(mutex_);
  std::chrono::milliseconds negotiated_timeout_ GUARDED_BY(mutex_);
  std::optional<Time> disconnected_at_ GUARDED_BY(mutex_);  // since then, after having been connected
  bool established_ GUARDED_BY(mutex_) = false;             // this generation has been connected
  bool refused_ GUARDED_BY(mutex_) = false;                 // the server does not know the session to attach to
  bool known_to_server_ GUARDED_BY(mutex_) = false;         // an expiry by our own clock only: try to attach again
  std::string failure_ GUARDED_BY(mutex_);                  // why there is no connection yet

  std::unique_ptr<Handle> handle_ GUARDED_BY(mutex_);
  uint64_t next_serial_ GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Item> items_ GUARDED_BY(mutex_);
  std::set<uint64_t> unsent_ GUARDED_BY(mutex_);  // in the order of serials: the order of the batches
  int in_flight_ GUARDED_BY(mutex_) = 0;
  std::multimap<Time, std::weak_ptr<Batch>> deadlines_ GUARDED_BY(mutex_);

  std::deque<Task> events_ GUARDED_BY(mutex_);
  bool events_end_ GUARDED_BY(mutex_) = false;
  uint64_t next_id_ GUARDED_BY(mutex_) = 1;
  std::map<std::string, std::vector<Watch>> watches_ GUARDED_BY(mutex_);
  std::unordered_map<WatchId, std::string> watched_paths_ GUARDED_BY(mutex_);
  WatchId calling_ GUARDED_BY(mutex_) = 0;  // the watch whose handler runs at the moment
  std::vector<std::function<void(SessionState)>> listeners_ GUARDED_BY(mutex_);
  std::map<HandlerId, std::shared_ptr<SessionHandler>> handlers_ GUARDED_BY(mutex_);
  HandlerId hook_ GUARDED_BY(mutex_) = 0;  // the owner whose hook runs at the moment

  std::thread event_thread_;
  std::thread keeper_thread_;
};

}  // namespace meerkat::zk
