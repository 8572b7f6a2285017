#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <utility>

#include "net/socket.h"

namespace meerkat::net {

namespace {

Addresses look_up(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found)) {
    return fail("cannot find the address of host '" + host +
                "': " + (error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error)));
  }
  std::vector<Address> addresses;
  for (const addrinfo* a = found; a; a = a->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.storage, a->ai_addr, a->ai_addrlen);
    address.length = a->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

// What needs no look-up: numbers, and localhost, which is always this machine (RFC 6761).
Addresses look_up_here(const std::string& host, int port) {
  if (host != "localhost") return look_up(host, port, AI_NUMERICHOST);
  Addresses v4 = look_up("127.0.0.1", port, AI_NUMERICHOST);
  Addresses v6 = look_up("::1", port, AI_NUMERICHOST);
  if (v4.ok() && v6.ok()) v4->push_back(v6->front());
  return v4;
}

}  // namespace

std::string Address::to_string() const {
  char host[NI_MAXHOST] = "?";
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  const std::string port = std::to_string(port_of(*this));
  return family() == AF_INET6 ? "[" + std::string(host) + "]:" + port : host + (":" + port);
}

Addresses resolve_blocking(const std::string& host, int port) {
  Addresses here = look_up_here(host, port);
  return here.ok() ? std::move(here) : look_up(host, port, 0);
}

Resolver::Resolver() : pool_("resolver", 1) {}

void Resolver::resolve(event::Loop& loop, std::string host, int port, Callback<Addresses> done) {
  Addresses here = look_up_here(host, port);
  if (here.ok()) {
    loop.post([here = std::move(here), done = std::move(done)]() mutable { done(std::move(here)); });
    return;
  }
  pool_.post([loop = loop.remote(), host = std::move(host), port, done = std::move(done)]() mutable {
    loop.post([found = look_up(host, port, 0), done = std::move(done)]() mutable { done(std::move(found)); });
  });
}

Resolver& Resolver::shared() {
  static auto* const resolver = new Resolver();  // for ever: a look-up may be under way when the process ends
  return *resolver;
}

}  // namespace meerkat::net
