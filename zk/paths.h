// Every path in ZooKeeper, once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meerkat::zk::paths {

inline constexpr const char kConsumers[] = "/consumers";
inline constexpr const char kBrokerIds[] = "/brokers/ids";
inline constexpr const char kTopics[] = "/brokers/topics";
inline constexpr const char kBrokerSequenceId[] = "/brokers/seqid";
inline constexpr const char kController[] = "/controller";
inline constexpr const char kControllerEpoch[] = "/controller_epoch";
inline constexpr const char kConfig[] = "/config";
inline constexpr const char kConfigChanges[] = "/config/changes";
inline constexpr const char kConfigChangePrefix[] = "config_change_";
inline constexpr const char kDeleteTopics[] = "/admin/delete_topics";
inline constexpr const char kReassignPartitions[] = "/admin/reassign_partitions";
inline constexpr const char kPreferredReplicaElection[] = "/admin/preferred_replica_election";
inline constexpr const char kIsrChangeNotification[] = "/isr_change_notification";
inline constexpr const char kIsrChangePrefix[] = "isr_change_";
inline constexpr const char kLogDirEventNotification[] = "/log_dir_event_notification";
inline constexpr const char kLogDirEventPrefix[] = "log_dir_event_";
inline constexpr const char kProducerIdBlock[] = "/latest_producer_id_block";
inline constexpr const char kCluster[] = "/cluster";
inline constexpr const char kClusterId[] = "/cluster/id";
inline constexpr const char kFeature[] = "/feature";
inline constexpr const char kDelegationTokens[] = "/delegation_token/tokens";
inline constexpr const char kTokenChanges[] = "/delegation_token/token_changes";
inline constexpr const char kMigration[] = "/migration";
inline constexpr const char kLiteralAcls[] = "/kafka-acl";
inline constexpr const char kLiteralAclChanges[] = "/kafka-acl-changes";
inline constexpr const char kPrefixedAcls[] = "/kafka-acl-extended/prefixed";
inline constexpr const char kExtendedAclChanges[] = "/kafka-acl-extended-changes";
inline constexpr const char kAclChangePrefix[] = "acl_changes_";

/// /brokers/ids/N
std::string broker(int32_t broker_id);
/// /brokers/topics/T
std::string topic(std::string_view topic);
/// /brokers/topics/T/partitions
std::string partitions(std::string_view topic);
/// /brokers/topics/T/partitions/P
std::string partition(std::string_view topic, int32_t partition);
/// /brokers/topics/T/partitions/P/state
std::string partition_state(std::string_view topic, int32_t partition);
/// /admin/delete_topics/T
std::string delete_topic(std::string_view topic);
/// /config/ENTITY, where ENTITY is for example topics/T or users/alice/clients/app1, already sanitized.
std::string config(std::string_view entity_path);
/// /consumers/G/ids, and /consumers/G/ids/CONSUMER
std::string consumer_ids(std::string_view group);
std::string consumer_id(std::string_view group, std::string_view consumer);
/// /consumers/G/owners/T/P
std::string consumer_owner(std::string_view group, std::string_view topic, int32_t partition);
/// /consumers/G/offsets, and below it /T and /T/P
std::string consumer_offsets(std::string_view group);
std::string consumer_offsets(std::string_view group, std::string_view topic);
std::string consumer_offset(std::string_view group, std::string_view topic, int32_t partition);

/// The folder of a path: "/a/b" for "/a/b/c", "/" for "/a".
std::string_view parent(std::string_view path);
/// The last part of a path.
std::string_view leaf(std::string_view path);
/// The number in a child name ("12" below /brokers/ids); nothing if it is not one, or out of range.
std::optional<int32_t> parse_id(std::string_view name);
/// The sequence number of a sequential node's name ("config_change_0000000007" with prefix "config_change_" is 7).
std::optional<int64_t> parse_sequence(std::string_view name, std::string_view prefix);

}  // namespace meerkat::zk::paths
