// Who is controller: the ephemeral /controller, the fencing counter /controller_epoch, and the guard that every
// write of a controller carries. All functions block, but for guarded() and unguard().
#pragma once

#include <optional>

#include "zk/payloads.h"
#include "zk/session.h"

namespace meerkat::zk {

/// Proof of having been elected. `epoch_zk_version` (version of /controller_epoch) is the fencing token.
struct ControllerLease {
  int32_t broker_id = -1;
  int32_t epoch = 0;
  int32_t epoch_zk_version = 0;
};

/// The outcome of an election: the lease if we won, and who is controller now (-1: nobody; it vanished meanwhile).
struct Election {
  std::optional<ControllerLease> lease;
  int32_t controller_id = -1;
};

/// The broker id in /controller, -1 if there is none. Arms a node watch on /controller if one is registered.
/// Fails with controller_moved if a KRaft controller owns the cluster (migration).
ZkResult<int32_t> read_controller(Session& session);

/// Stands for election unless /controller exists. Wins by one multi that creates /controller and raises
/// /controller_epoch on condition of the version read. An answer lost to a broken connection is looked up afterwards.
/// A /controller that our own session holds without a lease in hand (after a session taken over again) is replaced,
/// under a new epoch. Arms the node watch on /controller if one is registered.
/// `in_place_of`: a broker whose /controller is replaced as well, since its process seems to be dead while its session
/// lives. Should it be alive it is fenced by the new epoch, and resigns when it sees the node change.
ZkResult<Election> elect_controller(Session& session, int32_t broker_id, int64_t wall_ms,
                                    std::optional<int32_t> in_place_of = std::nullopt);

/// Gives the lease back: deletes /controller unless somebody else is controller by now (then: controller_moved).
/// The node's deletion makes all brokers elect.
ZkStatus resign_controller(Session& session, const ControllerLease& lease);

/// The controller's epoch and its version, for reading only; nothing if there was never a controller.
struct ControllerEpoch {
  int32_t epoch = 0;
  int32_t zk_version = 0;
};
ZkResult<std::optional<ControllerEpoch>> read_controller_epoch(Session& session);

/// Wraps a write into multi[check(/controller_epoch, version of the lease), op]: a controller that has been replaced
/// can write nothing. One multi a node; pipeline them in a batch.
Request guarded(const ControllerLease& lease, Op op);
/// The answer to the wrapped operation as if it had been sent alone: code, path, stat. Code controller_moved if the
/// check failed: resign then.
Response unguard(const Response& response);

}  // namespace meerkat::zk
