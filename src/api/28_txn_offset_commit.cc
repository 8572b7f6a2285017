// TxnOffsetCommit v0–4: offsets of a group that count from the commit of a transaction on; v3 fences members of past
// generations (KIP-447).
#include "wire/messages/28_txn_offset_commit.h"

#include "api/commit_request.h"
#include "api/handlers.h"
#include "api/services.h"
#include "group/coordinator.h"

namespace meerkat::api {

void txn_offset_commit(Services& services, RequestContext context, wire::TxnOffsetCommitRequest request,
                       Reply<wire::TxnOffsetCommitResponse> reply) {
  using wire::ErrorCode;
  using Response = wire::TxnOffsetCommitResponse;
  const Gate gate(services, context);
  if (!gate.transactional_id(security::Operation::write, request.transactional_id)) {
    return reply.send(refuse_commit<Response>(request, ErrorCode::transactional_id_authorization_failed));
  }
  if (!gate.group(security::Operation::read, request.group_id)) {
    return reply.send(refuse_commit<Response>(request, ErrorCode::group_authorization_failed));
  }
  auto sorted = sort_commit<Response>(std::move(request), gate, *services.metadata.image());
  if (sorted.slots.empty()) return reply.send(sorted.response);
  auto rest = std::move(sorted.rest);
  const int16_t version = context.version();
  auto done = [version, sorted = std::move(sorted), reply = std::move(reply)](Response rest_done) mutable {
    sorted.merge(rest_done);
    // Producers before 2.3 do not expect a coordinator that is loading (KAFKA-7296).
    constexpr int16_t kFirstThatWaits = 2;
    for (auto& topic : sorted.response.topics) {
      for (auto& p : topic.partitions) {
        const bool unexpected = p.error_code == ErrorCode::coordinator_load_in_progress;
        if (version < kFirstThatWaits && unexpected) p.error_code = ErrorCode::coordinator_not_available;
      }
    }
    reply.send(sorted.response);
  };
  services.groups.commit_transactional(version, std::move(rest), std::move(done));
}

}  // namespace meerkat::api
