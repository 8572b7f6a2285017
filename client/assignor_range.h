// The range assignor (KIP-881 where racks are known) and the round-robin one, which need no history.
#pragma once

#include "client/assignors.h"

namespace meerkat::client {

Assignments assign_range(const TopicRacks& topics, const Subscriptions& members);
Assignments assign_round_robin(const TopicRacks& topics, const Subscriptions& members);

/// The order of members in which both go: static ones first by their instance ids, then the others by member id.
std::vector<std::string> in_order(const Subscriptions& members);

}  // namespace meerkat::client
