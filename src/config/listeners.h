// The listener keys, parsed: which endpoints to bind, what to advertise, how each is secured.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meerkat::config {

/// "NAME://host:port" with the security protocol its name maps to.
struct ListenerEndpoint {
  std::string name;               // as given, upper case by convention
  std::string security_protocol;  // PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL
  std::string host;               // empty: all interfaces
  int port = 0;                   // 0: any free one
  bool operator==(const ListenerEndpoint&) const = default;
};

/// listener.security.protocol.map: listener name → security protocol.
Result<std::map<std::string, std::string>> parse_protocol_map(std::string_view text);

/// A comma-separated list of endpoints; names are looked up in `protocols`. Refuses double names, and double ports
/// unless `may_share_ports` (advertised endpoints may lie behind one balancer) or the two hosts are an IPv4 and an IPv6
/// address.
Result<std::vector<ListenerEndpoint>> parse_listeners(std::string_view key, std::string_view text,
                                                      const std::map<std::string, std::string>& protocols,
                                                      bool may_share_ports);

}  // namespace meerkat::config
