// Metadata v0–12: brokers, topics and partitions as the image has them; creates topics on demand where that is allowed.
// v4 asks before creating, v8 adds authorized operations (KIP-430), v10 topic ids, v12 lookup by id.
#include "wire/messages/03_metadata.h"

#include <absl/container/flat_hash_set.h>
#include <glog/logging.h>

#include "api/authorization.h"
#include "api/auto_topics.h"
#include "api/handlers.h"
#include "api/metadata_view.h"
#include "api/services.h"
#include "config/values.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Response = wire::MetadataResponse;

struct Asked {
  int16_t version;
  std::string listener;
  bool all = false;
  bool by_id = false;
  bool may_create = false;
};

Response::MetadataResponsePartition describe(const cluster::PartitionInfo& partition,
                                             const cluster::MetadataImage& image, const Asked& asked) {
  Response::MetadataResponsePartition out;
  out.partition_index = partition.index;
  out.leader_id = partition.leader;
  out.leader_epoch = partition.leader_epoch;
  out.replica_nodes = partition.replicas;
  out.isr_nodes = partition.isr;
  out.offline_replicas = partition.offline_replicas;
  const cluster::BrokerInfo* leader = image.broker(partition.leader);
  if (leader == nullptr) {
    out.error_code = ErrorCode::leader_not_available;
    out.leader_id = cluster::kNoLeader;
  } else if (leader->endpoint(asked.listener) == nullptr) {
    // v6 knows an error for it (KIP-302 era); older clients just try again.
    out.error_code = asked.version >= 6 ? ErrorCode::listener_not_found : ErrorCode::leader_not_available;
    out.leader_id = cluster::kNoLeader;
  }
  if (asked.version == 0) {
    // v0 has no other way to tell that a replica is down.
    auto gone = [&](int32_t id) {
      const cluster::BrokerInfo* broker = image.broker(id);
      return broker == nullptr || broker->endpoint(asked.listener) == nullptr;
    };
    size_t removed = std::erase_if(out.replica_nodes, gone) + std::erase_if(out.isr_nodes, gone);
    if (removed > 0 && out.error_code == ErrorCode::none) out.error_code = ErrorCode::replica_not_available;
  }
  return out;
}

Response::MetadataResponseTopic describe(const cluster::TopicInfo& topic, const cluster::MetadataImage& image,
                                         const Asked& asked) {
  Response::MetadataResponseTopic out;
  out.name = topic.name;
  out.topic_id = topic.id;
  out.is_internal = is_internal_topic(topic.name);
  out.partitions.reserve(topic.partitions.size());
  for (const auto& partition : topic.partitions) out.partitions.push_back(describe(*partition, image, asked));
  return out;
}

Response::MetadataResponseTopic missing(std::optional<std::string> name, Uuid id, ErrorCode error) {
  Response::MetadataResponseTopic out;
  out.error_code = error;
  out.is_internal = name && is_internal_topic(*name);
  out.name = std::move(name);
  out.topic_id = id;
  return out;
}

/// Everything but the topics that are to be created: those are returned.
std::vector<std::string> fill(Services& services, const Gate& gate, const wire::MetadataRequest& request,
                              const Asked& asked, const cluster::MetadataImage& image, Response& response) {
  for (const auto& broker : image.brokers()) {
    const cluster::BrokerEndpoint* endpoint = broker->endpoint(asked.listener);
    if (endpoint == nullptr) continue;
    auto& out = response.brokers.emplace_back();
    out.node_id = broker->id;
    out.host = endpoint->host;
    out.port = endpoint->port;
    out.rack = broker->rack;
  }
  response.cluster_id = services.cluster_id;
  response.controller_id = image.controller_id();
  std::vector<std::string> to_create;
  if (asked.all) {
    response.topics.reserve(image.topic_count());
    image.for_each_topic([&](const cluster::TopicInfo& topic) {
      if (gate.topic(security::Operation::describe, topic.name)) {
        response.topics.push_back(describe(topic, image, asked));
      }
    });
    return to_create;
  }
  absl::flat_hash_set<std::string_view> seen;
  for (const auto& wanted : *request.topics) {
    if (asked.by_id) {
      const cluster::TopicInfo* topic = wanted.topic_id.is_zero() ? nullptr : image.topic(wanted.topic_id);
      if (topic == nullptr) {
        response.topics.push_back(missing(std::nullopt, wanted.topic_id, ErrorCode::unknown_topic_id));
      } else if (!gate.topic(security::Operation::describe, topic->name)) {
        response.topics.push_back(missing(std::nullopt, wanted.topic_id, ErrorCode::topic_authorization_failed));
      } else {
        response.topics.push_back(describe(*topic, image, asked));
      }
      continue;
    }
    const std::string& name = *wanted.name;
    if (!seen.insert(name).second) continue;
    if (!gate.topic(security::Operation::describe, name)) {
      // Not even whether it exists, or is internal, is told.
      response.topics.push_back(missing(name, {}, ErrorCode::topic_authorization_failed));
      response.topics.back().is_internal = false;
    } else if (const cluster::TopicInfo* topic = image.topic(name)) {
      response.topics.push_back(describe(*topic, image, asked));
    } else if (auto valid = cluster::check_topic_name(name); !valid) {
      response.topics.push_back(missing(name, {}, ErrorCode::invalid_topic_exception));
    } else if (asked.may_create && !gate.cluster(security::Operation::create) &&
               !gate.topic(security::Operation::create, name)) {
      response.topics.push_back(missing(name, {}, ErrorCode::topic_authorization_failed));
    } else if (asked.may_create) {
      to_create.push_back(name);
    } else {
      response.topics.push_back(missing(name, {}, ErrorCode::unknown_topic_or_partition));
    }
  }
  return to_create;
}

/// A request that contradicts itself is answered with one topic's worth of error for each topic.
bool contradicts_itself(const wire::MetadataRequest& request, const Asked& asked) {
  if (asked.all) return false;
  for (const auto& topic : *request.topics) {
    if (!topic.name && asked.version < 12) return true;
    if (!topic.topic_id.is_zero() && asked.version < 12) return true;
  }
  return false;
}

}  // namespace

void metadata(Services& services, RequestContext context, wire::MetadataRequest request,
              Reply<wire::MetadataResponse> reply) {
  Asked asked{context.version(), context.peer->listener};
  asked.all = !request.topics || (asked.version == 0 && request.topics->empty());
  auto config = services.config();
  Response response;
  if (contradicts_itself(request, asked)) {
    for (const auto& topic : *request.topics) {
      response.topics.push_back(missing(topic.name.value_or(""), topic.topic_id, ErrorCode::invalid_request));
    }
    return reply.send(response);
  }
  if (!asked.all) {
    for (const auto& topic : *request.topics) asked.by_id = asked.by_id || !topic.name || !topic.topic_id.is_zero();
  }
  asked.may_create = request.allow_auto_topic_creation && config->values().auto_create_topics_enable;
  auto image = services.metadata.image();
  const Gate gate(services, context);
  std::vector<std::string> to_create = fill(services, gate, request, asked, *image, response);
  if (request.include_topic_authorized_operations) {
    for (auto& topic : response.topics) {
      if (topic.error_code != ErrorCode::none) continue;
      topic.topic_authorized_operations = gate.operations(security::ResourceType::topic, *topic.name);
    }
  }
  if (request.include_cluster_authorized_operations) response.cluster_authorized_operations = gate.cluster_operations();
  if (to_create.empty()) return reply.send(response);
  services.workers.post([&services, config, image, to_create = std::move(to_create), response = std::move(response),
                         reply = std::move(reply)]() mutable {
    for (std::string& name : to_create) {
      ErrorCode error = services.auto_topics.create(name, config->values(), alive_brokers(*image));
      response.topics.push_back(missing(std::move(name), {}, error));
    }
    reply.send(response);
  });
}

}  // namespace meerkat::api
