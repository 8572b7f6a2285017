// DescribeProducers v0 (KIP-664): the producers whose state a replica of a partition keeps, be it the leader or not.
#include "wire/messages/61_describe_producers.h"

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/services.h"
#include "replica/context.h"

namespace meerkat::api {
namespace {

using Response = wire::DescribeProducersResponse;

Response::PartitionResponse describe(const replica::ReplicaContext& replicas, const replica::HostedPartitions& map,
                                     const std::string& topic, int32_t index) {
  Response::PartitionResponse out;
  out.partition_index = index;
  auto partition = replica::hosted_partition(replicas, map, topic, index);
  const auto log = partition ? (*partition)->log() : nullptr;
  if (!log) {
    out.error_code = partition ? wire::ErrorCode::not_leader_or_follower : partition.error().code;
    return out;
  }
  for (const auto& producer : log->active_producers()) {
    auto& state = out.active_producers.emplace_back();
    state.producer_id = producer.producer_id;
    state.producer_epoch = producer.producer_epoch;
    state.last_sequence = producer.last_sequence;
    state.last_timestamp = producer.last_timestamp;
    state.coordinator_epoch = producer.coordinator_epoch;
    state.current_txn_start_offset = producer.current_txn_start_offset;
  }
  return out;
}

}  // namespace

void describe_producers(Services& services, RequestContext context, wire::DescribeProducersRequest request,
                        Reply<Response> reply) {
  Response response;
  auto map = services.replicas.partitions.current();
  const Gate gate(services, context);
  for (auto& topic : request.topics) {
    auto& out = response.topics.emplace_back();
    const bool may_read = gate.topic(security::Operation::read, topic.name);
    for (int32_t index : topic.partition_indexes) {
      if (!may_read) {
        out.partitions.push_back({index, wire::ErrorCode::topic_authorization_failed, std::nullopt, {}});
        continue;
      }
      out.partitions.push_back(describe(services.replicas, *map, topic.name, index));
    }
    out.name = std::move(topic.name);
  }
  reply.send(response);
}

}  // namespace meerkat::api
