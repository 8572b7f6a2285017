#include "config/broker_rules.h"

#include <algorithm>

#include "config/text.h"
#include "config/values.h"

namespace meerkat::config {
namespace {

constexpr char kAclAuthorizer[] = "kafka.security.authorizer.AclAuthorizer";

std::string names(const std::vector<ListenerEndpoint>& endpoints) {
  std::vector<std::string> out;
  for (const auto& e : endpoints) out.push_back(e.name);
  return join_list(out);
}

bool has_listener(const std::vector<ListenerEndpoint>& endpoints, const std::string& name) {
  return std::any_of(endpoints.begin(), endpoints.end(), [&](const auto& e) { return e.name == name; });
}

// "Invalid value x for configuration y: why", like the errors about single keys.
Fail<Error> invalid(const Config& config, const std::string& key, const std::string& why) {
  return fail("Invalid value " + config.get(key).value_or("null") + " for configuration " + key + ": " + why);
}

Status check_identity(const Config& c, const BrokerConfig& v) {
  if (c.get_int("node.id") != v.broker_id) {
    return invalid(c, "node.id", "must be the same as broker.id, which is " + std::to_string(v.broker_id));
  }
  if (!c.get_list("process.roles").empty()) {
    return invalid(c, "process.roles", "there is no KRaft here; leave it out and set zookeeper.connect");
  }
  if (c.get_bool("zookeeper.metadata.migration.enable")) {
    return invalid(c, "zookeeper.metadata.migration.enable", "there is no KRaft here to move to");
  }
  if (v.zookeeper_connect.empty()) {
    return fail("Missing required configuration zookeeper.connect: set it to host:port,host:port[/chroot]");
  }
  if (v.broker_id_generation_enable && (v.broker_id < -1 || v.broker_id > v.reserved_broker_max_id)) {
    return invalid(c, "broker.id",
                   "must be from -1 to reserved.broker.max.id (" + std::to_string(v.reserved_broker_max_id) +
                       ") while broker.id.generation.enable is true");
  }
  if (!v.broker_id_generation_enable && v.broker_id < 0) {
    return invalid(c, "broker.id", "must be 0 or more while broker.id.generation.enable is false");
  }
  if (c.get("controller.listener.names").value_or("") != "") {
    return invalid(c, "controller.listener.names", "must be empty with ZooKeeper");
  }
  return {};
}

Status check_listeners(const Config& c, const BrokerConfig& v) {
  if (c.get("inter.broker.listener.name") && c.source("security.inter.broker.protocol") != Source::default_config) {
    return fail("Only one of inter.broker.listener.name and security.inter.broker.protocol may be set");
  }
  if (v.listeners.empty()) return invalid(c, "listeners", "at least one listener is needed");
  if (v.advertised_listeners.empty()) return invalid(c, "advertised.listeners", "at least one listener is needed");
  for (const auto& e : v.advertised_listeners) {
    if (!has_listener(v.listeners, e.name)) {
      return invalid(c, "advertised.listeners",
                     "listener " + e.name + " is not among those of listeners: " + names(v.listeners));
    }
    if (e.host == "0.0.0.0") {
      return invalid(c, c.get("advertised.listeners") ? "advertised.listeners" : "listeners",
                     "0.0.0.0 cannot be advertised; name an address that clients can reach in advertised.listeners");
    }
  }
  if (!has_listener(v.advertised_listeners, v.inter_broker_listener_name)) {
    return fail("Invalid value " + v.inter_broker_listener_name +
                " for configuration inter.broker.listener.name: must be one of the advertised listeners: " +
                names(v.advertised_listeners));
  }
  if (v.control_plane_listener_name) {
    if (!has_listener(v.advertised_listeners, *v.control_plane_listener_name)) {
      return invalid(c, "control.plane.listener.name",
                     "must be one of the advertised listeners: " + names(v.advertised_listeners));
    }
    if (*v.control_plane_listener_name == v.inter_broker_listener_name) {
      return invalid(c, "control.plane.listener.name", "must not be the listener that brokers use among themselves");
    }
  }
  if (v.inter_broker_security_protocol.starts_with("SASL_")) {
    std::string key = "listener.name." + lower_case(v.inter_broker_listener_name) + ".sasl.enabled.mechanisms";
    auto enabled = c.get_list(key);
    if (std::find(enabled.begin(), enabled.end(), v.sasl_mechanism_inter_broker_protocol) == enabled.end()) {
      return invalid(c, "sasl.mechanism.inter.broker.protocol", "must be one of sasl.enabled.mechanisms");
    }
  }
  return {};
}

Status check_network(const Config& c, const BrokerConfig& v) {
  if (v.queued_max_request_bytes > 0 && v.queued_max_request_bytes < v.socket_request_max_bytes) {
    return invalid(c, "queued.max.request.bytes",
                   "must be socket.request.max.bytes (" + std::to_string(v.socket_request_max_bytes) + ") or more");
  }
  if (v.max_connections_per_ip == 0 && v.max_connections_per_ip_overrides.empty()) {
    return invalid(c, "max.connections.per.ip", "may be 0 only beside max.connections.per.ip.overrides");
  }
  if (v.connections_max_idle_ms >= 0 && v.connection_failed_authentication_delay_ms >= v.connections_max_idle_ms) {
    return invalid(c, "connection.failed.authentication.delay.ms",
                   "must be less than connections.max.idle.ms (" + std::to_string(v.connections_max_idle_ms) + ")");
  }
  return {};
}

Status check_logs(const Config& c, const BrokerConfig& v) {
  auto number = [&](const char* key) { return std::stoll(c.get_resolved(key).value_or("0")); };
  if (number("log.roll.ms") < 1) return invalid(c, "log.roll.ms", "must be 1 or more");
  if (number("log.roll.jitter.ms") < 0) return invalid(c, "log.roll.jitter.ms", "must be 0 or more");
  int64_t retention = number("log.retention.ms");
  if (retention < 1 && retention != -1) {
    std::string key = c.get("log.retention.ms")        ? "log.retention.ms"
                      : c.get("log.retention.minutes") ? "log.retention.minutes"
                                                       : "log.retention.hours";
    return invalid(c, key, "must be 1 or more, or -1 for no limit");
  }
  if (v.log_dirs.empty()) return invalid(c, "log.dirs", "at least one directory is needed");
  if (v.log_cleaner_threads > 0 && v.log_cleaner_dedupe_buffer_size / v.log_cleaner_threads <= 1024 * 1024) {
    return invalid(c, "log.cleaner.dedupe.buffer.size", "must be more than 1 MiB for each of log.cleaner.threads");
  }
  if (number("log.cleaner.min.compaction.lag.ms") > number("log.cleaner.max.compaction.lag.ms")) {
    return invalid(c, "log.cleaner.min.compaction.lag.ms", "must not be more than log.cleaner.max.compaction.lag.ms");
  }
  return {};
}

Status check_replication(const Config& c, const BrokerConfig& v) {
  if (v.replica_fetch_wait_max_ms > v.replica_socket_timeout_ms) {
    return invalid(c, "replica.fetch.wait.max.ms",
                   "must not be more than replica.socket.timeout.ms (" + std::to_string(v.replica_socket_timeout_ms) +
                       "), or fetches time out");
  }
  if (v.replica_fetch_wait_max_ms > v.replica_lag_time_max_ms) {
    return invalid(c, "replica.fetch.wait.max.ms",
                   "must not be more than replica.lag.time.max.ms (" + std::to_string(v.replica_lag_time_max_ms) +
                       "), or replicas leave the ISR without need");
  }
  if (v.offsets_commit_required_acks < -1 || v.offsets_commit_required_acks > v.offsets_topic_replication_factor) {
    return invalid(c, "offsets.commit.required.acks", "must be from -1 to offsets.topic.replication.factor");
  }
  if (v.offsets_topic_compression_codec < 0 || v.offsets_topic_compression_codec > 4) {
    return invalid(c, "offsets.topic.compression.codec", "must be from 0 to 4");
  }
  return {};
}

Status check_security(const Config& c, const BrokerConfig& v) {
  if (v.authorizer_class_name.empty() || v.authorizer_class_name == kAclAuthorizer) return {};
  return invalid(c, "authorizer.class.name",
                 "Class " + v.authorizer_class_name + " could not be found; " + kAclAuthorizer +
                     " decides by the ACLs in ZooKeeper, an empty value allows everything");
}

}  // namespace

Status check_broker_rules(const Config& config, const BrokerConfig& values) {
  for (auto check : {check_identity, check_listeners, check_network, check_logs, check_replication, check_security}) {
    if (auto ok = check(config, values); !ok) return ok;
  }
  return {};
}

}  // namespace meerkat::config
