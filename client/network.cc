#include "client/network.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "wire/messages/18_api_versions.h"

namespace meerkat::client {

Result<std::vector<HostPort>> parse_servers(const std::string& text) {
  std::vector<HostPort> servers;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ',', absl::SkipWhitespace()))) {
    const size_t colon = word.rfind(':');
    HostPort server;
    if (colon == std::string::npos || !absl::SimpleAtoi(word.substr(colon + 1), &server.port) || server.port < 1 ||
        server.port > 65535) {
      return fail("'" + word + "' is no host:port, such as localhost:9092");
    }
    server.host = word.substr(0, colon);
    if (server.host.size() > 2 && server.host.front() == '[')
      server.host = server.host.substr(1, server.host.size() - 2);
    servers.push_back(std::move(server));
  }
  if (servers.empty()) return fail("no broker is named; give host:port, such as localhost:9092");
  return servers;
}

Network::Network(NetworkOptions options) : options_(std::move(options)), loop_("client") { loop_.start(); }

Network::~Network() {
  // Connections belong to the loop's thread: they go there, before it ends.
  std::promise<void> gone;
  loop_.post([&] {
    links_.clear();
    gone.set_value();
  });
  gone.get_future().wait();
  loop_.stop();
}

Network::Link& Network::link_to(const HostPort& broker, bool coordination) {
  Link& link = links_[{broker, coordination}];
  if (link.connection) return link;
  net::OutboundConfig config;
  config.host = broker.host;
  config.port = broker.port;
  config.purpose = "broker " + broker.to_string();
  config.request_timeout = options_.request_timeout;
  link.connection = std::make_unique<net::Outbound>(loop_, std::move(config),
                                                    [&link](net::Outbound::State state, const std::string&) {
                                                      // Another broker, maybe of another version, may answer at the
                                                      // next connection.
                                                      if (state == net::Outbound::State::closed)
                                                        link.negotiated = false;
                                                    });
  return link;
}

void Network::when_negotiated(Link& link, Callback<const Status&> then) {
  if (link.negotiated) return then({});
  link.waiting.push_back(std::move(then));
  if (!link.negotiating) negotiate(link, wire::ApiVersionsRequest::kVersions.last);
}

void Network::negotiate(Link& link, int16_t version) {
  link.negotiating = true;
  wire::ApiVersionsRequest request;
  if (version >= 3) {
    request.client_software_name = "meerkat";
    request.client_software_version = "1";
  }
  auto frame = wire::encode_request(next_correlation_id_++, options_.client_id, version, request);
  if (!frame) return negotiated(link, frame.failure());
  link.connection->send(std::move(*frame), [this, &link, version](Result<net::Frame> answer) {
    if (!answer) return negotiated(link, answer.failure());
    size_t used = 0;
    auto header = wire::decode_response_header(answer->bytes, wire::ApiKey::api_versions, version, &used);
    if (!header) return negotiated(link, header.failure());
    const ByteView body = ByteView(answer->bytes).subspan(used);
    // A broker that does not know our version answers in version 0 (KIP-511).
    const bool refused =
        body.size() >= 2 && load_be<int16_t>(body.data()) == static_cast<int16_t>(wire::ErrorCode::unsupported_version);
    if (refused && version > 0) return negotiate(link, 0);
    auto response = wire::decode<wire::ApiVersionsResponse>(body, version);
    if (!response) return negotiated(link, response.failure());
    link.versions.clear();
    for (const auto& api : response->api_keys) {
      link.versions[api.api_key] = wire::between(api.min_version, api.max_version);
    }
    negotiated(link, {});
  });
}

void Network::negotiated(Link& link, const Status& status) {
  link.negotiating = false;
  link.negotiated = status.ok();
  auto waiting = std::exchange(link.waiting, {});
  for (auto& then : waiting) then(status);
}

Result<int16_t> Network::choose(const Link& link, int16_t key, wire::Versions ours, int16_t max_version) const {
  auto theirs = link.versions.find(key);
  if (theirs != link.versions.end()) {
    const int16_t version = std::min({ours.last, theirs->second.last, max_version});
    if (version >= ours.first && version >= theirs->second.first) return version;
  }
  return fail(link.connection->config().purpose + " does not offer the API " +
              std::string(wire::name(static_cast<wire::ApiKey>(key))) + " in a version that this client knows");
}

}  // namespace meerkat::client
