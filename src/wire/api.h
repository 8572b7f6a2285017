// The APIs of a broker in ZooKeeper mode, and the versions of headers and bodies that Kafka 3.9 knows of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "wire/field.h"

// clang-format off
/// X(key, name, Name): NameRequest and NameResponse are the messages.
#define MEERKAT_APIS(X) \
  X(0, produce, Produce) \
  X(1, fetch, Fetch) \
  X(2, list_offsets, ListOffsets) \
  X(3, metadata, Metadata) \
  X(4, leader_and_isr, LeaderAndIsr) \
  X(5, stop_replica, StopReplica) \
  X(6, update_metadata, UpdateMetadata) \
  X(7, controlled_shutdown, ControlledShutdown) \
  X(8, offset_commit, OffsetCommit) \
  X(9, offset_fetch, OffsetFetch) \
  X(10, find_coordinator, FindCoordinator) \
  X(11, join_group, JoinGroup) \
  X(12, heartbeat, Heartbeat) \
  X(13, leave_group, LeaveGroup) \
  X(14, sync_group, SyncGroup) \
  X(15, describe_groups, DescribeGroups) \
  X(16, list_groups, ListGroups) \
  X(17, sasl_handshake, SaslHandshake) \
  X(18, api_versions, ApiVersions) \
  X(19, create_topics, CreateTopics) \
  X(20, delete_topics, DeleteTopics) \
  X(21, delete_records, DeleteRecords) \
  X(22, init_producer_id, InitProducerId) \
  X(23, offset_for_leader_epoch, OffsetForLeaderEpoch) \
  X(24, add_partitions_to_txn, AddPartitionsToTxn) \
  X(25, add_offsets_to_txn, AddOffsetsToTxn) \
  X(26, end_txn, EndTxn) \
  X(27, write_txn_markers, WriteTxnMarkers) \
  X(28, txn_offset_commit, TxnOffsetCommit) \
  X(29, describe_acls, DescribeAcls) \
  X(30, create_acls, CreateAcls) \
  X(31, delete_acls, DeleteAcls) \
  X(32, describe_configs, DescribeConfigs) \
  X(33, alter_configs, AlterConfigs) \
  X(34, alter_replica_log_dirs, AlterReplicaLogDirs) \
  X(35, describe_log_dirs, DescribeLogDirs) \
  X(36, sasl_authenticate, SaslAuthenticate) \
  X(37, create_partitions, CreatePartitions) \
  X(38, create_delegation_token, CreateDelegationToken) \
  X(39, renew_delegation_token, RenewDelegationToken) \
  X(40, expire_delegation_token, ExpireDelegationToken) \
  X(41, describe_delegation_token, DescribeDelegationToken) \
  X(42, delete_groups, DeleteGroups) \
  X(43, elect_leaders, ElectLeaders) \
  X(44, incremental_alter_configs, IncrementalAlterConfigs) \
  X(45, alter_partition_reassignments, AlterPartitionReassignments) \
  X(46, list_partition_reassignments, ListPartitionReassignments) \
  X(47, offset_delete, OffsetDelete) \
  X(48, describe_client_quotas, DescribeClientQuotas) \
  X(49, alter_client_quotas, AlterClientQuotas) \
  X(50, describe_user_scram_credentials, DescribeUserScramCredentials) \
  X(51, alter_user_scram_credentials, AlterUserScramCredentials) \
  X(56, alter_partition, AlterPartition) \
  X(57, update_features, UpdateFeatures) \
  X(58, envelope, Envelope) \
  X(60, describe_cluster, DescribeCluster) \
  X(61, describe_producers, DescribeProducers) \
  X(65, describe_transactions, DescribeTransactions) \
  X(66, list_transactions, ListTransactions) \
  X(67, allocate_producer_ids, AllocateProducerIds) \
  X(68, consumer_group_heartbeat, ConsumerGroupHeartbeat) \
  X(69, consumer_group_describe, ConsumerGroupDescribe)
// clang-format on

namespace meerkat::wire {

enum class ApiKey : int16_t {
#define X(key, name, Name) name = key,
  MEERKAT_APIS(X)
#undef X
};

/// What the protocol fixes about an API. Which of its versions a broker offers is the broker's table's business.
struct ApiInfo {
  ApiKey key;
  std::string_view name;  // as Kafka spells it in metrics and logs: "Produce"
  Versions versions;
  int16_t first_flexible;  // kNeverFlexible if there is none

  bool flexible(int16_t version) const { return version >= first_flexible; }
  /// 2 for flexible versions, else 1; but ControlledShutdown v0 comes with header 0, which has no client id.
  int16_t request_header_version(int16_t version) const;
  /// 1 for flexible versions, else 0; but always 0 for ApiVersions, whose client may not know our versions yet
  /// (KIP-511).
  int16_t response_header_version(int16_t version) const;
};

/// All of them, by rising key.
std::span<const ApiInfo> apis();
/// The API of a key as it came from the wire; null if a broker in ZooKeeper mode has none of that key.
const ApiInfo* find_api(int16_t key);
const ApiInfo& api_info(ApiKey key);
/// "Produce"; "Unknown" for a key that is none of ours.
std::string_view name(ApiKey key);

}  // namespace meerkat::wire
