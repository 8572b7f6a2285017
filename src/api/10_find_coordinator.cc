// FindCoordinator v0–6: which broker leads the internal topic's partition that a group or transactional id hashes to.
// v1 transactions, v4 batches (KIP-699). Makes the internal topic on first use.
#include "wire/messages/10_find_coordinator.h"

#include <optional>

#include "api/authorization.h"
#include "api/auto_topics.h"
#include "api/handlers.h"
#include "api/metadata_view.h"
#include "api/services.h"
#include "cluster/coordinator_partition.h"
#include "config/values.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Response = wire::FindCoordinatorResponse;

Response::Coordinator failed(const std::string& key, ErrorCode code, std::optional<std::string> message = {}) {
  Response::Coordinator out;
  out.key = key;
  out.node_id = -1;
  out.port = -1;
  out.error_code = code;
  out.error_message = std::move(message);
  return out;
}

Response::Coordinator locate(const cluster::MetadataImage& image, std::string_view topic, const std::string& key,
                             const std::string& listener) {
  const cluster::TopicInfo* info = image.topic(topic);
  const int32_t partition = cluster::coordinator_partition(key, static_cast<int32_t>(info->partitions.size()));
  const cluster::PartitionInfo* found = info->partition(partition);
  const cluster::BrokerInfo* leader = found != nullptr ? image.broker(found->leader) : nullptr;
  const cluster::BrokerEndpoint* endpoint = leader != nullptr ? leader->endpoint(listener) : nullptr;
  if (endpoint == nullptr) return failed(key, ErrorCode::coordinator_not_available);
  Response::Coordinator out;
  out.key = key;
  out.node_id = leader->id;
  out.host = endpoint->host;
  out.port = endpoint->port;
  return out;
}

Response wrap(std::vector<Response::Coordinator> all, int16_t version) {
  Response response;
  if (version >= 4) {
    response.coordinators = std::move(all);
    return response;
  }
  Response::Coordinator& only = all.front();
  response.error_code = only.error_code;
  response.error_message = std::move(only.error_message);
  response.node_id = only.node_id;
  response.host = std::move(only.host);
  response.port = only.port;
  return response;
}

std::vector<Response::Coordinator> fail_all(const std::vector<std::string>& keys, ErrorCode code,
                                            const std::optional<std::string>& message = {}) {
  std::vector<Response::Coordinator> all;
  for (const auto& key : keys) all.push_back(failed(key, code, message));
  return all;
}

}  // namespace

void find_coordinator(Services& services, RequestContext context, wire::FindCoordinatorRequest request,
                      Reply<wire::FindCoordinatorResponse> reply) {
  const int16_t version = context.version();
  std::vector<std::string> keys =
      version >= 4 ? std::move(request.coordinator_keys) : std::vector<std::string>{request.key};
  if (request.key_type != 0 && request.key_type != 1) {
    return reply.send(wrap(fail_all(keys, ErrorCode::invalid_request), version));
  }
  const Gate gate(services, context);
  const bool for_group = request.key_type == 0;
  auto may_describe = [&gate, for_group](const std::string& key) {
    return for_group ? gate.group(security::Operation::describe, key)
                     : gate.transactional_id(security::Operation::describe, key);
  };
  std::vector<Response::Coordinator> all;
  std::vector<std::string> allowed;
  for (auto& key : keys) {
    if (may_describe(key)) {
      allowed.push_back(std::move(key));
    } else {
      all.push_back(failed(
          key, for_group ? ErrorCode::group_authorization_failed : ErrorCode::transactional_id_authorization_failed));
    }
  }
  if (allowed.empty() && !all.empty()) return reply.send(wrap(std::move(all), version));
  const std::string topic(request.key_type == 0 ? kOffsetsTopic : kTransactionsTopic);
  auto image = services.metadata.image();
  if (image->topic(topic) == nullptr) {
    // The client asks again; by then the topic has leaders.
    services.workers.post([&services, image, topic, allowed = std::move(allowed), all = std::move(all), version,
                           reply = std::move(reply)]() mutable {
      services.auto_topics.create(topic, services.config()->values(), alive_brokers(*image));
      for (const auto& key : allowed) all.push_back(failed(key, ErrorCode::coordinator_not_available));
      reply.send(wrap(std::move(all), version));
    });
    return;
  }
  for (const auto& key : allowed) all.push_back(locate(*image, topic, key, context.peer->listener));
  reply.send(wrap(std::move(all), version));
}

}  // namespace meerkat::api
