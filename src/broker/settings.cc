#include "broker/settings.h"

#include <glog/logging.h>

#include <algorithm>

#include "record/format.h"
#include "replica/rack_selector.h"

namespace meerkat::broker {

zk::Session::Options session_options(const config::Config& all) {
  const config::BrokerConfig& config = all.values();
  zk::Session::Options options;
  options.connect = config.zookeeper_connect;
  options.session_timeout = std::chrono::milliseconds(config.zookeeper_session_timeout_ms);
  options.connection_timeout = std::chrono::milliseconds(config.zookeeper_connection_timeout_ms);
  // The reference's default of 10 makes a controller's failover wait for one round trip every ten partitions; where
  // nobody asked for it, as much is under way as a server takes from a client in one go.
  constexpr int kInFlight = 512;
  const char* in_flight = "zookeeper.max.in.flight.requests";
  options.max_in_flight =
      all.source(in_flight) == config::Source::default_config ? kInFlight : config.zookeeper_max_in_flight_requests;
  options.secure_acls = config.zookeeper_set_acl;
  return options;
}

zk::Session::Options acl_session_options(const config::Config& all) {
  const config::BrokerConfig& config = all.values();
  zk::Session::Options options = session_options(all);
  using std::chrono::milliseconds;
  if (config.authorizer_zookeeper_url) options.connect = *config.authorizer_zookeeper_url;
  if (auto ms = config.authorizer_zookeeper_session_timeout_ms) options.session_timeout = milliseconds(*ms);
  if (auto ms = config.authorizer_zookeeper_connection_timeout_ms) options.connection_timeout = milliseconds(*ms);
  if (auto limit = config.authorizer_zookeeper_max_in_flight_requests) options.max_in_flight = *limit;
  return options;
}

net::ConnectionLimits connection_limits(const config::BrokerConfig& config) {
  net::ConnectionLimits limits;
  limits.max_connections = config.max_connections;
  limits.max_connections_per_ip = config.max_connections_per_ip;
  limits.per_ip_overrides.insert(config.max_connections_per_ip_overrides.begin(),
                                 config.max_connections_per_ip_overrides.end());
  limits.max_creation_rate = config.max_connection_creation_rate;
  return limits;
}

net::ServerConfig server_config(const config::BrokerConfig& config) {
  net::ServerConfig server;
  server.network_threads = config.num_network_threads;
  server.request_max_bytes = config.socket_request_max_bytes;
  server.queued_max_request_bytes = config.queued_max_request_bytes;
  server.send_buffer_bytes = config.socket_send_buffer_bytes;
  server.receive_buffer_bytes = config.socket_receive_buffer_bytes;
  server.backlog = config.socket_listen_backlog_size;
  server.max_idle_ms = config.connections_max_idle_ms;
  if (config.listeners.size() > 1) server.protected_listener = config.inter_broker_listener_name;
  server.limits = connection_limits(config);
  return server;
}

namespace {

/// compression.type; "producer" is no codec.
int8_t compression_codec(std::string_view type) {
  using record::Codec;
  if (type == "uncompressed") return static_cast<int8_t>(Codec::none);
  for (Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    if (type == record::name(codec)) return static_cast<int8_t>(codec);
  }
  return storage::LogConfig::kProducerCodec;
}

}  // namespace

storage::LogConfig log_config(const config::TopicConfig& topic) {
  storage::LogConfig log;
  log.cleanup_delete = topic.cleanup_delete;
  log.cleanup_compact = topic.cleanup_compact;
  log.retention_ms = topic.retention_ms;
  log.retention_bytes = topic.retention_bytes;
  log.segment_bytes = topic.segment_bytes;
  log.segment_ms = topic.segment_ms;
  log.segment_jitter_ms = topic.segment_jitter_ms;
  log.segment_index_bytes = topic.segment_index_bytes;
  log.index_interval_bytes = topic.index_interval_bytes;
  log.min_insync_replicas = topic.min_insync_replicas;
  log.max_message_bytes = topic.max_message_bytes;
  log.compression_codec = compression_codec(topic.compression_type);
  log.compression_gzip_level = topic.compression_gzip_level;
  log.compression_lz4_level = topic.compression_lz4_level;
  log.compression_zstd_level = topic.compression_zstd_level;
  log.unclean_leader_election_enable = topic.unclean_leader_election_enable;
  log.message_timestamp_log_append = topic.log_append_time;
  log.message_timestamp_before_max_ms = topic.message_timestamp_before_max_ms;
  log.message_timestamp_after_max_ms = topic.message_timestamp_after_max_ms;
  log.message_downconversion_enable = topic.message_downconversion_enable;
  log.min_cleanable_dirty_ratio = topic.min_cleanable_dirty_ratio;
  log.delete_retention_ms = topic.delete_retention_ms;
  log.min_compaction_lag_ms = topic.min_compaction_lag_ms;
  log.max_compaction_lag_ms = topic.max_compaction_lag_ms;
  log.file_delete_delay_ms = topic.file_delete_delay_ms;
  log.flush_messages = topic.flush_messages;
  log.flush_ms = topic.flush_ms;
  log.preallocate = topic.preallocate;
  log.leader_replication_throttled_replicas = topic.leader_replication_throttled_replicas;
  std::sort(log.leader_replication_throttled_replicas.begin(), log.leader_replication_throttled_replicas.end());
  log.follower_replication_throttled_replicas = topic.follower_replication_throttled_replicas;
  std::sort(log.follower_replication_throttled_replicas.begin(), log.follower_replication_throttled_replicas.end());
  return log;
}

storage::CleanerConfig cleaner_config(const config::BrokerConfig& config) {
  storage::CleanerConfig cleaner;
  cleaner.threads = config.log_cleaner_threads;
  cleaner.dedupe_buffer_size = config.log_cleaner_dedupe_buffer_size;
  cleaner.io_buffer_load_factor = config.log_cleaner_io_buffer_load_factor;
  cleaner.io_buffer_size = config.log_cleaner_io_buffer_size;
  cleaner.io_max_bytes_per_second = config.log_cleaner_io_max_bytes_per_second;
  cleaner.backoff_ms = config.log_cleaner_backoff_ms;
  return cleaner;
}

storage::LogManagerOptions log_manager_options(const config::Config& all) {
  const config::BrokerConfig& config = all.values();
  storage::LogManagerOptions options;
  options.log_dirs = config.log_dirs;
  // Kafka's default is one thread; where nobody asked for it, all cores help.
  const char* threads = "num.recovery.threads.per.data.dir";
  if (all.source(threads) != config::Source::default_config) {
    options.num_recovery_threads_per_data_dir = config.num_recovery_threads_per_data_dir;
  }
  options.log_retention_check_interval_ms = config.log_retention_check_interval_ms;
  options.log_flush_scheduler_interval_ms = config.log_flush_scheduler_interval_ms;
  options.log_flush_offset_checkpoint_interval_ms = config.log_flush_offset_checkpoint_interval_ms;
  options.log_flush_start_offset_checkpoint_interval_ms = config.log_flush_start_offset_checkpoint_interval_ms;
  options.replica_high_watermark_checkpoint_interval_ms = config.replica_high_watermark_checkpoint_interval_ms;
  options.disk_reserve_bytes = config.meerkat_log_disk_reserve_bytes;
  options.log_cleaner_enable = config.log_cleaner_enable;
  options.cleaner = cleaner_config(config);
  options.producer_id_expiration_ms = config.producer_id_expiration_ms;
  options.producer_id_expiration_check_interval_ms = config.producer_id_expiration_check_interval_ms;
  options.transaction_partition_verification_enable = config.transaction_partition_verification_enable;
  return options;
}

replica::ReplicaSettings replica_settings(const config::BrokerConfig& config, int32_t broker_id) {
  replica::ReplicaSettings settings;
  settings.broker_id = broker_id;
  settings.replica_lag_time_max_ms = config.replica_lag_time_max_ms;
  settings.fetch_max_bytes = config.fetch_max_bytes;
  settings.max_incremental_fetch_session_cache_slots = config.max_incremental_fetch_session_cache_slots;
  settings.quota_window_num = config.replication_quota_window_num;
  settings.quota_window_size_seconds = config.replication_quota_window_size_seconds;
  return settings;
}

replica::FetcherSettings fetcher_settings(const config::BrokerConfig& config) {
  replica::FetcherSettings settings;
  settings.listener = config.inter_broker_listener_name;
  settings.num_replica_fetchers = config.num_replica_fetchers;
  settings.wait_max_ms = config.replica_fetch_wait_max_ms;
  settings.min_bytes = config.replica_fetch_min_bytes;
  settings.max_bytes = config.replica_fetch_max_bytes;
  settings.response_max_bytes = config.replica_fetch_response_max_bytes;
  settings.backoff_ms = config.replica_fetch_backoff_ms;
  settings.socket_timeout_ms = config.replica_socket_timeout_ms;
  settings.receive_buffer_bytes = config.replica_socket_receive_buffer_bytes;
  return settings;
}

std::unique_ptr<replica::ReplicaSelector> replica_selector(const config::BrokerConfig& config) {
  constexpr std::string_view kRackAware = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
  if (!config.replica_selector_class || config.replica_selector_class->empty()) return nullptr;
  if (*config.replica_selector_class == kRackAware) return std::make_unique<replica::RackSelector>();
  LOG(WARNING) << "replica.selector.class " << *config.replica_selector_class
               << " is not known, so consumers read from "
               << "leaders; known is " << kRackAware;
  return nullptr;
}

group::Settings group_settings(const config::BrokerConfig& config) {
  group::Settings settings;
  settings.min_session_timeout_ms = config.group_min_session_timeout_ms;
  settings.max_session_timeout_ms = config.group_max_session_timeout_ms;
  settings.initial_rebalance_delay_ms = config.group_initial_rebalance_delay_ms;
  settings.max_size = config.group_max_size;
  settings.offset_metadata_max_size = config.offset_metadata_max_bytes;
  settings.offsets_retention_ms = int64_t{config.offsets_retention_minutes} * 60'000;
  settings.retention_check_interval_ms = config.offsets_retention_check_interval_ms;
  settings.required_acks = config.offsets_commit_required_acks;
  settings.commit_timeout_ms = config.offsets_commit_timeout_ms;
  settings.codec = static_cast<record::Codec>(config.offsets_topic_compression_codec);
  settings.versions = group::record_versions(config.inter_broker_protocol_version);
  return settings;
}

replica::VerificationSender::Settings verification_settings(const config::BrokerConfig& config, int32_t broker_id) {
  return {.broker_id = broker_id,
          .listener = config.inter_broker_listener_name,
          .state_topic_partitions = config.transaction_state_log_num_partitions,
          .request_timeout_ms = config.request_timeout_ms};
}

txn::Settings transaction_settings(const config::BrokerConfig& config, int32_t broker_id) {
  txn::Settings settings;
  settings.broker_id = broker_id;
  settings.listener = config.inter_broker_listener_name;
  settings.max_timeout_ms = config.transaction_max_timeout_ms;
  settings.id_expiration_ms = config.transactional_id_expiration_ms;
  settings.abort_check_interval_ms = config.transaction_abort_timed_out_cleanup_interval_ms;
  settings.expiration_check_interval_ms = config.transaction_remove_expired_cleanup_interval_ms;
  settings.request_timeout_ms = config.request_timeout_ms;
  settings.markers_version = txn::markers_version(config.inter_broker_protocol_version);
  return settings;
}

controller::Settings controller_settings(const config::BrokerConfig& config, int32_t broker_id) {
  controller::Settings settings;
  settings.broker_id = broker_id;
  settings.listener = config.control_plane_listener_name.value_or(config.inter_broker_listener_name);
  settings.inter_broker_listener = config.inter_broker_listener_name;
  settings.socket_timeout_ms = config.controller_socket_timeout_ms;
  settings.delete_topic_enable = config.delete_topic_enable;
  settings.auto_leader_rebalance_enable = config.auto_leader_rebalance_enable;
  settings.imbalance_check_interval_seconds = config.leader_imbalance_check_interval_seconds;
  settings.imbalance_per_broker_percentage = config.leader_imbalance_per_broker_percentage;
  return settings;
}

cluster::TopicAdmin::Settings topic_admin_settings(const config::BrokerConfig& config) {
  cluster::TopicAdmin::Settings settings;
  settings.default_partitions = config.num_partitions;
  settings.default_replication_factor = config.default_replication_factor;
  return settings;
}

}  // namespace meerkat::broker
