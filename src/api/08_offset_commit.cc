// OffsetCommit v0–9: v0 stores in ZooKeeper, as consumers did before 0.9; all others in __consumer_offsets.
#include "wire/messages/08_offset_commit.h"

#include "api/commit_request.h"
#include "api/handlers.h"
#include "api/services.h"
#include "config/values.h"
#include "group/coordinator.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::OffsetCommitRequest;
using Response = wire::OffsetCommitResponse;

using Sorted = SortedCommit<Request, Response>;

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
  const Gate gate(services, context);
  if (!gate.group(security::Operation::read, request.group_id)) {
    return reply.send(refuse_commit<Response>(request, ErrorCode::group_authorization_failed));
  }
  Sorted sorted = sort_commit<Response>(std::move(request), gate, *services.metadata.image());
  if (sorted.slots.empty()) return reply.send(sorted.response);
  if (context.version() == 0) {
    services.workers.post([&services, sorted = std::move(sorted), reply = std::move(reply)]() mutable {
      store_in_zookeeper(services, sorted);
      reply.send(sorted.response);
    });
    return;
  }
  Request rest = std::move(sorted.rest);
  services.groups.commit(std::move(rest),
                         [sorted = std::move(sorted), reply = std::move(reply)](Response done) mutable {
                           sorted.merge(done);
                           reply.send(sorted.response);
                         });
}

}  // namespace meerkat::api
