// Sockets: addresses, options, errors in words.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "net/resolver.h"

namespace meerkat::net {

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// Options of every broker socket: no delay (Nagle), keep-alive, buffer sizes (-1: the kernel's choice). On Linux a
/// listening socket hands them down to what it accepts.
void set_socket_options(int fd, int send_buffer_bytes, int receive_buffer_bytes);

/// Binds and listens, without blocking; `host` empty: all interfaces, IPv6 and IPv4. The error names address and cure.
Result<Descriptor> listen_on(const std::string& host, int port, int backlog, int send_buffer_bytes,
                             int receive_buffer_bytes);
/// The port that a bound socket has.
int local_port(int fd);

/// Starts to connect; finished when the socket is writable, see connect_error().
Result<Descriptor> start_connect(const Address& to, int send_buffer_bytes, int receive_buffer_bytes);
/// The error that ended a connect, 0 if there was none.
int connect_error(int fd);

/// The address in the words Java uses: IPv4 dotted (also if mapped into IPv6), IPv6 in eight groups without "::".
std::string host_of(const Address& address);
int port_of(const Address& address);

}  // namespace meerkat::net
