// /brokers/ids/N, /controller, /controller_epoch, /cluster/id, /feature
#include "zk/json.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/znodes.pb.h"

namespace meerkat::zk {

namespace {

constexpr int kBrokerVersion = 5;
constexpr int kControllerVersion = 2;
constexpr int kFeatureVersion = 2;

std::string to_text(const Endpoint& e) {
  bool bracket = e.host.find(':') != std::string::npos;  // an IPv6 address
  return e.listener + "://" + (bracket ? "[" + e.host + "]" : e.host) + ":" + std::to_string(e.port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  size_t scheme = text.find("://");
  size_t colon = text.rfind(':');
  if (scheme == std::string_view::npos || colon < scheme + 3) return std::nullopt;
  std::string_view host = text.substr(scheme + 3, colon - scheme - 3);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto port = paths::parse_id(text.substr(colon + 1));
  if (!port) return std::nullopt;
  return Endpoint{std::string(text.substr(0, scheme)), std::string(host), *port, {}};
}

}  // namespace

std::string encode(const BrokerInfo& broker) {
  pb::Broker m;
  for (const auto& [name, range] : broker.features) {
    auto& f = (*m.mutable_features())[name];
    f.set_min_version(range.first);
    f.set_max_version(range.second);
  }
  m.set_port(-1);
  m.mutable_host()->set_null_value({});
  bool plaintext = false;
  for (const auto& e : broker.endpoints) {
    (*m.mutable_listener_security_protocol_map())[e.listener] = e.security_protocol;
    m.add_endpoints(to_text(e));
    if (!plaintext && e.security_protocol == "PLAINTEXT") {
      plaintext = true;
      m.set_port(e.port);
      m.mutable_host()->set_string_value(e.host);
    }
  }
  if (broker.rack) m.set_rack(*broker.rack);
  m.set_jmx_port(broker.jmx_port);
  m.set_version(kBrokerVersion);
  m.set_timestamp(broker.timestamp_ms);
  return to_json(m);
}

Result<BrokerInfo> decode_broker(int32_t broker_id, std::string_view json) {
  std::string path = paths::broker(broker_id);
  pb::Broker m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  BrokerInfo b;
  b.id = broker_id;
  b.jmx_port = m.jmx_port();
  b.timestamp_ms = m.timestamp();
  if (m.has_rack()) b.rack = m.rack();
  for (const auto& [name, range] : m.features()) b.features[name] = {range.min_version(), range.max_version()};
  if (m.version() < 1) return malformed(path, "no version, or below 1");
  if (m.version() == 1) {
    if (m.host().kind_case() != google::protobuf::Value::kStringValue) return malformed(path, "no host");
    b.endpoints.push_back({"PLAINTEXT", m.host().string_value(), m.port(), "PLAINTEXT"});
    return b;
  }
  for (const auto& text : m.endpoints()) {
    auto e = parse_endpoint(text);
    if (!e) return malformed(path, "endpoint \"" + text + "\" is not LISTENER://host:port");
    auto protocol = m.listener_security_protocol_map().find(e->listener);
    // Before version 4 the listener's name is the protocol.
    bool named = protocol != m.listener_security_protocol_map().end();
    e->security_protocol = named ? protocol->second : e->listener;
    b.endpoints.push_back(std::move(*e));
  }
  return b;
}

std::string encode(const ControllerNode& controller) {
  pb::Controller m;
  m.set_version(kControllerVersion);
  m.set_brokerid(controller.broker_id);
  m.set_timestamp(controller.timestamp_ms);
  m.set_kraftcontrollerepoch(controller.kraft_controller_epoch);
  return to_json(m);
}

Result<ControllerNode> decode_controller(std::string_view json) {
  pb::Controller m;
  if (Status read = from_json(paths::kController, json, m); !read) return read.failure();
  if (!m.has_brokerid()) return malformed(paths::kController, "no brokerid");
  return ControllerNode{m.brokerid(), m.timestamp(), m.has_kraftcontrollerepoch() ? m.kraftcontrollerepoch() : -1};
}

std::string encode_controller_epoch(int32_t epoch) { return std::to_string(epoch); }

Result<int32_t> decode_controller_epoch(std::string_view text) {
  auto epoch = paths::parse_id(text);
  if (!epoch) return malformed(paths::kControllerEpoch, "not a decimal number");
  return *epoch;
}

std::string encode_cluster_id(std::string_view cluster_id) {
  pb::ClusterId m;
  m.set_version("1");
  m.set_id(std::string(cluster_id));
  return to_json(m);
}

Result<std::string> decode_cluster_id(std::string_view json) {
  pb::ClusterId m;
  if (Status read = from_json(paths::kClusterId, json, m); !read) return read.failure();
  if (m.id().empty()) return malformed(paths::kClusterId, "no id");
  return m.id();
}

std::string encode(const FeatureNode& features) {
  pb::Features m;
  for (const auto& [name, level] : features.max_version_levels) {
    (*m.mutable_features())[name].set_max_version_level(level);
  }
  m.set_version(kFeatureVersion);
  m.set_status(features.enabled ? 1 : 0);
  return to_json(m);
}

Result<FeatureNode> decode_features(std::string_view json) {
  pb::Features m;
  if (Status read = from_json(paths::kFeature, json, m); !read) return read.failure();
  if (m.version() < 1) return malformed(paths::kFeature, "no version, or below 1");
  if (!m.has_status() || m.status() < 0 || m.status() > 1) return malformed(paths::kFeature, "status is not 0 or 1");
  FeatureNode f;
  f.enabled = m.status() == 1;
  for (const auto& [name, level] : m.features()) f.max_version_levels[name] = level.max_version_level();
  return f;
}

}  // namespace meerkat::zk
