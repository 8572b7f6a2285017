// A handler for tests of the server: requests are texts that say what to do with them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/handler.h"
#include "net/server.h"
#include "test/fakes/blocking_client.h"

namespace meerkat::net {

inline Bytes text(const std::string& s) { return Bytes(s.begin(), s.end()); }
inline std::string text(const std::optional<Bytes>& b) { return b ? std::string(b->begin(), b->end()) : "closed"; }

inline Chain chain_of(Bytes bytes) {
  Chain chain;
  chain.append(std::move(bytes));
  return chain;
}

/// Answers "echo …" with itself at once. "later …" (pipelined) and "hold …" (not) wait until the test answers.
/// "nothing", "close", "drop" and "mute N …" do what they say; anything else is answered by `other`.
class TestHandler : public FrameHandler {
 public:
  struct Held {
    std::string request;
    Frame frame;
    Responder responder;
  };
  std::function<void(const std::shared_ptr<Peer>&, Frame, Responder)> other;

  void on_frame(const std::shared_ptr<Peer>& peer, Frame frame, Responder responder) override {
    const std::string request(frame.bytes.begin(), frame.bytes.end());
    if (request.starts_with("later") || request.starts_with("hold")) {
      std::lock_guard lock(mutex_);
      held_.push_back({request, std::move(frame), std::move(responder)});
      changed_.notify_all();
    } else if (request.starts_with("nothing")) {
      responder.nothing();
    } else if (request.starts_with("close")) {
      responder.close();
    } else if (request.starts_with("drop")) {
      Responder gone = std::move(responder);
    } else if (request.starts_with("mute")) {
      responder.send(chain_of(text(request)), std::stoi(request.substr(5)));
    } else if (request.starts_with("echo") || !other) {
      responder.send(chain_of(Bytes(frame.bytes.begin(), frame.bytes.end())));
    } else {
      other(peer, std::move(frame), std::move(responder));
    }
  }
  void on_frames(const std::shared_ptr<Peer>& peer, std::span<Arrival> arrivals) override {
    {
      std::lock_guard lock(mutex_);
      runs_.push_back(arrivals.size());
    }
    FrameHandler::on_frames(peer, arrivals);
  }
  bool may_pipeline(ByteView frame) const override { return as_text(frame).starts_with("later"); }

  /// Waits until `n` requests are held, and takes them.
  std::deque<Held> take(size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.size() >= n; });
    return std::exchange(held_, {});
  }
  /// How many came together, each time that several did.
  std::vector<size_t> runs() {
    std::lock_guard lock(mutex_);
    return runs_;
  }
  size_t held() {
    std::lock_guard lock(mutex_);
    return held_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Held> held_;
  std::vector<size_t> runs_;
};

/// A server with one endpoint and the handler above.
struct TestServer {
  explicit TestServer(ServerConfig config = {}, bool enable = true) : server(std::move(config), handler) {
    port = *server.bind({"TEST", "PLAINTEXT", "127.0.0.1", 0});
    if (enable) server.enable_processing();
  }
  fakes::BlockingClient client(int receive_buffer = 0) { return fakes::BlockingClient(port, receive_buffer); }
  /// Waits until `condition` holds; there is no other way to see what happens on another thread without an answer.
  template <class F>
  void eventually(F condition) {
    while (!condition(server.metrics())) std::this_thread::yield();
  }

  TestHandler handler;
  Server server;
  int port = 0;
};

}  // namespace meerkat::net
