// OffsetFetch v0–9: v0 reads ZooKeeper; v2 null topics mean all; v8 several groups (KIP-709).
#include "wire/messages/09_offset_fetch.h"

#include "api/authorization.h"
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

/// The part of the answer about topics that the client may not describe.
template <class Out, class Topic>
std::vector<Out> refuse_topics(const std::vector<Topic>& topics) {
  std::vector<Out> refused;
  for (const auto& topic : topics) {
    auto& out = refused.emplace_back();
    out.name = topic.name;
    for (int32_t p : topic.partition_indexes) {
      out.partitions.push_back({p, -1, -1, "", ErrorCode::topic_authorization_failed});
    }
  }
  return refused;
}

/// What the client may not know of: whole groups, and topics that a request names.
struct Refused {
  std::vector<Response::OffsetFetchResponseGroup> groups;
  /// By the index of the group among those left.
  std::vector<std::vector<Response::OffsetFetchResponseTopics>> topics;
};

Refused take_refused(const Gate& gate, std::vector<Group>& groups) {
  Refused refused;
  std::vector<Group> left;
  for (auto& group : groups) {
    if (!gate.group(security::Operation::describe, group.group_id)) {
      auto& out = refused.groups.emplace_back();
      out.group_id = std::move(group.group_id);
      out.error_code = ErrorCode::group_authorization_failed;
      continue;
    }
    auto& topics = refused.topics.emplace_back();
    if (group.topics) {
      using Topic = Request::OffsetFetchRequestTopics;
      topics = refuse_topics<Response::OffsetFetchResponseTopics>(
          take_denied(gate, security::Operation::describe, *group.topics, &Topic::name));
    }
    left.push_back(std::move(group));
  }
  groups = std::move(left);
  return refused;
}

/// Adds what was refused to what was fetched; of all topics' offsets only those are shown that may be described.
void add_refused(const Gate& gate, Refused& refused, std::vector<Response::OffsetFetchResponseGroup>& fetched) {
  for (size_t i = 0; i < fetched.size(); ++i) {
    std::erase_if(fetched[i].topics,
                  [&](const auto& topic) { return !gate.topic(security::Operation::describe, topic.name); });
    if (fetched[i].error_code != ErrorCode::none) continue;
    for (auto& topic : refused.topics[i]) fetched[i].topics.push_back(std::move(topic));
  }
  for (auto& group : refused.groups) fetched.push_back(std::move(group));
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
  const Gate gate(services, context);
  if (version == 0 && gate.group(security::Operation::describe, request.group_id)) {
    using Topic = Request::OffsetFetchRequestTopic;
    auto denied = take_denied(gate, security::Operation::describe, *request.topics, &Topic::name);
    services.workers.post(
        [&services, request = std::move(request), denied = std::move(denied), reply = std::move(reply)]() mutable {
          Response response = read_zookeeper(services, request);
          for (auto& topic : refuse_topics<Response::OffsetFetchResponseTopic>(denied)) {
            response.topics.push_back(std::move(topic));
          }
          reply.send(response);
        });
    return;
  }
  auto groups = groups_of(request, version);
  Group first;
  if (version < kFirstWithGroups) first = groups.front();
  if (gate.guards()) {
    auto refused = take_refused(gate, groups);
    if (groups.empty()) {
      if (version < kFirstWithGroups) return reply.send(single(std::move(refused.groups.front()), first, version));
      Response response;
      response.groups = std::move(refused.groups);
      return reply.send(response);
    }
    return services.groups.fetch(std::move(groups), request.require_stable,
                                 [version, gate, first = std::move(first), refused = std::move(refused),
                                  reply = std::move(reply)](auto fetched) mutable {
                                   add_refused(gate, refused, fetched);
                                   if (version < kFirstWithGroups)
                                     return reply.send(single(std::move(fetched.front()), first, version));
                                   Response response;
                                   response.groups = std::move(fetched);
                                   reply.send(response);
                                 });
  }
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
