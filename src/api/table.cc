#include "api/table.h"

#include <glog/logging.h>

#include <array>
#include <optional>
#include <vector>

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/refusal.h"
#include "wire/codec.h"
#include "wire/messages/all.h"

namespace meerkat::api {
namespace {

template <class Request, class Response>
using Handler = void (*)(Services&, RequestContext, Request, Reply<Response>);

/// The body as the handler wants it; closes the connection if it is malformed.
template <class Request, class Response>
std::optional<Request> decode_body(const RequestContext& context, ByteView body, Reply<Response>& reply) {
  auto request = wire::decode<Request>(body, context.version());
  if (request) return std::move(*request);
  LOG_EVERY_N(WARNING, 20) << "closing the connection of " << context.peer->host << ":" << context.peer->port << ": "
                           << wire::name(context.header.api_key()) << " v" << context.version()
                           << " is malformed: " << request.error().message;
  reply.close();
  return std::nullopt;
}

/// The one question to ask before the handler is called, if there is one.
constexpr std::optional<security::Operation> cluster_operation(Access access) {
  switch (access) {
    case Access::cluster_action:
      return security::Operation::cluster_action;
    case Access::alter:
      return security::Operation::alter;
    case Access::alter_configs:
      return security::Operation::alter_configs;
    case Access::describe:
      return security::Operation::describe;
    case Access::describe_configs:
      return security::Operation::describe_configs;
    default:
      return std::nullopt;
  }
}

/// A version that decode() knows for a request: for ApiVersions from the future, the newest of ours.
template <class Request, class Response, Handler<Request, Response> handler, Access access>
void run(Services& services, RequestContext context, ByteView body, net::Responder responder) {
  Reply<Response> reply(context.header, std::move(responder));
  if constexpr (std::is_same_v<Request, wire::ApiVersionsRequest>) {
    if (!Request::kVersions.has(context.version())) return handler(services, std::move(context), {}, std::move(reply));
  }
  auto request = decode_body<Request>(context, body, reply);
  if (!request) return;
  if constexpr (constexpr auto operation = cluster_operation(access); operation.has_value()) {
    if (!Gate(services, context).cluster(*operation)) {
      return reply.send(refusal<Response>(*request, wire::ErrorCode::cluster_authorization_failed));
    }
  }
  handler(services, std::move(context), std::move(*request), std::move(reply));
}

/// Those behind a malformed one are not looked at: the connection closes.
template <class Request, class Response, void (*handler)(Services&, std::span<Call<Request, Response>>)>
void run_all(Services& services, std::span<Incoming> requests) {
  std::vector<Call<Request, Response>> calls;
  calls.reserve(requests.size());
  for (Incoming& incoming : requests) {
    Reply<Response> reply(incoming.context.header, std::move(incoming.responder));
    auto request = decode_body<Request>(incoming.context, incoming.body, reply);
    if (!request) break;
    calls.push_back({std::move(incoming.context), std::move(*request), std::move(reply)});
  }
  handler(services, calls);
}

constexpr bool kPipelined = true;

// clang-format off
#define ROW(name, Name, first, last, where, access, pipelined) \
  Api{wire::ApiKey::name, wire::between(first, last), Where::where, Access::access, pipelined, \
      &run<wire::Name##Request, wire::Name##Response, &name, Access::access>, nullptr}

/// The versions are those that Kafka 3.9.1 advertises.
constexpr Api kApis[] = {
    Api{wire::ApiKey::produce, wire::between(0, 11), Where::loop, Access::by_handler, kPipelined,
        &run<wire::ProduceRequest, wire::ProduceResponse, &produce, Access::by_handler>,
        &run_all<wire::ProduceRequest, wire::ProduceResponse, &produce_all>},
    ROW(fetch, Fetch, 0, 17, loop, by_handler, false),
    ROW(list_offsets, ListOffsets, 0, 9, loop, by_handler, false),
    ROW(metadata, Metadata, 0, 12, loop, by_handler, false),
    ROW(leader_and_isr, LeaderAndIsr, 0, 7, loop, cluster_action, false),
    ROW(stop_replica, StopReplica, 0, 4, loop, cluster_action, false),
    ROW(update_metadata, UpdateMetadata, 0, 8, loop, cluster_action, false),
    ROW(controlled_shutdown, ControlledShutdown, 0, 3, loop, cluster_action, false),
    ROW(offset_commit, OffsetCommit, 0, 9, loop, by_handler, false),
    ROW(offset_fetch, OffsetFetch, 0, 9, loop, by_handler, false),
    ROW(find_coordinator, FindCoordinator, 0, 6, loop, by_handler, false),
    ROW(join_group, JoinGroup, 0, 9, loop, by_handler, false),
    ROW(heartbeat, Heartbeat, 0, 4, loop, by_handler, false),
    ROW(leave_group, LeaveGroup, 0, 5, loop, by_handler, false),
    ROW(sync_group, SyncGroup, 0, 5, loop, by_handler, false),
    ROW(describe_groups, DescribeGroups, 0, 5, loop, by_handler, false),
    ROW(list_groups, ListGroups, 0, 5, loop, by_handler, false),
    ROW(sasl_handshake, SaslHandshake, 0, 1, loop, open, false),
    ROW(api_versions, ApiVersions, 0, 4, loop, open, false),
    ROW(create_topics, CreateTopics, 0, 7, worker, by_handler, false),
    ROW(delete_topics, DeleteTopics, 0, 6, worker, by_handler, false),
    ROW(delete_records, DeleteRecords, 0, 2, loop, by_handler, false),
    ROW(init_producer_id, InitProducerId, 0, 5, loop, by_handler, false),
    ROW(offset_for_leader_epoch, OffsetForLeaderEpoch, 0, 4, loop, by_handler, false),
    ROW(add_partitions_to_txn, AddPartitionsToTxn, 0, 5, loop, by_handler, false),
    ROW(add_offsets_to_txn, AddOffsetsToTxn, 0, 4, loop, by_handler, false),
    ROW(end_txn, EndTxn, 0, 4, loop, by_handler, false),
    ROW(write_txn_markers, WriteTxnMarkers, 0, 1, loop, by_handler, false),
    ROW(txn_offset_commit, TxnOffsetCommit, 0, 4, loop, by_handler, false),
    ROW(describe_acls, DescribeAcls, 0, 3, loop, describe, false),
    ROW(create_acls, CreateAcls, 0, 3, worker, alter, false),
    ROW(delete_acls, DeleteAcls, 0, 3, worker, alter, false),
    ROW(describe_configs, DescribeConfigs, 0, 4, worker, by_handler, false),
    ROW(alter_configs, AlterConfigs, 0, 2, worker, by_handler, false),
    ROW(alter_replica_log_dirs, AlterReplicaLogDirs, 0, 2, loop, alter, false),
    ROW(describe_log_dirs, DescribeLogDirs, 0, 4, worker, describe, false),
    ROW(sasl_authenticate, SaslAuthenticate, 0, 2, loop, open, false),
    ROW(create_partitions, CreatePartitions, 0, 3, worker, by_handler, false),
    ROW(create_delegation_token, CreateDelegationToken, 0, 3, loop, open, false),
    ROW(renew_delegation_token, RenewDelegationToken, 0, 2, loop, open, false),
    ROW(expire_delegation_token, ExpireDelegationToken, 0, 2, loop, open, false),
    ROW(describe_delegation_token, DescribeDelegationToken, 0, 3, loop, open, false),
    ROW(delete_groups, DeleteGroups, 0, 2, loop, by_handler, false),
    ROW(elect_leaders, ElectLeaders, 0, 2, loop, alter, false),
    ROW(incremental_alter_configs, IncrementalAlterConfigs, 0, 1, worker, by_handler, false),
    ROW(alter_partition_reassignments, AlterPartitionReassignments, 0, 0, loop, alter, false),
    ROW(list_partition_reassignments, ListPartitionReassignments, 0, 0, loop, describe, false),
    ROW(offset_delete, OffsetDelete, 0, 0, loop, by_handler, false),
    ROW(describe_client_quotas, DescribeClientQuotas, 0, 1, worker, describe_configs, false),
    ROW(alter_client_quotas, AlterClientQuotas, 0, 1, worker, alter_configs, false),
    ROW(describe_user_scram_credentials, DescribeUserScramCredentials, 0, 0, worker, describe, false),
    ROW(alter_user_scram_credentials, AlterUserScramCredentials, 0, 0, worker, alter, false),
    ROW(alter_partition, AlterPartition, 0, 3, loop, cluster_action, false),
    ROW(update_features, UpdateFeatures, 0, 1, loop, alter, false),
    ROW(envelope, Envelope, 0, 0, loop, open, false),
    ROW(describe_cluster, DescribeCluster, 0, 1, loop, by_handler, false),
    ROW(describe_producers, DescribeProducers, 0, 0, loop, by_handler, false),
    ROW(describe_transactions, DescribeTransactions, 0, 0, loop, by_handler, false),
    ROW(list_transactions, ListTransactions, 0, 1, loop, by_handler, false),
    ROW(allocate_producer_ids, AllocateProducerIds, 0, 0, loop, cluster_action, false),
    ROW(consumer_group_heartbeat, ConsumerGroupHeartbeat, 0, 0, loop, open, false),
    ROW(consumer_group_describe, ConsumerGroupDescribe, 0, 0, loop, open, false),
};
#undef ROW
// clang-format on

constexpr int16_t kMaxKey = 80;

constexpr auto kByKey = [] {
  std::array<const Api*, kMaxKey> by_key{};
  for (const Api& api : kApis) by_key[static_cast<size_t>(api.key)] = &api;
  return by_key;
}();

}  // namespace

std::span<const Api> apis() { return kApis; }

const Api* find_api(int16_t key) { return key >= 0 && key < kMaxKey ? kByKey[static_cast<size_t>(key)] : nullptr; }

}  // namespace meerkat::api
