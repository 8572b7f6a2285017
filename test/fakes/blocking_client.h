// A client for tests: one socket, blocking, bytes as the test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "base/bytes.h"

namespace meerkat::fakes {

/// Connects to a port of this machine. Failures show as a client that is not connected, or as an answer that is
/// missing.
class BlockingClient {
 public:
  /// `receive_buffer` > 0: a small buffer makes a slow reader of it. `from`: the local address to come from.
  explicit BlockingClient(int port, int receive_buffer = 0, const char* from = "127.0.0.1") {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &local.sin_addr);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&local), sizeof local);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  BlockingClient(BlockingClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  BlockingClient& operator=(BlockingClient&&) = delete;
  ~BlockingClient() { close(); }

  bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// No further bytes will be sent; answers can still be read.
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  bool send_raw(ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
    return true;
  }
  /// `body` with its length in front.
  static Bytes framed(ByteView body) {
    Bytes frame(4);
    store_be<int32_t>(frame.data(), static_cast<int32_t>(body.size()));
    frame.insert(frame.end(), body.begin(), body.end());
    return frame;
  }
  bool send(ByteView body) { return send_raw(framed(body)); }

  /// Exactly `n` bytes; nothing if the connection ends before.
  std::optional<Bytes> receive_raw(size_t n) {
    Bytes bytes(n);
    for (size_t at = 0; at < n;) {
      const ssize_t got = ::recv(fd_, bytes.data() + at, n - at, 0);
      if (got <= 0) return std::nullopt;
      at += static_cast<size_t>(got);
    }
    return bytes;
  }
  /// One answer without its length; nothing if the connection ends before it is complete.
  std::optional<Bytes> receive() {
    const auto header = receive_raw(4);
    if (!header) return std::nullopt;
    return receive_raw(static_cast<size_t>(load_be<int32_t>(header->data())));
  }
  /// Waits until the other side closes; false if it sends something instead.
  bool closed_by_peer() {
    uint8_t byte;
    return ::recv(fd_, &byte, 1, 0) <= 0;
  }
  /// Whether something can be read within `ms`.
  bool readable(int ms) {
    pollfd p{fd_, POLLIN, 0};
    return ::poll(&p, 1, ms) > 0;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

}  // namespace meerkat::fakes
