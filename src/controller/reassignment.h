// Moving replicas (KIP-455), decided purely. A reassignment is under way while a partition's assignment has adding or
// removing replicas; it completes when all of its target is in sync.
#pragma once

#include <optional>
#include <vector>

#include "controller/context.h"
#include "wire/error.h"
#include "zk/payloads.h"

namespace meerkat::controller {

/// Rules for a target given by a request: not empty, no broker twice, none negative, added brokers alive.
/// INVALID_REPLICA_ASSIGNMENT otherwise.
wire::Outcome<void> check_target(const Context& context, const TopicPartition& partition,
                                 const std::vector<int32_t>& target);

/// The assignment that a request comes to. No target means to cancel: back to the origin, or
/// NO_REASSIGNMENT_IN_PROGRESS.
wire::Outcome<Assignment> build_reassignment(const Context& context, const TopicPartition& partition,
                                             const std::optional<std::vector<int32_t>>& target);

/// Whether all replicas of the target are in sync.
bool reassignment_complete(const Partition& partition);

/// How the leader gets into the target when the reassignment completes.
enum class LeaderMove {
  none,   // it is in the target already and alive: only the leader epoch is raised
  elect,  // a replica of the target has to be elected
};
LeaderMove leader_move(const Context& context, const TopicPartition& partition, const Assignment& completed);

/// A topic's znode as the context has it.
zk::TopicAssignment topic_node(const Topic& topic);

}  // namespace meerkat::controller
