// /cluster/id: made by the first broker, read by all others.
#pragma once

#include "zk/session.h"

namespace meerkat::zk {

/// The cluster's id, nothing if there is none yet.
ZkResult<std::optional<std::string>> read_cluster_id(Session& session);
/// The cluster's id; made at random if there is none. When several brokers start at once all get the same.
ZkResult<std::string> create_or_get_cluster_id(Session& session);

}  // namespace meerkat::zk
