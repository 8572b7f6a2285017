// The seam between net and whatever answers requests (src/api): frames in, chains out.
#pragma once

#include <any>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/result.h"
#include "event/loop.h"

namespace meerkat::net {

/// What handlers may know of a connection. Lives on the connection's loop; `session` is the handler's own slot.
struct Peer {
  uint64_t id = 0;
  std::string listener;           // listener name, as in the config
  std::string security_protocol;  // PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL
  std::string host;               // the client's address, no port
  int port = 0;
  event::Loop* loop = nullptr;    // the loop that owns the connection
  std::any session;               // per-connection state of the api layer (client software, principal); loop thread only
};

/// One request without its length prefix. The bytes are writable: batches are stamped where they lie.
struct Frame {
  std::shared_ptr<void> owner;  // keeps the bytes, and their share of the memory budget, alive
  MutableBytes bytes;
};

/// Answers one request; used exactly once, from any thread. Dropping it unused closes the connection.
class Responder {
 public:
  struct Target;
  explicit Responder(std::shared_ptr<Target> target);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  /// Sends `body` behind its length prefix, after the answers of earlier requests of this connection.
  /// `mute_ms` > 0: the connection reads no further request for that long (KIP-219 throttling).
  void send(Chain body, int mute_ms = 0);
  /// This request has no answer (acks=0); the next one may go on.
  void nothing();
  /// Closes the connection once earlier answers are out.
  void close();

 private:
  std::shared_ptr<Target> target_;
};

/// Called on the connection's loop for each complete frame. While a Responder is outstanding no further frame of that
/// connection is delivered, unless every outstanding one and the next are `pipelined` as FrameHandler::may_pipeline says.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_frame(const std::shared_ptr<Peer>& peer, Frame frame, Responder responder) = 0;
  /// Whether this frame may start while earlier ones that may, too, are unanswered (Produce after Produce).
  virtual bool may_pipeline(ByteView frame) const = 0;
};

/// A bound endpoint.
struct Endpoint {
  std::string listener;
  std::string security_protocol;
  std::string host;  // empty: all interfaces
  int port = 0;      // 0: any free one
};

}  // namespace meerkat::net
