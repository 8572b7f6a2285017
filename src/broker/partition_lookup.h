// Whether partitions exist, asked of ZooKeeper: the metadata of a broker that has just started is not complete.
#pragma once

#include "txn/markers.h"
#include "zk/session.h"

namespace meerkat::broker {

/// Calls back on the session's event thread. `session` outlives what is returned.
txn::PartitionExists partition_lookup(zk::Session& session);

}  // namespace meerkat::broker
