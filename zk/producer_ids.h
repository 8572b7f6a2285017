// Blocks of producer ids out of /latest_producer_id_block.
#pragma once

#include "zk/payloads.h"
#include "zk/session.h"

namespace meerkat::zk {

inline constexpr int64_t kProducerIdBlockSize = 1000;

/// Takes the next block for `broker_id` by conditional writes; nobody else ever gets the same ids. Blocks.
/// Fails when the ids are used up.
ZkResult<ProducerIdBlock> allocate_producer_ids(Session& session, int32_t broker_id);

}  // namespace meerkat::zk
