// Requests of this broker to the controller, wherever that is at the moment (this process included).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "cluster/metadata_image.h"
#include "controller/controller.h"
#include "event/loop.h"
#include "net/outbound.h"
#include "wire/header.h"

namespace meerkat::broker {

/// All calls and callbacks on one loop. A request fails, and is the caller's to repeat, when the controller is not
/// known or the connection breaks.
class ControllerClient {
 public:
  struct Settings {
    int32_t broker_id = -1;
    std::string listener;  // the controller's endpoint to use
    int32_t timeout_ms = 30'000;
  };

  /// `metadata` tells where brokers listen, `controller` who the controller is. All outlive this.
  ControllerClient(Settings settings, event::Loop& loop, const cluster::MetadataCache& metadata,
                   const controller::Controller& controller);

  event::Loop& loop() { return loop_; }

  /// Sends one request; `done` is called later, on the loop.
  template <class Request, class Response>
  void call(const Request& request, int16_t version, Callback<Result<Response>> done) {
    auto frame = wire::encode_request(next_correlation_id_++, std::to_string(settings_.broker_id), version, request);
    if (!frame) return loop_.post([done = std::move(done), failed = frame.failure()]() mutable { done(failed); });
    send(std::move(*frame), [version, done = std::move(done)](Result<net::Frame> answer) mutable {
      if (!answer) return done(answer.failure());
      size_t used = 0;
      auto header =
          wire::decode_response_header(answer->bytes, static_cast<wire::ApiKey>(Request::kKey), version, &used);
      if (!header) return done(header.failure());
      done(wire::decode<Response>(ByteView(answer->bytes).subspan(used), version));
    });
  }

  /// Closes the connection; unanswered requests fail.
  void close();

 private:
  void send(Chain request, net::Outbound::OnAnswer done);
  Status connect();

  const Settings settings_;
  event::Loop& loop_;
  const cluster::MetadataCache& metadata_;
  const controller::Controller& controller_;
  int32_t next_correlation_id_ = 0;
  std::unique_ptr<net::Outbound> connection_;
};

}  // namespace meerkat::broker
