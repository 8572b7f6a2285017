#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace meerkat::net {

namespace {

std::string where(const std::string& host, int port) {
  return (host.empty() ? "all interfaces" : host) + ", port " + std::to_string(port);
}

std::string cure(int error, int port) {
  switch (error) {
    case EADDRINUSE:
      return "; another process has it: stop that one, or change 'listeners'";
    case EACCES:
      return port < 1024 ? "; ports below 1024 need CAP_NET_BIND_SERVICE" : "";
    case EADDRNOTAVAIL:
      return "; this machine has no such address: change 'listeners'";
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

Fail<Error> cannot_listen(const std::string& host, int port, int error) {
  return fail("cannot listen on " + where(host, port) + ": " + std::strerror(error) + cure(error, port), error);
}

Result<Descriptor> listen_on_address(const Address& address, const std::string& host, int port, int backlog, int send,
                                     int receive) {
  Descriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.open()) return cannot_listen(host, port, errno);
  const int on = 1, off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  set_socket_options(fd.get(), send, receive);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    return cannot_listen(host, port, errno);
  }
  return fd;
}

Address any_address(int family, int port) {
  Address any;
  any.storage.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(any.storage).sin6_port = htons(static_cast<uint16_t>(port));
    any.length = sizeof(sockaddr_in6);
  } else {
    reinterpret_cast<sockaddr_in&>(any.storage).sin_port = htons(static_cast<uint16_t>(port));
    any.length = sizeof(sockaddr_in);
  }
  return any;
}

}  // namespace

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void set_socket_options(int fd, int send_buffer_bytes, int receive_buffer_bytes) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (send_buffer_bytes > 0) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
}

Result<Descriptor> listen_on(const std::string& host, int port, int backlog, int send, int receive) {
  if (host.empty()) {
    auto both = listen_on_address(any_address(AF_INET6, port), host, port, backlog, send, receive);
    if (both.ok() || (both.error().code != EAFNOSUPPORT && both.error().code != EADDRNOTAVAIL)) return both;
    return listen_on_address(any_address(AF_INET, port), host, port, backlog, send, receive);
  }
  const Addresses found = resolve_blocking(host, port);
  if (!found.ok()) return fail("cannot listen on " + where(host, port) + ": " + found.error().message);
  return listen_on_address(found->front(), host, port, backlog, send, receive);
}

int local_port(int fd) {
  Address address;
  address.length = sizeof address.storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length);
  return port_of(address);
}

Result<Descriptor> start_connect(const Address& to, int send_buffer_bytes, int receive_buffer_bytes) {
  Descriptor fd(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.open()) return fail(std::string("no socket: ") + std::strerror(errno) + cure(errno, 0), errno);
  set_socket_options(fd.get(), send_buffer_bytes, receive_buffer_bytes);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.length) != 0 && errno != EINPROGRESS) {
    return fail(std::strerror(errno), errno);
  }
  return fd;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

std::string host_of(const Address& address) {
  char text[64] = "?";
  if (address.family() == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr, text, sizeof text);
  } else if (address.family() == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&ip)) {
      ::inet_ntop(AF_INET, ip.s6_addr + 12, text, sizeof text);
    } else {
      char* at = text;
      for (int i = 0; i < 16; i += 2) {
        at += std::snprintf(at, 8, i == 0 ? "%x" : ":%x", ip.s6_addr[i] << 8 | ip.s6_addr[i + 1]);
      }
    }
  }
  return text;
}

int port_of(const Address& address) {
  if (address.family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

}  // namespace meerkat::net
