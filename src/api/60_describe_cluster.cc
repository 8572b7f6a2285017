// DescribeCluster v0–1 (KIP-700): brokers and controller. v1 asks for a kind of endpoint (KIP-919).
#include "wire/messages/60_describe_cluster.h"

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/services.h"
#include "cluster/metadata_image.h"

namespace meerkat::api {

void describe_cluster(Services& services, RequestContext context, wire::DescribeClusterRequest request,
                      Reply<wire::DescribeClusterResponse> reply) {
  constexpr int8_t kBrokers = 1, kControllers = 2;
  wire::DescribeClusterResponse response;
  if (request.endpoint_type != kBrokers) {
    response.error_code = request.endpoint_type == kControllers ? wire::ErrorCode::mismatched_endpoint_type
                                                                : wire::ErrorCode::unsupported_endpoint_type;
    response.error_message =
        "This is the endpoint of a broker; endpoint type " + std::to_string(request.endpoint_type) + " was asked for.";
    return reply.send(response);
  }
  auto image = services.metadata.image();
  response.cluster_id = services.cluster_id;
  response.controller_id = image->controller_id();
  for (const auto& broker : image->brokers()) {
    const cluster::BrokerEndpoint* endpoint = broker->endpoint(context.peer->listener);
    if (endpoint == nullptr) continue;
    auto& out = response.brokers.emplace_back();
    out.broker_id = broker->id;
    out.host = endpoint->host;
    out.port = endpoint->port;
    out.rack = broker->rack;
  }
  if (request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = Gate(services, context).cluster_operations();
  }
  reply.send(response);
}

}  // namespace meerkat::api
