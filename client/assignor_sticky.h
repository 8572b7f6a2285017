// The sticky assignor: balance first, then as few moves as balance allows.
#pragma once

#include "client/assignors.h"

namespace meerkat::client {

Assignments assign_sticky(const TopicRacks& topics, const Subscriptions& members);

/// KIP-429: takes out of an assignment what another member still has; the next rebalance, after that has given it up,
/// gives it out.
void hold_back_moving(const Subscriptions& members, Assignments& assignments);

}  // namespace meerkat::client
