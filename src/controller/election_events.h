// Events around elections on purpose: preferred leaders (on request, by the old znode, by the balancer) and unclean
// ones.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controller/term.h"
#include "wire/messages/43_elect_leaders.h"

namespace meerkat::controller {

/// ElectLeaders (KIP-460). Null partitions mean all; those that need no election are left out of the answer then.
wire::ElectLeadersResponse elect_on_request(Term& term, const wire::ElectLeadersRequest& request);

/// /admin/preferred_replica_election has appeared: elects, and deletes it. Arms its watch.
void on_preferred_election_node(Term& term);

/// Gives leaderships back to preferred replicas that are alive and in sync, of brokers of whose preferred partitions
/// more than `imbalance_per_broker_percentage` are led by others. Moves at most `limit` partitions, so that followers
/// and clients do not all turn at once; returns whether there is more to move.
bool rebalance_leaders(Term& term, size_t limit);

/// Partitions that a rebalance would move now. Pure.
std::vector<TopicPartition> plan_rebalance(const Context& context, int32_t imbalance_percentage);

}  // namespace meerkat::controller
