// The broker configs that the code acts on, parsed: plain data, made by Config. Times are milliseconds and sizes bytes
// unless the name says otherwise; the meaning of each is in the table (docs/configs.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/listeners.h"

namespace meerkat::config {

struct BrokerConfig {
  // Identity and ZooKeeper
  int32_t broker_id = -1;  // -1: generated
  bool broker_id_generation_enable = true;
  int32_t reserved_broker_max_id = 1000;
  std::optional<std::string> broker_rack;
  std::string zookeeper_connect;
  int32_t zookeeper_session_timeout_ms = 18'000;
  int32_t zookeeper_connection_timeout_ms = 18'000;  // falls back to the session timeout
  int32_t zookeeper_max_in_flight_requests = 10;
  bool zookeeper_set_acl = false;
  std::string inter_broker_protocol_version;  // e.g. 3.9-IV0

  // Listeners
  std::vector<ListenerEndpoint> listeners;
  std::vector<ListenerEndpoint> advertised_listeners;  // falls back to listeners
  std::map<std::string, std::string> listener_security_protocol_map;
  std::string inter_broker_listener_name;
  std::string inter_broker_security_protocol;
  std::optional<std::string> control_plane_listener_name;

  // Network and threads
  int32_t num_network_threads = 3;
  int32_t num_io_threads = 8;
  int32_t background_threads = 10;
  int32_t num_replica_fetchers = 1;
  int32_t num_recovery_threads_per_data_dir = 1;
  int32_t num_replica_alter_log_dirs_threads = 1;  // falls back to the number of log directories
  int32_t queued_max_requests = 500;
  int64_t queued_max_request_bytes = -1;  // -1: without limit
  int32_t socket_request_max_bytes = 104'857'600;
  int32_t socket_send_buffer_bytes = 102'400;     // -1: the system's
  int32_t socket_receive_buffer_bytes = 102'400;  // -1: the system's
  int32_t socket_listen_backlog_size = 50;
  int64_t socket_connection_setup_timeout_ms = 10'000;
  int64_t socket_connection_setup_timeout_max_ms = 30'000;
  int32_t request_timeout_ms = 30'000;
  int64_t connections_max_idle_ms = 600'000;
  int64_t connections_max_reauth_ms = 0;
  int32_t max_connections = 2'147'483'647;
  int32_t max_connections_per_ip = 2'147'483'647;
  std::map<std::string, int32_t> max_connections_per_ip_overrides;
  int32_t max_connection_creation_rate = 2'147'483'647;
  int32_t connection_failed_authentication_delay_ms = 100;
  int32_t max_request_partition_size_limit = 2000;

  // Topics
  bool auto_create_topics_enable = true;
  bool delete_topic_enable = true;
  int32_t num_partitions = 1;
  int32_t default_replication_factor = 1;
  int32_t min_insync_replicas = 1;
  bool unclean_leader_election_enable = false;
  bool auto_leader_rebalance_enable = true;
  int64_t leader_imbalance_check_interval_seconds = 300;
  int32_t leader_imbalance_per_broker_percentage = 10;

  // Log
  std::vector<std::string> log_dirs;
  int32_t message_max_bytes = 1'048'588;
  int64_t log_retention_check_interval_ms = 300'000;
  int64_t log_flush_scheduler_interval_ms = 9'223'372'036'854'775'807;
  int64_t log_flush_offset_checkpoint_interval_ms = 60'000;
  int64_t log_flush_start_offset_checkpoint_interval_ms = 60'000;
  int64_t log_initial_task_delay_ms = 30'000;
  int64_t log_dir_failure_timeout_ms = 30'000;
  bool log_cleaner_enable = true;
  int32_t log_cleaner_threads = 1;
  int64_t log_cleaner_dedupe_buffer_size = 134'217'728;
  int32_t log_cleaner_io_buffer_size = 524'288;
  double log_cleaner_io_buffer_load_factor = 0.9;
  double log_cleaner_io_max_bytes_per_second = 1.7976931348623157E308;
  int64_t log_cleaner_backoff_ms = 15'000;
  int32_t producer_id_expiration_ms = 86'400'000;
  int32_t producer_id_expiration_check_interval_ms = 600'000;

  // Replication
  int64_t replica_lag_time_max_ms = 30'000;
  int32_t replica_fetch_max_bytes = 1'048'576;
  int32_t replica_fetch_wait_max_ms = 500;
  int32_t replica_fetch_min_bytes = 1;
  int32_t replica_fetch_response_max_bytes = 10'485'760;
  int32_t replica_fetch_backoff_ms = 1000;
  int32_t replica_socket_timeout_ms = 30'000;
  int32_t replica_socket_receive_buffer_bytes = 65'536;
  int64_t replica_high_watermark_checkpoint_interval_ms = 5000;
  std::optional<std::string> replica_selector_class;
  int32_t fetch_max_bytes = 57'671'680;
  int32_t max_incremental_fetch_session_cache_slots = 1000;
  int32_t fetch_purgatory_purge_interval_requests = 1000;
  int32_t producer_purgatory_purge_interval_requests = 1000;
  int32_t delete_records_purgatory_purge_interval_requests = 1;
  int32_t controller_socket_timeout_ms = 30'000;
  bool controlled_shutdown_enable = true;
  int32_t controlled_shutdown_max_retries = 3;
  int64_t controlled_shutdown_retry_backoff_ms = 5000;

  // Groups
  int32_t offsets_topic_num_partitions = 50;
  int16_t offsets_topic_replication_factor = 3;
  int32_t offsets_topic_segment_bytes = 104'857'600;
  int32_t offsets_topic_compression_codec = 0;
  int32_t offsets_retention_minutes = 10'080;
  int64_t offsets_retention_check_interval_ms = 600'000;
  int32_t offsets_commit_timeout_ms = 5000;
  int16_t offsets_commit_required_acks = -1;
  int32_t offsets_load_buffer_size = 5'242'880;
  int32_t offset_metadata_max_bytes = 4096;
  int32_t group_min_session_timeout_ms = 6000;
  int32_t group_max_session_timeout_ms = 1'800'000;
  int32_t group_initial_rebalance_delay_ms = 3000;
  int32_t group_max_size = 2'147'483'647;

  // Transactions
  int32_t transaction_state_log_num_partitions = 50;
  int16_t transaction_state_log_replication_factor = 3;
  int32_t transaction_state_log_min_isr = 2;
  int32_t transaction_state_log_segment_bytes = 104'857'600;
  int32_t transaction_state_log_load_buffer_size = 5'242'880;
  int32_t transaction_max_timeout_ms = 900'000;
  int32_t transactional_id_expiration_ms = 604'800'000;
  int32_t transaction_abort_timed_out_cleanup_interval_ms = 10'000;
  int32_t transaction_remove_expired_cleanup_interval_ms = 3'600'000;
  bool transaction_partition_verification_enable = true;

  // Security (per-listener values of ssl.* and sasl.* are asked of Config by their prefixed names)
  std::string authorizer_class_name;  // empty: none
  std::string super_users;
  bool allow_everyone_if_no_acl_found = false;
  std::optional<std::string> authorizer_zookeeper_url;
  std::optional<int32_t> authorizer_zookeeper_connection_timeout_ms;
  std::optional<int32_t> authorizer_zookeeper_session_timeout_ms;
  std::optional<int32_t> authorizer_zookeeper_max_in_flight_requests;
  std::vector<std::string> sasl_enabled_mechanisms;
  std::string sasl_mechanism_inter_broker_protocol;
  int32_t sasl_server_max_receive_size = 524'288;
  std::optional<std::string> delegation_token_secret_key;
  int64_t delegation_token_max_lifetime_ms = 604'800'000;
  int64_t delegation_token_expiry_time_ms = 86'400'000;
  int64_t delegation_token_expiry_check_interval_ms = 3'600'000;

  // Quotas
  int32_t quota_window_num = 11;
  int32_t quota_window_size_seconds = 1;
  int32_t replication_quota_window_num = 11;
  int32_t replication_quota_window_size_seconds = 1;
  int32_t controller_quota_window_num = 11;
  int32_t controller_quota_window_size_seconds = 1;
  int64_t leader_replication_throttled_rate = 9'223'372'036'854'775'807;    // bytes/s, dynamic only
  int64_t follower_replication_throttled_rate = 9'223'372'036'854'775'807;  // bytes/s, dynamic only
  int64_t meerkat_log_disk_reserve_bytes = 0;
  int64_t replica_alter_log_dirs_io_max_bytes_per_second = 9'223'372'036'854'775'807;  // dynamic only

  // Tiered storage is not there, but its switch decides which topic configs are refused
  bool remote_log_storage_system_enable = false;

  // Meerkat's own
  int64_t meerkat_log_disk_stall_timeout_ms = 30'000;
  bool meerkat_zookeeper_session_guard_enable = true;
};

}  // namespace meerkat::config
