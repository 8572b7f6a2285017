// OffsetFetch v0–9: v0 reads ZooKeeper; v2 null topics mean all; v8 several groups (KIP-709).
#include "wire/messages/09_offset_fetch.h"

#include "api/handlers.h"
#include "api/services.h"
#include "cluster/metadata_image.h"
#include "group/coordinator.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::OffsetFetchRequest;
using Response = wire::OffsetFetchResponse;
using Group = Request::OffsetFetchRequestGroup;

constexpr int16_t kFirstWithTopLevelError = 2;
constexpr int16_t kFirstWithGroups = 8;

std::vector<Group> groups_of(Request& request, int16_t version) {
  if (version >= kFirstWithGroups) return std::move(request.groups);
  std::vector<Group> groups(1);
  Group& only = groups.front();
  only.group_id = std::move(request.group_id);
  if (!request.topics) {
    only.topics = std::nullopt;
    return groups;
  }
  for (auto& topic : *request.topics) {
    only.topics->push_back({std::move(topic.name), std::move(topic.partition_indexes)});
  }
  return groups;
}

/// The answer for the one group of a request before v8.
Response single(Response::OffsetFetchResponseGroup group, const Group& asked, int16_t version) {
  Response response;
  response.error_code = group.error_code;
  if (version < kFirstWithTopLevelError && group.error_code != ErrorCode::none && asked.topics) {
    // Such clients look for errors at the partitions only.
    for (const auto& topic : *asked.topics) {
      auto& out = response.topics.emplace_back();
      out.name = topic.name;
      for (int32_t p : topic.partition_indexes) out.partitions.push_back({p, -1, -1, "", group.error_code});
    }
    return response;
  }
  for (auto& topic : group.topics) {
    auto& out = response.topics.emplace_back();
    out.name = std::move(topic.name);
    for (auto& p : topic.partitions) {
      out.partitions.push_back(
          {p.partition_index, p.committed_offset, p.committed_leader_epoch, std::move(p.metadata), p.error_code});
    }
  }
  return response;
}

Response read_zookeeper(Services& services, const Request& request) {
  const auto image = services.metadata.image();
  Response response;
  for (const auto& topic : *request.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (int32_t index : topic.partition_indexes) {
      auto& answer = out.partitions.emplace_back();
      answer.partition_index = index;
      answer.committed_offset = -1;
      answer.error_code = ErrorCode::unknown_topic_or_partition;
      if (image->partition(topic.name, index) == nullptr) continue;
      auto stored = services.zookeeper_offsets.load(request.group_id, {topic.name, index});
      if (!stored) {
        answer.error_code = stored.error().code;
      } else if (*stored) {
        answer.committed_offset = **stored;
        answer.error_code = ErrorCode::none;
      }
    }
  }
  return response;
}

}  // namespace

void offset_fetch(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  const int16_t version = context.version();
  if (version == 0) {
    services.workers.post([&services, request = std::move(request), reply = std::move(reply)]() mutable {
      reply.send(read_zookeeper(services, request));
    });
    return;
  }
  auto groups = groups_of(request, version);
  Group first;
  if (version < kFirstWithGroups) first = groups.front();
  services.groups.fetch(std::move(groups), request.require_stable,
                        [version, first = std::move(first), reply = std::move(reply)](auto fetched) mutable {
                          if (version < kFirstWithGroups)
                            return reply.send(single(std::move(fetched.front()), first, version));
                          Response response;
                          response.groups = std::move(fetched);
                          reply.send(response);
                        });
}

}  // namespace meerkat::api
