// Connections to the brokers of a cluster, on one loop, each with versions negotiated by ApiVersions.
#pragma once

#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "event/loop.h"
#include "net/outbound.h"
#include "wire/header.h"

namespace meerkat::client {

struct HostPort {
  std::string host;
  int port = 0;
  auto operator<=>(const HostPort&) const = default;
  std::string to_string() const { return host + ":" + std::to_string(port); }
};

/// "host:port,host:port" (bootstrap.servers); an IPv6 address stands in brackets.
Result<std::vector<HostPort>> parse_servers(const std::string& text);

struct NetworkOptions {
  std::string client_id = "meerkat-client";
  std::chrono::milliseconds request_timeout{30'000};
};

/// What may differ from one request to the next.
struct CallOptions {
  /// Not above this version, even if both sides know higher ones.
  int16_t max_version = INT16_MAX;
  /// On a connection of its own, where it does not wait behind long polls: for what goes to a group's coordinator.
  bool coordination = false;
  /// Instead of NetworkOptions::request_timeout.
  std::optional<std::chrono::milliseconds> timeout;
};

/// Methods but ask() on the loop's thread; ask() on any other.
class Network {
 public:
  explicit Network(NetworkOptions options = {});
  ~Network();  // drops what is unanswered
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  event::Loop& loop() { return loop_; }

  /// Sends `request` to a broker in the highest version that both sides know. `done` is
  /// called once, later, on the loop; `frame` keeps alive what a response's records point to.
  template <class Request, class Response>
  void call_with_frame(const HostPort& broker, Request request,
                       Callback<Result<Response>, std::shared_ptr<void> /*frame*/> done, CallOptions options = {}) {
    Link& link = link_to(broker, options.coordination);
    when_negotiated(link, [this, &link, options, request = std::move(request),
                           done = std::move(done)](const Status& ready) mutable {
      if (!ready) return done(ready.failure(), nullptr);
      auto version = choose(link, Request::kKey, Request::kVersions, options.max_version);
      if (!version) return done(version.failure(), nullptr);
      auto frame = wire::encode_request(next_correlation_id_++, options_.client_id, *version, request);
      if (!frame) return done(frame.failure(), nullptr);
      link.connection->send(
          std::move(*frame),
          [version = *version, done = std::move(done)](Result<net::Frame> answer) mutable {
            done(decode<Request, Response>(answer, version), answer ? answer->owner : nullptr);
          },
          options.timeout.value_or(options_.request_timeout));
    });
  }
  /// The same for responses without records.
  template <class Request, class Response>
  void call(const HostPort& broker, Request request, Callback<Result<Response>> done, CallOptions options = {}) {
    call_with_frame<Request, Response>(
        broker, std::move(request),
        [done = std::move(done)](Result<Response> answer, std::shared_ptr<void>) mutable { done(std::move(answer)); },
        options);
  }

  /// Sends a request that has no answer (Produce with acks=0); `sent` is called when it is on its way.
  template <class Request>
  void tell(const HostPort& broker, Request request, Callback<Status> sent) {
    Link& link = link_to(broker, false);
    when_negotiated(link,
                    [this, &link, request = std::move(request), sent = std::move(sent)](const Status& ready) mutable {
                      if (!ready) return sent(ready);
                      auto version = choose(link, Request::kKey, Request::kVersions, INT16_MAX);
                      if (!version) return sent(version.failure());
                      auto frame = wire::encode_request(next_correlation_id_++, options_.client_id, *version, request);
                      if (!frame) return sent(frame.failure());
                      link.connection->send_unanswered(std::move(*frame));
                      sent({});
                    });
  }

  /// The same as call(), but waits for the answer.
  template <class Request, class Response>
  Result<Response> ask(const HostPort& broker, Request request, CallOptions options = {}) {
    auto answered = std::make_shared<std::promise<Result<Response>>>();
    auto future = answered->get_future();
    loop_.post([this, broker, options, request = std::move(request), answered]() mutable {
      call<Request, Response>(
          broker, std::move(request), [answered](Result<Response> answer) { answered->set_value(std::move(answer)); },
          options);
    });
    return future.get();
  }

 private:
  struct Link {
    std::unique_ptr<net::Outbound> connection;
    bool negotiating = false;
    bool negotiated = false;
    std::map<int16_t, wire::Versions> versions;
    std::deque<Callback<const Status&>> waiting;
  };

  template <class Request, class Response>
  static Result<Response> decode(const Result<net::Frame>& answer, int16_t version) {
    if (!answer) return answer.failure();
    size_t used = 0;
    auto header = wire::decode_response_header(answer->bytes, static_cast<wire::ApiKey>(Request::kKey), version, &used);
    if (!header) return header.failure();
    return wire::decode<Response>(ByteView(answer->bytes).subspan(used), version);
  }

  Link& link_to(const HostPort& broker, bool coordination);
  void when_negotiated(Link& link, Callback<const Status&> then);
  void negotiate(Link& link, int16_t version);
  void negotiated(Link& link, const Status& status);
  Result<int16_t> choose(const Link& link, int16_t key, wire::Versions ours, int16_t max_version) const;

  const NetworkOptions options_;
  event::Loop loop_;
  int32_t next_correlation_id_ = 1;
  std::map<std::pair<HostPort, bool>, Link> links_;
};

}  // namespace meerkat::client
