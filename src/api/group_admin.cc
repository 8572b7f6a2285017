// DescribeGroups v0–5, ListGroups v0–5, DeleteGroups v0–2, OffsetDelete v0: groups as administrators see them.
#include <algorithm>

#include "api/authorized_operations.h"
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

}  // namespace

void describe_groups(Services& services, RequestContext, wire::DescribeGroupsRequest request,
                     Reply<wire::DescribeGroupsResponse> reply) {
  services.groups.describe(std::move(request.groups), [operations = request.include_authorized_operations,
                                                       reply = std::move(reply)](auto described) mutable {
    wire::DescribeGroupsResponse response;
    response.groups = std::move(described);
    for (auto& group : response.groups) {
      if (operations && group.error_code == ErrorCode::none) group.authorized_operations = kGroupOperations;
    }
    reply.send(response);
  });
}

void list_groups(Services& services, RequestContext, wire::ListGroupsRequest request,
                 Reply<wire::ListGroupsResponse> reply) {
  services.groups.list(std::move(request), answer(std::move(reply)));
}

void delete_groups(Services& services, RequestContext, wire::DeleteGroupsRequest request,
                   Reply<wire::DeleteGroupsResponse> reply) {
  std::vector<std::string> names;
  for (auto& name : request.groups_names) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  services.groups.remove_groups(std::move(names), answer(std::move(reply)));
}

void offset_delete(Services& services, RequestContext, wire::OffsetDeleteRequest request,
                   Reply<wire::OffsetDeleteResponse> reply) {
  const auto image = services.metadata.image();
  std::vector<wire::OffsetDeleteResponse::OffsetDeleteResponseTopic> unknown;
  for (auto& topic : request.topics) {
    wire::OffsetDeleteResponse::OffsetDeleteResponseTopic missing{topic.name, {}};
    std::erase_if(topic.partitions, [&](const auto& p) {
      if (image->partition(topic.name, p.partition_index) != nullptr) return false;
      missing.partitions.push_back({p.partition_index, ErrorCode::unknown_topic_or_partition});
      return true;
    });
    if (!missing.partitions.empty()) unknown.push_back(std::move(missing));
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partitions.empty(); });
  services.groups.delete_offsets(
      std::move(request), [unknown = std::move(unknown), reply = std::move(reply)](auto response) mutable {
        if (response.error_code == ErrorCode::none) {
          for (auto& topic : unknown) {
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
