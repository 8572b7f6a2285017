// From a frame to the handler of its API.
#pragma once

#include "api/services.h"
#include "api/table.h"
#include "net/handler.h"

namespace meerkat::api {

/// Delivers frames by the table. Thread-safe; called on the connections' loops. A frame that is no request of an API
/// and version we serve closes its connection with a log line, as in Kafka.
class Dispatcher : public net::FrameHandler {
 public:
  /// Before the first frame; `services` outlives this. (Services hold the server's loops, which want a handler.)
  void attach(Services& services) { services_ = &services; }
  void on_frame(const std::shared_ptr<net::Peer>& peer, net::Frame frame, net::Responder responder) override;
  void on_frames(const std::shared_ptr<net::Peer>& peer, std::span<net::Arrival> arrivals) override;
  bool may_pipeline(ByteView frame) const override;

 private:
  static const Api* open(const std::shared_ptr<net::Peer>& peer, net::Frame& frame, net::Responder& responder,
                         RequestContext* context, ByteView* body);
  Services* services_ = nullptr;
};

}  // namespace meerkat::api
