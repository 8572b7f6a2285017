// The beginning of a term: everything is read from ZooKeeper, the brokers are told, and what the former controller
// left unfinished is gone on with.
#pragma once

#include "controller/controller.h"
#include "controller/term.h"

namespace meerkat::controller {

/// Brings a term from its election to work. Watches on the folders (brokers, topics, deletion marks, notifications, old
/// /admin nodes) must be registered before; reading here arms them. Stops half-way when the term is lost.
void begin_term(Term& term);

/// The figures of a term.
Snapshot snapshot_of(const Context& context);

}  // namespace meerkat::controller
