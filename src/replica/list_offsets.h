// ListOffsets: offsets by timestamp, and the special ones.
#pragma once

#include "base/task.h"
#include "replica/context.h"

namespace meerkat::wire {
struct ListOffsetsRequest;
struct ListOffsetsResponse;
}  // namespace meerkat::wire

namespace meerkat::replica {

/// Timestamps: -1 latest, -2 earliest, -3 of the greatest timestamp (v7), -4 earliest local (v8), -5 latest in tiered
/// storage (v9: there is none). Searching by time reads the disk: call it where that may block. Any thread.
void handle_list_offsets(ReplicaContext& context, const RequestContext& who, const wire::ListOffsetsRequest& request,
                         Callback<wire::ListOffsetsResponse> reply);

}  // namespace meerkat::replica
