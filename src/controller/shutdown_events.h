// Controlled shutdown: a broker that wants to leave hands its leaderships over first.
#pragma once

#include "controller/term.h"
#include "wire/messages/07_controlled_shutdown.h"

namespace meerkat::controller {

/// Moves leaders away from a broker that is leaving where another replica is in sync, and takes it out of the ISR
/// elsewhere. Partitions with a single replica stay.
void move_away(Term& term, int32_t broker);

/// The broker shuts down: moves leaders away from it and takes it out of the ISR elsewhere. The answer lists partitions
/// that it still leads, as no other replica is in sync; partitions with a single replica do not count.
wire::ControlledShutdownResponse controlled_shutdown(Term& term, const wire::ControlledShutdownRequest& request);

}  // namespace meerkat::controller
