// One request on its way through a handler, and the one answer it gets.
#pragma once

#include <any>
#include <memory>
#include <string>
#include <utility>

#include "net/handler.h"
#include "wire/header.h"

namespace meerkat::api {

/// What the api layer remembers of a connection (Peer::session). Loop thread only.
struct ConnectionState {
  std::string client_software_name = "unknown";
  std::string client_software_version = "unknown";
};

/// What a handler knows of a request besides its decoded body.
struct RequestContext {
  wire::RequestHeader header;
  std::shared_ptr<net::Peer> peer;
  /// Keeps the frame's bytes alive for bodies with views into them (records); let go of it early.
  std::shared_ptr<void> frame_owner;

  int16_t version() const { return header.request_api_version; }
  const std::string& client_id() const { return *header.client_id; }
};

/// A request whose header has been read.
struct Incoming {
  RequestContext context;
  ByteView body;
  net::Responder responder;
};

/// Answers a request: exactly once, from any thread. Dropped unused it closes the connection.
template <class Response>
class Reply {
 public:
  Reply(const wire::RequestHeader& header, net::Responder responder)
      : correlation_id_(header.correlation_id),
        version_(header.request_api_version),
        responder_(std::move(responder)) {}

  /// `mute_ms`: how long the connection is not read afterwards (KIP-219).
  void send(const Response& response, int mute_ms = 0) { send_as(version_, response, mute_ms); }
  /// The same in another version than the request's: ApiVersions to a client from the future.
  void send_as(int16_t version, const Response& response, int mute_ms = 0) {
    responder_.send(wire::encode_response(correlation_id_, version, response), mute_ms);
  }
  /// No answer (Produce with acks=0).
  void nothing(int mute_ms = 0) { responder_.nothing(mute_ms); }
  void close() { responder_.close(); }

 private:
  int32_t correlation_id_;
  int16_t version_;
  net::Responder responder_;
};

}  // namespace meerkat::api
