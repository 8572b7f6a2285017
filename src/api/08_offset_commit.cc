// OffsetCommit v0–9: v0 stores in ZooKeeper, as consumers did before 0.9; all others in __consumer_offsets.
#include "wire/messages/08_offset_commit.h"

#include "api/handlers.h"
#include "api/services.h"
#include "cluster/metadata_image.h"
#include "config/values.h"
#include "group/coordinator.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::OffsetCommitRequest;
using Response = wire::OffsetCommitResponse;

/// The answer as far as it is known, and where in it the codes of the partitions belong that are left to do.
struct Sorted {
  Response response;
  Request rest;
  std::vector<std::pair<size_t, size_t>> slots;  // topic and partition in the response, in the order of the rest
};

Sorted sort_out(Request request, const cluster::MetadataImage& image) {
  Sorted out;
  auto topics = std::move(request.topics);
  request.topics.clear();
  out.rest = std::move(request);
  for (auto& topic : topics) {
    auto& answers = out.response.topics.emplace_back();
    answers.name = topic.name;
    Request::OffsetCommitRequestTopic known{topic.name, {}};
    for (auto& partition : topic.partitions) {
      const bool exists = image.partition(topic.name, partition.partition_index) != nullptr;
      answers.partitions.push_back(
          {partition.partition_index, exists ? ErrorCode::none : ErrorCode::unknown_topic_or_partition});
      if (!exists) continue;
      out.slots.emplace_back(out.response.topics.size() - 1, answers.partitions.size() - 1);
      known.partitions.push_back(std::move(partition));
    }
    if (!known.partitions.empty()) out.rest.topics.push_back(std::move(known));
  }
  return out;
}

void store_in_zookeeper(Services& services, Sorted& sorted) {
  const auto limit = static_cast<size_t>(services.config()->values().offset_metadata_max_bytes);
  auto slot = sorted.slots.begin();
  for (const auto& topic : sorted.rest.topics) {
    for (const auto& partition : topic.partitions) {
      ErrorCode& code = sorted.response.topics[slot->first].partitions[slot->second].error_code;
      ++slot;
      if (partition.committed_metadata && partition.committed_metadata->size() > limit) {
        code = ErrorCode::offset_metadata_too_large;
        continue;
      }
      auto stored = services.zookeeper_offsets.store(sorted.rest.group_id, {topic.name, partition.partition_index},
                                                     partition.committed_offset);
      if (!stored) code = stored.error().code;
    }
  }
}

}  // namespace

void offset_commit(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  Sorted sorted = sort_out(std::move(request), *services.metadata.image());
  if (sorted.slots.empty()) return reply.send(sorted.response);
  if (context.version() == 0) {
    services.workers.post([&services, sorted = std::move(sorted), reply = std::move(reply)]() mutable {
      store_in_zookeeper(services, sorted);
      reply.send(sorted.response);
    });
    return;
  }
  Request rest = std::move(sorted.rest);
  services.groups.commit(
      std::move(rest), [sorted = std::move(sorted), reply = std::move(reply)](Response done) mutable {
        auto slot = sorted.slots.begin();
        for (const auto& topic : done.topics) {
          for (const auto& partition : topic.partitions) {
            sorted.response.topics[slot->first].partitions[slot->second].error_code = partition.error_code;
            ++slot;
          }
        }
        reply.send(sorted.response);
      });
}

}  // namespace meerkat::api
