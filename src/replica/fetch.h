// Fetch, for consumers and for followers.
#pragma once

#include "base/task.h"
#include "replica/context.h"

namespace meerkat::replica {

/// Answers with file ranges as soon as min_bytes are there, something went wrong, or max_wait_ms is over. Sessions,
/// topic ids, leader epochs, isolation levels and preferred replicas are dealt with here; what clients of old formats
/// get is to be converted (fetch_formats.h). Authorization comes through `who.may_read`.
void handle_fetch(ReplicaContext& context, const RequestContext& who, const wire::FetchRequest& request,
                  Callback<wire::FetchResponse> reply);

}  // namespace meerkat::replica
