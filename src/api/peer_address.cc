#include "api/peer_address.h"

#include <arpa/inet.h>

#include <cstdio>

namespace meerkat::api {

std::string java_address(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return host;
  std::string text;
  for (size_t i = 0; i < sizeof address.s6_addr; i += 2) {
    char part[6];
    std::snprintf(part, sizeof part, "%x", address.s6_addr[i] << 8 | address.s6_addr[i + 1]);
    if (i > 0) text += ':';
    text += part;
  }
  return text;
}

}  // namespace meerkat::api
