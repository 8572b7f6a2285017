// DeleteRecords: moves log start offsets up (KIP-107).
#pragma once

#include "base/task.h"
#include "replica/context.h"

namespace meerkat::wire {
struct DeleteRecordsRequest;
struct DeleteRecordsResponse;
}  // namespace meerkat::wire

namespace meerkat::replica {

/// Answers when the log start of every live replica has reached the asked offset, or with REQUEST_TIMED_OUT.
void handle_delete_records(ReplicaContext& context, const RequestContext& who,
                           const wire::DeleteRecordsRequest& request, Callback<wire::DeleteRecordsResponse> reply);

}  // namespace meerkat::replica
