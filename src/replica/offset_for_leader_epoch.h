// OffsetForLeaderEpoch: where a leader epoch ended (KIP-101, KIP-320).
#pragma once

#include "base/task.h"
#include "replica/context.h"

namespace meerkat::wire {
struct OffsetForLeaderEpochRequest;
struct OffsetForLeaderEpochResponse;
}  // namespace meerkat::wire

namespace meerkat::replica {

void handle_offset_for_leader_epoch(ReplicaContext& context, const RequestContext& who,
                                    const wire::OffsetForLeaderEpochRequest& request,
                                    Callback<wire::OffsetForLeaderEpochResponse> reply);

}  // namespace meerkat::replica
