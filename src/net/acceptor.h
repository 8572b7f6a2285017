// Takes connections from the listening sockets, within the limits.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "event/loop.h"
#include "net/connection_quotas.h"
#include "net/counters.h"
#include "net/server.h"
#include "net/socket.h"

namespace meerkat::net {

/// All listening sockets of a server, on one loop. Everything on that loop's thread, but the constructor and the
/// counters.
class Acceptor {
 public:
  /// `take` gets each connection that is within the limits (and counted in `quotas`); `make_room` is to close one of
  /// another listener.
  using Take = std::function<void(Descriptor, const Address&, const Endpoint&)>;
  Acceptor(event::Loop& loop, ConnectionQuotas& quotas, Take take, std::function<void()> make_room);
  ~Acceptor();

  /// A socket that listens. Accepts from it once enabled.
  void add(Endpoint endpoint, Descriptor socket);
  void enable();
  void remove(const std::string& listener);
  /// Closes all.
  void close();
  /// A connection closed, or the limits changed: look again.
  void room();

  int64_t refused() const { return refused_.get(); }
  int64_t failures() const { return failures_.get(); }

 private:
  struct Listener;
  void accept_some(Listener& listener);
  bool accept_one(Listener& listener);
  void admit(Listener& listener, Descriptor fd, const Address& from, bool close_another);
  void out_of_descriptors(Listener& listener);
  void pause(Listener& listener, int64_t ms);
  void arm(Listener& listener, bool on);

  event::Loop& loop_;
  ConnectionQuotas& quotas_;
  Take take_;
  std::function<void()> make_room_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool enabled_ = false;
  Descriptor reserve_;           // given up for a moment to accept, and close, what cannot be served
  int descriptors_for_clients_;  // connections with higher numbers are refused: the logs need the rest
  Counter refused_, failures_;
};

}  // namespace meerkat::net
