#include "config/listeners.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/text.h"

namespace meerkat::config {
namespace {

constexpr std::string_view kProtocols[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};

bool is_address(int family, const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(family, host.substr(0, host.find('%')).c_str(), buffer) == 1;
}

bool host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-%._:").find(c) != std::string_view::npos;
}

// NAME://host:port; without the protocol.
std::optional<ListenerEndpoint> parse_endpoint(std::string_view text) {
  size_t scheme = text.find("://");
  size_t colon = text.rfind(':');
  if (scheme == std::string_view::npos || scheme == 0 || colon < scheme + 3) return std::nullopt;
  ListenerEndpoint out;
  out.name = upper_case(text.substr(0, scheme));
  std::string_view host = text.substr(scheme + 3, colon - scheme - 3);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!std::all_of(host.begin(), host.end(), host_character)) return std::nullopt;
  out.host = host;
  std::string_view port = text.substr(colon + 1);
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size() || out.port < 0 || out.port > 65535) return std::nullopt;
  return out;
}

// Two endpoints may have one port only if one is on IPv4 and the other on IPv6.
bool ports_clash(const ListenerEndpoint& a, const ListenerEndpoint& b) {
  if (a.port == 0 || a.port != b.port) return false;
  bool apart = (is_address(AF_INET, a.host) && is_address(AF_INET6, b.host)) ||
               (is_address(AF_INET6, a.host) && is_address(AF_INET, b.host));
  return !apart;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_protocol_map(std::string_view text) {
  std::map<std::string, std::string> out;
  for (const auto& pair : split_list(text)) {
    size_t colon = pair.rfind(':');
    std::string name = upper_case(trim(std::string_view(pair).substr(0, colon)));
    std::string protocol =
        colon == std::string::npos ? std::string() : upper_case(trim(std::string_view(pair).substr(colon + 1)));
    if (std::find(std::begin(kProtocols), std::end(kProtocols), protocol) == std::end(kProtocols) || name.empty()) {
      return fail(
          "Invalid value " + std::string(text) +
          " for configuration listener.security.protocol.map: expected NAME:PROTOCOL pairs separated by commas, "
          "where PROTOCOL is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
    }
    if (!out.emplace(name, protocol).second) {
      return fail("Invalid value " + std::string(text) + " for configuration listener.security.protocol.map: " + name +
                  " appears twice");
    }
  }
  return out;
}

Result<std::vector<ListenerEndpoint>> parse_listeners(std::string_view key, std::string_view text,
                                                      const std::map<std::string, std::string>& protocols,
                                                      bool may_share_ports) {
  std::string intro = "Invalid value " + std::string(text) + " for configuration " + std::string(key) + ": ";
  std::vector<ListenerEndpoint> out;
  for (const auto& element : split_list(text)) {
    auto endpoint = parse_endpoint(element);
    if (!endpoint)
      return fail(intro + "Unable to parse " + element + " to a broker endpoint, expected NAME://host:port");
    auto protocol = protocols.find(endpoint->name);
    if (protocol == protocols.end()) {
      return fail(intro + "No security protocol defined for listener " + endpoint->name +
                  "; add it to listener.security.protocol.map");
    }
    endpoint->security_protocol = protocol->second;
    for (const auto& other : out) {
      if (other.name == endpoint->name) return fail(intro + "Each listener must have a different name");
      if (!may_share_ports && ports_clash(other, *endpoint)) {
        return fail(intro + "Each listener must have a different port, unless one has an IPv4 and one an IPv6 address");
      }
    }
    out.push_back(std::move(*endpoint));
  }
  return out;
}

}  // namespace meerkat::config
