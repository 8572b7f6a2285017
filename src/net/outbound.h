// A connection to another broker, for the controller's channels, the replica fetchers and the client library.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/chain.h"
#include "base/result.h"
#include "base/task.h"
#include "event/loop.h"
#include "net/handler.h"
#include "net/resolver.h"

namespace meerkat::net {

struct OutboundConfig {
  std::string host;
  int port = 0;
  std::string purpose;  // for log lines and errors: "controller channel to broker 2"
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds request_timeout{30'000};  // from send() to the answer; <= 0: none
  int send_buffer_bytes = -1;                         // -1: the kernel's choice
  int receive_buffer_bytes = -1;
  int32_t max_answer_bytes = 0x7fffffff;
};

/// A connection that opens at the first send. Requests may follow each other without waiting; the answers come in the
/// order of sending, each checked against the request's correlation id. When the connection fails, every request that
/// is unanswered fails with the reason, and the next send opens a new one: backing off is the owner's decision.
/// All calls and callbacks on the loop's thread; callbacks never run inside send() or connect(), and may destroy the
/// Outbound. Destroying it drops the callbacks uncalled.
class Outbound {
 public:
  enum class State { closed, connecting, open };
  using OnAnswer = Callback<Result<Frame>>;  // the answer without its length, from the correlation id on
  /// Told of every change; `why` is empty unless it closed.
  using OnState = absl::AnyInvocable<void(State state, const std::string& why)>;

  Outbound(event::Loop& loop, OutboundConfig config, OnState on_state = nullptr);
  ~Outbound();
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  /// Opens the connection ahead of the first request.
  void connect();
  /// `request`: header and body without the length prefix; its bytes 4..8 are the correlation id (first part).
  void send(Chain request, OnAnswer on_answer);
  /// The same with a time-out of its own (<= 0: none).
  void send(Chain request, OnAnswer on_answer, std::chrono::milliseconds timeout);
  /// A request that has no answer (Produce with acks=0).
  void send_unanswered(Chain request);
  /// Closes; unanswered requests fail with `why`.
  void close(const std::string& why);
  /// Closes a connection in whose place another one comes, and destroys it when its unanswered requests have failed.
  /// Nothing if there is none.
  static void retire(std::unique_ptr<Outbound> connection, const std::string& why);

  State state() const;
  /// Whether the last attempt to connect ended because nobody listens there. On a machine that lives this means that
  /// the peer's process does not.
  bool refused() const;
  /// Requests sent or waiting to be sent whose answer is not there yet.
  size_t in_flight() const;
  const OutboundConfig& config() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace meerkat::net
