// The seam between net and whatever answers requests (src/api): frames in, chains out.
#pragma once

#include <any>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/chain.h"
#include "event/loop.h"

namespace meerkat::net {

/// What handlers may know of a connection. Lives on the connection's loop; `session` is the handler's own slot.
struct Peer {
  uint64_t id = 0;
  std::string listener;           // listener name, as in the config
  std::string security_protocol;  // PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL
  std::string host;               // the client's address, no port
  int port = 0;
  event::Loop* loop = nullptr;  // the loop that owns the connection
  std::any session;  // per-connection state of the api layer (client software, principal); loop thread only, dropped
                     // when the connection closes
};

/// One request without its length prefix. The bytes are writable: batches are stamped where they lie.
struct Frame {
  std::shared_ptr<void> owner;  // keeps the bytes, and their share of the memory budget, alive: let go of it early
  MutableBytes bytes;
};

/// Answers one request; used exactly once, from any thread. Dropping it unused closes the connection.
class Responder {
 public:
  /// Where answers go; the connection, or a test's recorder. `ticket` is the request's number on that connection.
  /// Called at most once a ticket, from any thread.
  class Target {
   public:
    virtual ~Target() = default;
    virtual void answer(uint64_t ticket, Chain body, int mute_ms) = 0;
    virtual void answer_nothing(uint64_t ticket, int mute_ms) = 0;
    virtual void answer_close(uint64_t ticket) = 0;
  };

  explicit Responder(std::shared_ptr<Target> target, uint64_t ticket = 0);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  /// Sends `body` behind its length prefix, after the answers of earlier requests of this connection.
  /// `mute_ms` > 0: the connection reads no further request for that long (KIP-219 throttling).
  void send(Chain body, int mute_ms = 0);
  /// This request has no answer (acks=0); the next one may go on, after `mute_ms`.
  void nothing(int mute_ms = 0);
  /// Closes the connection once earlier answers are out.
  void close();

 private:
  std::shared_ptr<Target> target_;
  uint64_t ticket_ = 0;
};

/// A frame that has arrived, and where its answer goes.
struct Arrival {
  Frame frame;
  Responder responder;
};

/// Called on the connection's loop for each complete frame. While a Responder is outstanding no further frame of that
/// connection is delivered, unless every outstanding one and the next are `pipelined` as FrameHandler::may_pipeline
/// says.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_frame(const std::shared_ptr<Peer>& peer, Frame frame, Responder responder) = 0;
  /// Several at once, in the order of their arrival: frames that came with one read and are all `pipelined`. What they
  /// have in common can be done once; by default each goes the way of on_frame().
  virtual void on_frames(const std::shared_ptr<Peer>& peer, std::span<Arrival> arrivals) {
    for (Arrival& a : arrivals) on_frame(peer, std::move(a.frame), std::move(a.responder));
  }
  /// Whether this frame may start while earlier ones that may, too, are unanswered (Produce after Produce).
  virtual bool may_pipeline(ByteView frame) const = 0;
};

}  // namespace meerkat::net
