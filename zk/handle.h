// One connection handle of the C client, with our request and response values. Used by Session only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "zk/request.h"

struct _zhandle;

namespace meerkat::zk {

enum class HandleState { connected, disconnected, expired, auth_failed };
enum class HandleWatch { created, deleted, data_changed, children_changed };

/// What happens on a handle. Called on the C client's threads (responses also on the thread that destroys the
/// handle): implementations only note it down.
class HandleEvents {
 public:
  virtual ~HandleEvents() = default;
  /// `id` and `timeout` are the session's, known once connected.
  virtual void on_handle_state(uint64_t generation, HandleState state, const SessionId& id,
                               std::chrono::milliseconds timeout, const std::string& server) = 0;
  virtual void on_handle_watch(uint64_t generation, HandleWatch type, std::string path) = 0;
  virtual void on_handle_response(uint64_t generation, uint64_t serial, Response response) = 0;
};

class Handle {
 public:
  /// Starts to connect; never waits for it. Fails when no host name can be resolved.
  static Result<std::unique_ptr<Handle>> open(const std::string& connect, std::chrono::milliseconds session_timeout,
                                              const std::optional<SessionId>& attach, uint64_t generation,
                                              HandleEvents& events);
  /// Ends the session if it is connected. No event comes after this.
  ~Handle();

  /// Hands a request over. Code::ok: the response will come under `serial`. Anything else: it will not.
  Code send(uint64_t serial, const Request& request, bool watch, bool secure_acls);

 private:
  struct Call;
  struct Callbacks;
  Handle(uint64_t generation, HandleEvents& events) : generation_(generation), events_(events) {}

  uint64_t generation_;
  HandleEvents& events_;
  _zhandle* zh_ = nullptr;
};

}  // namespace meerkat::zk
