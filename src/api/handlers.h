// The handlers, one file an API (or a family of small ones). Each answers its Reply exactly once; on which thread it is
// called, table.cc says.
#pragma once

#include <span>

#include "api/request.h"

// clang-format off
/// X(name, Name): the APIs that have a handler.
#define MEERKAT_HANDLERS(X) \
  X(produce, Produce) \
  X(fetch, Fetch) \
  X(list_offsets, ListOffsets) \
  X(metadata, Metadata) \
  X(leader_and_isr, LeaderAndIsr) \
  X(stop_replica, StopReplica) \
  X(update_metadata, UpdateMetadata) \
  X(controlled_shutdown, ControlledShutdown) \
  X(offset_commit, OffsetCommit) \
  X(offset_fetch, OffsetFetch) \
  X(find_coordinator, FindCoordinator) \
  X(join_group, JoinGroup) \
  X(heartbeat, Heartbeat) \
  X(leave_group, LeaveGroup) \
  X(sync_group, SyncGroup) \
  X(describe_groups, DescribeGroups) \
  X(list_groups, ListGroups) \
  X(sasl_handshake, SaslHandshake) \
  X(api_versions, ApiVersions) \
  X(create_topics, CreateTopics) \
  X(delete_topics, DeleteTopics) \
  X(delete_records, DeleteRecords) \
  X(init_producer_id, InitProducerId) \
  X(offset_for_leader_epoch, OffsetForLeaderEpoch) \
  X(add_partitions_to_txn, AddPartitionsToTxn) \
  X(add_offsets_to_txn, AddOffsetsToTxn) \
  X(end_txn, EndTxn) \
  X(write_txn_markers, WriteTxnMarkers) \
  X(txn_offset_commit, TxnOffsetCommit) \
  X(describe_acls, DescribeAcls) \
  X(create_acls, CreateAcls) \
  X(delete_acls, DeleteAcls) \
  X(describe_configs, DescribeConfigs) \
  X(alter_configs, AlterConfigs) \
  X(alter_replica_log_dirs, AlterReplicaLogDirs) \
  X(describe_log_dirs, DescribeLogDirs) \
  X(sasl_authenticate, SaslAuthenticate) \
  X(create_partitions, CreatePartitions) \
  X(create_delegation_token, CreateDelegationToken) \
  X(renew_delegation_token, RenewDelegationToken) \
  X(expire_delegation_token, ExpireDelegationToken) \
  X(describe_delegation_token, DescribeDelegationToken) \
  X(delete_groups, DeleteGroups) \
  X(elect_leaders, ElectLeaders) \
  X(incremental_alter_configs, IncrementalAlterConfigs) \
  X(alter_partition_reassignments, AlterPartitionReassignments) \
  X(list_partition_reassignments, ListPartitionReassignments) \
  X(offset_delete, OffsetDelete) \
  X(describe_client_quotas, DescribeClientQuotas) \
  X(alter_client_quotas, AlterClientQuotas) \
  X(describe_user_scram_credentials, DescribeUserScramCredentials) \
  X(alter_user_scram_credentials, AlterUserScramCredentials) \
  X(alter_partition, AlterPartition) \
  X(update_features, UpdateFeatures) \
  X(envelope, Envelope) \
  X(describe_cluster, DescribeCluster) \
  X(describe_producers, DescribeProducers) \
  X(describe_transactions, DescribeTransactions) \
  X(list_transactions, ListTransactions) \
  X(allocate_producer_ids, AllocateProducerIds) \
  X(consumer_group_heartbeat, ConsumerGroupHeartbeat) \
  X(consumer_group_describe, ConsumerGroupDescribe)
// clang-format on

namespace meerkat::wire {
#define X(name, Name)   \
  struct Name##Request; \
  struct Name##Response;
MEERKAT_HANDLERS(X)
#undef X
}  // namespace meerkat::wire

namespace meerkat::api {

struct Services;

#define X(name, Name) \
  void name(Services& services, RequestContext context, wire::Name##Request request, Reply<wire::Name##Response> reply);
MEERKAT_HANDLERS(X)
#undef X

/// A decoded request, and where its answer goes.
template <class Request, class Response>
struct Call {
  RequestContext context;
  Request request;
  Reply<Response> reply;
};

/// Produce requests of one connection that came together and name no transaction.
void produce_all(Services& services, std::span<Call<wire::ProduceRequest, wire::ProduceResponse>> calls);

}  // namespace meerkat::api
