#include <charconv>

#include "config/broker_rules.h"
#include "config/checks.h"
#include "config/text.h"
#include "config/values.h"

namespace meerkat::config {
namespace {

// Assigns a parsed value to a field of whatever type it has.
class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}
  void operator()(std::string_view name, bool* out) const { *out = config_.get_bool(name); }
  void operator()(std::string_view name, int16_t* out) const { *out = static_cast<int16_t>(config_.get_int(name)); }
  void operator()(std::string_view name, int32_t* out) const { *out = static_cast<int32_t>(config_.get_int(name)); }
  void operator()(std::string_view name, int64_t* out) const { *out = config_.get_int(name); }
  void operator()(std::string_view name, double* out) const { *out = config_.get_double(name); }
  void operator()(std::string_view name, std::string* out) const { *out = config_.get(name).value_or(""); }
  void operator()(std::string_view name, std::optional<std::string>* out) const { *out = config_.get(name); }
  void operator()(std::string_view name, std::optional<int32_t>* out) const {
    if (config_.get(name)) *out = static_cast<int32_t>(config_.get_int(name));
  }
  void operator()(std::string_view name, std::vector<std::string>* out) const { *out = config_.get_list(name); }

 private:
  const Config& config_;
};

void read_identity(const Reader& get, const Config& config, BrokerConfig* v) {
  get("broker.id", &v->broker_id);
  get("broker.id.generation.enable", &v->broker_id_generation_enable);
  get("reserved.broker.max.id", &v->reserved_broker_max_id);
  get("broker.rack", &v->broker_rack);
  get("zookeeper.connect", &v->zookeeper_connect);
  get("zookeeper.session.timeout.ms", &v->zookeeper_session_timeout_ms);
  v->zookeeper_connection_timeout_ms = v->zookeeper_session_timeout_ms;
  if (config.get("zookeeper.connection.timeout.ms")) {
    get("zookeeper.connection.timeout.ms", &v->zookeeper_connection_timeout_ms);
  }
  get("zookeeper.max.in.flight.requests", &v->zookeeper_max_in_flight_requests);
  get("zookeeper.set.acl", &v->zookeeper_set_acl);
  v->inter_broker_protocol_version = full_version(config.get("inter.broker.protocol.version").value_or(""));
}

Status read_listeners(const Config& config, BrokerConfig* v) {
  auto protocols = parse_protocol_map(config.get("listener.security.protocol.map").value_or(""));
  if (!protocols) return protocols.failure();
  v->listener_security_protocol_map = *protocols;
  auto listeners = parse_listeners("listeners", config.get("listeners").value_or(""), *protocols, false);
  if (!listeners) return listeners.failure();
  v->listeners = *listeners;
  v->advertised_listeners = *listeners;
  if (auto text = config.get("advertised.listeners")) {
    auto advertised = parse_listeners("advertised.listeners", *text, *protocols, true);
    if (!advertised) return advertised.failure();
    v->advertised_listeners = *advertised;
  }
  v->inter_broker_security_protocol = upper_case(config.get("security.inter.broker.protocol").value_or(""));
  v->inter_broker_listener_name = v->inter_broker_security_protocol;
  if (auto name = config.get("inter.broker.listener.name")) {
    v->inter_broker_listener_name = upper_case(*name);
    auto protocol = protocols->find(v->inter_broker_listener_name);
    if (protocol == protocols->end()) {
      return fail("Invalid value " + *name +
                  " for configuration inter.broker.listener.name: not found in listener.security.protocol.map");
    }
    v->inter_broker_security_protocol = protocol->second;
  }
  if (auto name = config.get("control.plane.listener.name")) v->control_plane_listener_name = upper_case(*name);
  return {};
}

// host:count pairs; a host may be an IPv6 address, so the last colon counts.
Result<std::map<std::string, int32_t>> parse_overrides(const std::string& text) {
  std::map<std::string, int32_t> out;
  for (const auto& pair : split_list(text)) {
    size_t colon = pair.rfind(':');
    int32_t count = 0;
    const char* end = pair.data() + pair.size();
    if (colon == std::string::npos || colon == 0 || std::from_chars(pair.data() + colon + 1, end, count).ptr != end ||
        colon + 1 == pair.size()) {
      return fail("Invalid value " + text +
                  " for configuration max.connections.per.ip.overrides: expected host:count pairs separated by commas");
    }
    out[std::string(trim(std::string_view(pair).substr(0, colon)))] = count;
  }
  return out;
}

Status read_network(const Reader& get, const Config& config, BrokerConfig* v) {
  get("num.network.threads", &v->num_network_threads);
  get("num.io.threads", &v->num_io_threads);
  get("background.threads", &v->background_threads);
  get("num.replica.fetchers", &v->num_replica_fetchers);
  get("num.recovery.threads.per.data.dir", &v->num_recovery_threads_per_data_dir);
  get("queued.max.requests", &v->queued_max_requests);
  get("queued.max.request.bytes", &v->queued_max_request_bytes);
  get("socket.request.max.bytes", &v->socket_request_max_bytes);
  get("socket.send.buffer.bytes", &v->socket_send_buffer_bytes);
  get("socket.receive.buffer.bytes", &v->socket_receive_buffer_bytes);
  get("socket.listen.backlog.size", &v->socket_listen_backlog_size);
  get("socket.connection.setup.timeout.ms", &v->socket_connection_setup_timeout_ms);
  get("socket.connection.setup.timeout.max.ms", &v->socket_connection_setup_timeout_max_ms);
  get("request.timeout.ms", &v->request_timeout_ms);
  get("connections.max.idle.ms", &v->connections_max_idle_ms);
  get("connections.max.reauth.ms", &v->connections_max_reauth_ms);
  get("max.connections", &v->max_connections);
  get("max.connections.per.ip", &v->max_connections_per_ip);
  auto overrides = parse_overrides(config.get("max.connections.per.ip.overrides").value_or(""));
  if (!overrides) return overrides.failure();
  v->max_connections_per_ip_overrides = *overrides;
  get("max.connection.creation.rate", &v->max_connection_creation_rate);
  get("connection.failed.authentication.delay.ms", &v->connection_failed_authentication_delay_ms);
  get("max.request.partition.size.limit", &v->max_request_partition_size_limit);
  return {};
}

void read_topics_and_logs(const Reader& get, const Config& config, BrokerConfig* v) {
  get("auto.create.topics.enable", &v->auto_create_topics_enable);
  get("delete.topic.enable", &v->delete_topic_enable);
  get("num.partitions", &v->num_partitions);
  get("default.replication.factor", &v->default_replication_factor);
  get("min.insync.replicas", &v->min_insync_replicas);
  get("unclean.leader.election.enable", &v->unclean_leader_election_enable);
  get("auto.leader.rebalance.enable", &v->auto_leader_rebalance_enable);
  get("leader.imbalance.check.interval.seconds", &v->leader_imbalance_check_interval_seconds);
  get("leader.imbalance.per.broker.percentage", &v->leader_imbalance_per_broker_percentage);
  std::string dirs = config.get("log.dirs").value_or(config.get("log.dir").value_or(""));
  for (auto& dir : split_list(dirs)) {
    if (!dir.empty()) v->log_dirs.push_back(std::move(dir));
  }
  v->num_replica_alter_log_dirs_threads = static_cast<int32_t>(v->log_dirs.size());
  if (config.get("num.replica.alter.log.dirs.threads")) {
    get("num.replica.alter.log.dirs.threads", &v->num_replica_alter_log_dirs_threads);
  }
  get("message.max.bytes", &v->message_max_bytes);
  get("log.retention.check.interval.ms", &v->log_retention_check_interval_ms);
  get("log.flush.scheduler.interval.ms", &v->log_flush_scheduler_interval_ms);
  get("log.flush.offset.checkpoint.interval.ms", &v->log_flush_offset_checkpoint_interval_ms);
  get("log.flush.start.offset.checkpoint.interval.ms", &v->log_flush_start_offset_checkpoint_interval_ms);
  get("log.initial.task.delay.ms", &v->log_initial_task_delay_ms);
  get("log.dir.failure.timeout.ms", &v->log_dir_failure_timeout_ms);
  get("log.cleaner.enable", &v->log_cleaner_enable);
  get("log.cleaner.threads", &v->log_cleaner_threads);
  get("log.cleaner.dedupe.buffer.size", &v->log_cleaner_dedupe_buffer_size);
  get("log.cleaner.io.buffer.size", &v->log_cleaner_io_buffer_size);
  get("log.cleaner.io.buffer.load.factor", &v->log_cleaner_io_buffer_load_factor);
  get("log.cleaner.io.max.bytes.per.second", &v->log_cleaner_io_max_bytes_per_second);
  get("log.cleaner.backoff.ms", &v->log_cleaner_backoff_ms);
  get("producer.id.expiration.ms", &v->producer_id_expiration_ms);
  get("producer.id.expiration.check.interval.ms", &v->producer_id_expiration_check_interval_ms);
  get("remote.log.storage.system.enable", &v->remote_log_storage_system_enable);
  get("meerkat.log.disk.reserve.bytes", &v->meerkat_log_disk_reserve_bytes);
  get("meerkat.log.disk.stall.timeout.ms", &v->meerkat_log_disk_stall_timeout_ms);
  get("meerkat.zookeeper.session.guard.enable", &v->meerkat_zookeeper_session_guard_enable);
}

void read_replication(const Reader& get, BrokerConfig* v) {
  get("replica.lag.time.max.ms", &v->replica_lag_time_max_ms);
  get("replica.fetch.max.bytes", &v->replica_fetch_max_bytes);
  get("replica.fetch.wait.max.ms", &v->replica_fetch_wait_max_ms);
  get("replica.fetch.min.bytes", &v->replica_fetch_min_bytes);
  get("replica.fetch.response.max.bytes", &v->replica_fetch_response_max_bytes);
  get("replica.fetch.backoff.ms", &v->replica_fetch_backoff_ms);
  get("replica.socket.timeout.ms", &v->replica_socket_timeout_ms);
  get("replica.socket.receive.buffer.bytes", &v->replica_socket_receive_buffer_bytes);
  get("replica.high.watermark.checkpoint.interval.ms", &v->replica_high_watermark_checkpoint_interval_ms);
  get("replica.selector.class", &v->replica_selector_class);
  get("fetch.max.bytes", &v->fetch_max_bytes);
  get("max.incremental.fetch.session.cache.slots", &v->max_incremental_fetch_session_cache_slots);
  get("fetch.purgatory.purge.interval.requests", &v->fetch_purgatory_purge_interval_requests);
  get("producer.purgatory.purge.interval.requests", &v->producer_purgatory_purge_interval_requests);
  get("delete.records.purgatory.purge.interval.requests", &v->delete_records_purgatory_purge_interval_requests);
  get("controller.socket.timeout.ms", &v->controller_socket_timeout_ms);
  get("controlled.shutdown.enable", &v->controlled_shutdown_enable);
  get("controlled.shutdown.max.retries", &v->controlled_shutdown_max_retries);
  get("controlled.shutdown.retry.backoff.ms", &v->controlled_shutdown_retry_backoff_ms);
}

void read_coordinators(const Reader& get, BrokerConfig* v) {
  get("offsets.topic.num.partitions", &v->offsets_topic_num_partitions);
  get("offsets.topic.replication.factor", &v->offsets_topic_replication_factor);
  get("offsets.topic.segment.bytes", &v->offsets_topic_segment_bytes);
  get("offsets.topic.compression.codec", &v->offsets_topic_compression_codec);
  get("offsets.retention.minutes", &v->offsets_retention_minutes);
  get("offsets.retention.check.interval.ms", &v->offsets_retention_check_interval_ms);
  get("offsets.commit.timeout.ms", &v->offsets_commit_timeout_ms);
  get("offsets.commit.required.acks", &v->offsets_commit_required_acks);
  get("offsets.load.buffer.size", &v->offsets_load_buffer_size);
  get("offset.metadata.max.bytes", &v->offset_metadata_max_bytes);
  get("group.min.session.timeout.ms", &v->group_min_session_timeout_ms);
  get("group.max.session.timeout.ms", &v->group_max_session_timeout_ms);
  get("group.initial.rebalance.delay.ms", &v->group_initial_rebalance_delay_ms);
  get("group.max.size", &v->group_max_size);
  get("transaction.state.log.num.partitions", &v->transaction_state_log_num_partitions);
  get("transaction.state.log.replication.factor", &v->transaction_state_log_replication_factor);
  get("transaction.state.log.min.isr", &v->transaction_state_log_min_isr);
  get("transaction.state.log.segment.bytes", &v->transaction_state_log_segment_bytes);
  get("transaction.state.log.load.buffer.size", &v->transaction_state_log_load_buffer_size);
  get("transaction.max.timeout.ms", &v->transaction_max_timeout_ms);
  get("transactional.id.expiration.ms", &v->transactional_id_expiration_ms);
  get("transaction.abort.timed.out.transaction.cleanup.interval.ms",
      &v->transaction_abort_timed_out_cleanup_interval_ms);
  get("transaction.remove.expired.transaction.cleanup.interval.ms", &v->transaction_remove_expired_cleanup_interval_ms);
  get("transaction.partition.verification.enable", &v->transaction_partition_verification_enable);
}

void read_security_and_quotas(const Reader& get, const Config& config, BrokerConfig* v) {
  get("authorizer.class.name", &v->authorizer_class_name);
  get("super.users", &v->super_users);
  get("allow.everyone.if.no.acl.found", &v->allow_everyone_if_no_acl_found);
  get("authorizer.zookeeper.url", &v->authorizer_zookeeper_url);
  get("authorizer.zookeeper.connection.timeout.ms", &v->authorizer_zookeeper_connection_timeout_ms);
  get("authorizer.zookeeper.session.timeout.ms", &v->authorizer_zookeeper_session_timeout_ms);
  get("authorizer.zookeeper.max.in.flight.requests", &v->authorizer_zookeeper_max_in_flight_requests);
  get("sasl.enabled.mechanisms", &v->sasl_enabled_mechanisms);
  get("sasl.mechanism.inter.broker.protocol", &v->sasl_mechanism_inter_broker_protocol);
  get("sasl.server.max.receive.size", &v->sasl_server_max_receive_size);
  v->delegation_token_secret_key = config.get("delegation.token.secret.key");
  if (!v->delegation_token_secret_key) v->delegation_token_secret_key = config.get("delegation.token.master.key");
  get("delegation.token.max.lifetime.ms", &v->delegation_token_max_lifetime_ms);
  get("delegation.token.expiry.time.ms", &v->delegation_token_expiry_time_ms);
  get("delegation.token.expiry.check.interval.ms", &v->delegation_token_expiry_check_interval_ms);
  get("quota.window.num", &v->quota_window_num);
  get("quota.window.size.seconds", &v->quota_window_size_seconds);
  get("replication.quota.window.num", &v->replication_quota_window_num);
  get("replication.quota.window.size.seconds", &v->replication_quota_window_size_seconds);
  get("controller.quota.window.num", &v->controller_quota_window_num);
  get("controller.quota.window.size.seconds", &v->controller_quota_window_size_seconds);
  get("leader.replication.throttled.rate", &v->leader_replication_throttled_rate);
  get("follower.replication.throttled.rate", &v->follower_replication_throttled_rate);
  get("replica.alter.log.dirs.io.max.bytes.per.second", &v->replica_alter_log_dirs_io_max_bytes_per_second);
}

}  // namespace

Result<BrokerConfig> parse_broker_config(const Config& config) {
  BrokerConfig v;
  Reader get(config);
  read_identity(get, config, &v);
  if (auto ok = read_listeners(config, &v); !ok) return ok.failure();
  if (auto ok = read_network(get, config, &v); !ok) return ok.failure();
  read_topics_and_logs(get, config, &v);
  read_replication(get, &v);
  read_coordinators(get, &v);
  read_security_and_quotas(get, config, &v);
  return v;
}

}  // namespace meerkat::config
