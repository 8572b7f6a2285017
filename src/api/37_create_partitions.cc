// CreatePartitions v0–3 (KIP-195), on the controller: adds partitions, then waits for their leaders.
#include "wire/messages/37_create_partitions.h"

#include <map>

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/metadata_view.h"
#include "api/metadata_waits.h"
#include "api/services.h"
#include "cluster/topic_admin.h"
#include "controller/controller.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::CreatePartitionsRequest;
using Response = wire::CreatePartitionsResponse;

cluster::NewPartitions to_new_partitions(const Request::CreatePartitionsTopic& asked) {
  cluster::NewPartitions wanted{asked.name, asked.count, std::nullopt};
  if (asked.assignments) {
    wanted.added_replicas.emplace();
    for (const auto& a : *asked.assignments) wanted.added_replicas->push_back(a.broker_ids);
  }
  return wanted;
}

}  // namespace

void create_partitions(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  Response response;
  const Gate gate(services, context);
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  const auto alive = alive_brokers(*services.metadata.image());
  auto awaited = std::make_shared<std::map<std::string, int32_t>>();
  for (const auto& asked : request.topics) {
    int& left = times[asked.name];
    if (left == 0) continue;
    auto& result = response.results.emplace_back();
    result.name = asked.name;
    if (!services.controller.is_active()) {
      result.error_code = ErrorCode::not_controller;
      continue;
    }
    if (left > 1) {
      left = 0;
      result.error_code = ErrorCode::invalid_request;
      result.error_message = "The request names this topic more than once.";
      continue;
    }
    if (!gate.topic(security::Operation::alter, asked.name)) {
      result.error_code = ErrorCode::topic_authorization_failed;
      result.error_message = "The topic authorization is failed.";
      continue;
    }
    auto added = services.topics.create_partitions(to_new_partitions(asked), alive, request.validate_only);
    if (!added) {
      result.error_code = added.error().code;
      result.error_message = added.error().message;
    } else if (!request.validate_only) {
      awaited->emplace(asked.name, asked.count);
    }
  }
  if (awaited->empty()) return reply.send(response);
  auto ready = [awaited](const cluster::MetadataImage& image) {
    for (const auto& [name, count] : *awaited) {
      if (!has_leaders(image, name, count)) return false;
    }
    return true;
  };
  services.metadata_waits.wait(
      ready, std::chrono::milliseconds(std::max(request.timeout_ms, 0)),
      [&services, awaited, response = std::move(response), reply = std::move(reply)]() mutable {
        auto image = services.metadata.image();
        for (auto& result : response.results) {
          auto it = awaited->find(result.name);
          if (it != awaited->end() && !has_leaders(*image, it->first, it->second)) {
            result.error_code = ErrorCode::request_timed_out;
          }
        }
        reply.send(response);
      });
}

}  // namespace meerkat::api
