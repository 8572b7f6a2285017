// A broker that seems to be dead although its ZooKeeper session lives: its port refuses connections. Its leaderships
// move at once, by elections among replicas in sync that raise the leader epoch, as for a controlled shutdown. If it
// lives after all it cannot commit anything with acks=all, as its followers have left its epoch; it is then treated
// like a broker that has just started, and gets back what it led.
#pragma once

#include <cstddef>
#include <cstdint>

#include "controller/term.h"

namespace meerkat::controller {

/// Broker `id` of this epoch refuses connections: it leads nothing any more that another replica in sync can lead, is
/// out of the ISRs and of the metadata, and is kept out until it is back. What was on its way to it is void.
void on_broker_vanished(Term& term, int32_t id, int64_t broker_epoch);

/// It accepts connections again, in the same session.
void on_broker_back(Term& term, int32_t id, int64_t broker_epoch);

/// Gives leaderships back that suspicion took from brokers that have caught up since, at most `limit`. Returns whether
/// some are still to be given back.
bool restore_leaders(Term& term, size_t limit);

}  // namespace meerkat::controller
