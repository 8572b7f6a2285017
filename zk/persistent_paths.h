// The nodes that every broker expects to find.
#pragma once

#include "zk/session.h"

namespace meerkat::zk {

/// Makes what is missing of Kafka's persistent parents, in Kafka's order, with null data. Blocks.
ZkStatus create_persistent_paths(Session& session);

}  // namespace meerkat::zk
