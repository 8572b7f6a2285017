// DescribeGroups v0–5, ListGroups v0–5, DeleteGroups v0–2, OffsetDelete v0: groups as administrators see them.
#include <algorithm>

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "cluster/metadata_image.h"
#include "group/coordinator.h"
#include "wire/messages/15_describe_groups.h"
#include "wire/messages/16_list_groups.h"
#include "wire/messages/42_delete_groups.h"
#include "wire/messages/47_offset_delete.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;

/// Takes the groups out of `ids` that the client may not `operation`, and returns them.
std::vector<std::string> take_denied_groups(const Gate& gate, security::Operation operation,
                                            std::vector<std::string>& ids) {
  auto first =
      std::stable_partition(ids.begin(), ids.end(), [&](const std::string& id) { return gate.group(operation, id); });
  std::vector<std::string> denied(std::make_move_iterator(first), std::make_move_iterator(ids.end()));
  ids.erase(first, ids.end());
  return denied;
}

}  // namespace

void describe_groups(Services& services, RequestContext context, wire::DescribeGroupsRequest request,
                     Reply<wire::DescribeGroupsResponse> reply) {
  Gate gate(services, context);
  auto denied = take_denied_groups(gate, security::Operation::describe, request.groups);
  services.groups.describe(
      std::move(request.groups), [operations = request.include_authorized_operations, gate = std::move(gate),
                                  denied = std::move(denied), reply = std::move(reply)](auto described) mutable {
        wire::DescribeGroupsResponse response;
        response.groups = std::move(described);
        for (auto& group : response.groups) {
          if (!operations || group.error_code != ErrorCode::none) continue;
          group.authorized_operations = gate.operations(security::ResourceType::group, group.group_id);
        }
        for (auto& id : denied) {
          auto& out = response.groups.emplace_back();
          out.error_code = ErrorCode::group_authorization_failed;
          out.group_id = std::move(id);
        }
        reply.send(response);
      });
}

void list_groups(Services& services, RequestContext context, wire::ListGroupsRequest request,
                 Reply<wire::ListGroupsResponse> reply) {
  Gate gate(services, context);
  if (gate.cluster(security::Operation::describe)) {
    return services.groups.list(std::move(request), answer(std::move(reply)));
  }
  services.groups.list(std::move(request),
                       [gate = std::move(gate), reply = std::move(reply)](wire::ListGroupsResponse response) mutable {
                         std::erase_if(response.groups, [&](const auto& group) {
                           return !gate.group(security::Operation::describe, group.group_id);
                         });
                         reply.send(response);
                       });
}

void delete_groups(Services& services, RequestContext context, wire::DeleteGroupsRequest request,
                   Reply<wire::DeleteGroupsResponse> reply) {
  std::vector<std::string> names;
  for (auto& name : request.groups_names) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  auto denied = take_denied_groups(Gate(services, context), security::Operation::remove, names);
  services.groups.remove_groups(std::move(names), [denied = std::move(denied), reply = std::move(reply)](
                                                      wire::DeleteGroupsResponse response) mutable {
    for (auto& id : denied) response.results.push_back({std::move(id), ErrorCode::group_authorization_failed});
    reply.send(response);
  });
}

void offset_delete(Services& services, RequestContext context, wire::OffsetDeleteRequest request,
                   Reply<wire::OffsetDeleteResponse> reply) {
  const Gate gate(services, context);
  if (!gate.group(security::Operation::remove, request.group_id)) {
    wire::OffsetDeleteResponse response;
    response.error_code = ErrorCode::group_authorization_failed;
    return reply.send(response);
  }
  const auto image = services.metadata.image();
  std::vector<wire::OffsetDeleteResponse::OffsetDeleteResponseTopic> refused;
  for (auto& topic : request.topics) {
    wire::OffsetDeleteResponse::OffsetDeleteResponseTopic out{topic.name, {}};
    const bool may_read = gate.topic(security::Operation::read, topic.name);
    std::erase_if(topic.partitions, [&](const auto& p) {
      if (may_read && image->partition(topic.name, p.partition_index) != nullptr) return false;
      out.partitions.push_back({p.partition_index, may_read ? ErrorCode::unknown_topic_or_partition
                                                            : ErrorCode::topic_authorization_failed});
      return true;
    });
    if (!out.partitions.empty()) refused.push_back(std::move(out));
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partitions.empty(); });
  services.groups.delete_offsets(
      std::move(request), [refused = std::move(refused), reply = std::move(reply)](auto response) mutable {
        if (response.error_code == ErrorCode::none) {
          for (auto& topic : refused) {
            auto& topics = response.topics;
            auto same = std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.name == topic.name; });
            if (same == topics.end()) {
              topics.push_back(std::move(topic));
            } else {
              same->partitions.insert(same->partitions.end(), topic.partitions.begin(), topic.partitions.end());
            }
          }
        }
        reply.send(response);
      });
}

}  // namespace meerkat::api
