// A broker's registration: the ephemeral /brokers/ids/N, and generated broker ids.
#pragma once

#include "zk/payloads.h"
#include "zk/session.h"

namespace meerkat::zk {

/// Registers the broker under its id and returns its broker epoch (czxid of the node). Blocks.
/// When the id is taken already: by this session, success; by an earlier session of this object, the node is replaced;
/// by a registration with our own endpoints (our previous process, most likely), waits for it to expire, at most
/// `patience` beyond the session timeout; by somebody else, fails at once with node_exists and says by whom.
/// Also fails with node_exists when another broker id has registered one of our advertised host:port pairs.
ZkResult<int64_t> register_broker(Session& session, const BrokerInfo& broker,
                                  std::chrono::milliseconds patience = std::chrono::milliseconds(3000));

/// Writes new endpoints or features of a registered broker (a dynamic listener change).
ZkStatus update_registration(Session& session, const BrokerInfo& broker);

/// A broker id for broker.id=-1: above `reserved` (reserved.broker.max.id), unique in the cluster.
ZkResult<int32_t> generate_broker_id(Session& session, int32_t reserved);

}  // namespace meerkat::zk
