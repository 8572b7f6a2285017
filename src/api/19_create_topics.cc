// CreateTopics v0–7, on the controller: writes the topics to ZooKeeper, then waits for their leaders.
#include "wire/messages/19_create_topics.h"

#include <absl/container/flat_hash_map.h>

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/metadata_view.h"
#include "api/metadata_waits.h"
#include "api/services.h"
#include "cluster/topic_admin.h"
#include "config/topic_values.h"
#include "controller/controller.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::CreateTopicsRequest;
using Response = wire::CreateTopicsResponse;

void fail(Response::CreatableTopicResult& result, ErrorCode code, std::optional<std::string> message) {
  result.error_code = code;
  result.error_message = std::move(message);
}

wire::Outcome<cluster::NewTopic> to_new_topic(const Request::CreatableTopic& asked) {
  cluster::NewTopic topic;
  topic.name = asked.name;
  topic.partitions = asked.num_partitions;
  topic.replication_factor = asked.replication_factor;
  for (const auto& c : asked.configs) topic.configs.emplace_back(c.name, c.value);
  if (asked.assignments.empty()) return topic;
  if (asked.num_partitions != -1 || asked.replication_factor != -1) {
    return wire::refuse(
        ErrorCode::invalid_request,
        "Both a replica assignment and a number of partitions or replicas were given; give one of them.");
  }
  for (const auto& a : asked.assignments) {
    if (!topic.manual_assignment.emplace(a.partition_index, a.broker_ids).second) {
      return wire::refuse(ErrorCode::invalid_replica_assignment,
                          "Partition " + std::to_string(a.partition_index) + " is assigned more than once.");
    }
  }
  return topic;
}

/// `config`: null for a client that may not see what became of the topic's configs.
void succeed(Response::CreatableTopicResult& result, const cluster::CreatedTopic& created,
             const config::Config* config) {
  result.error_message = std::nullopt;
  result.topic_id = created.id;
  if (config == nullptr) return;
  result.num_partitions = created.partitions();
  result.replication_factor = static_cast<int16_t>(created.replication_factor());
  config::Entries own(created.configs.begin(), created.configs.end());
  result.configs.emplace();
  for (const auto& c : config::describe_topic(*config, own)) {
    auto& out = result.configs->emplace_back();
    out.name = c.name;
    out.value = c.value;
    out.read_only = c.read_only;
    out.config_source = static_cast<int8_t>(c.source);
    out.is_sensitive = c.sensitive;
  }
}

}  // namespace

void create_topics(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  Response response;
  absl::flat_hash_map<std::string_view, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  const Gate gate(services, context);
  const bool may_create = gate.cluster(security::Operation::create);
  const bool active = services.controller.is_active();
  auto config = services.config();
  const auto alive = alive_brokers(*services.metadata.image());
  std::vector<std::pair<std::string, int32_t>> awaited;  // name, partitions
  for (const auto& asked : request.topics) {
    int& left = times[asked.name];
    if (left == 0) continue;  // a duplicate that has its answer
    auto& result = response.topics.emplace_back();
    result.name = asked.name;
    if (!active) {
      fail(result, ErrorCode::not_controller, std::nullopt);
      continue;
    }
    if (left > 1) {
      left = 0;
      fail(result, ErrorCode::invalid_request, "The request names this topic more than once.");
      continue;
    }
    const bool may_describe = gate.topic(security::Operation::describe_configs, asked.name);
    if (!may_describe) result.topic_config_error_code = ErrorCode::topic_authorization_failed;
    if (!may_create && !gate.topic(security::Operation::create, asked.name)) {
      fail(result, ErrorCode::topic_authorization_failed, "Authorization failed.");
      continue;
    }
    auto wanted = to_new_topic(asked);
    if (!wanted) {
      fail(result, wanted.error().code, wanted.error().message);
      continue;
    }
    auto created = services.topics.create_topic(*wanted, alive, request.validate_only);
    if (!created) {
      fail(result, created.error().code, created.error().message);
      continue;
    }
    succeed(result, *created, may_describe ? config.get() : nullptr);
    if (!request.validate_only) awaited.emplace_back(asked.name, created->partitions());
  }
  if (awaited.empty()) return reply.send(response);
  if (request.timeout_ms <= 0) {
    for (auto& result : response.topics) {
      if (result.error_code == ErrorCode::none) fail(result, ErrorCode::request_timed_out, std::nullopt);
    }
    return reply.send(response);
  }
  auto topics = std::make_shared<std::vector<std::pair<std::string, int32_t>>>(std::move(awaited));
  auto ready = [topics](const cluster::MetadataImage& image) {
    for (const auto& [name, partitions] : *topics) {
      if (!has_leaders(image, name, partitions)) return false;
    }
    return true;
  };
  services.metadata_waits.wait(
      ready, std::chrono::milliseconds(request.timeout_ms),
      [&services, topics, response = std::move(response), reply = std::move(reply)]() mutable {
        auto image = services.metadata.image();
        absl::flat_hash_map<std::string_view, int32_t> partitions(topics->begin(), topics->end());
        for (auto& result : response.topics) {
          auto it = partitions.find(result.name);
          if (it == partitions.end() || has_leaders(*image, it->first, it->second)) continue;
          fail(result, ErrorCode::request_timed_out, std::nullopt);  // created, but without leaders yet
        }
        reply.send(response);
      });
}

}  // namespace meerkat::api
