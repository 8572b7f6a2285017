// Events around brokers: they join, die, come back under a new epoch, change endpoints, or lose a log directory.
#pragma once

#include <set>
#include <vector>

#include "controller/term.h"
#include "wire/messages/04_leader_and_isr.h"

namespace meerkat::controller {

/// The children of /brokers/ids have changed. A broker whose epoch has grown has died and come back.
void on_brokers_changed(Term& term);

/// Registered brokers begin to take part: they are told the whole cluster, lead and follow what they can.
void on_brokers_up(Term& term, const std::set<int32_t>& ids);

/// The registration of a broker has changed (endpoints or features).
void on_broker_modified(Term& term, int32_t id);

/// The children of /log_dir_event_notification have changed: brokers with a failed log directory are asked for the
/// state of all their replicas.
void on_log_dir_events(Term& term);

/// A broker has answered LeaderAndIsr: replicas it cannot reach on disk are offline.
void on_leader_and_isr_answer(Term& term, int32_t broker, const wire::LeaderAndIsrResponse& answer);

/// Replicas have gone offline: new leaders for what they led, out of the ISR elsewhere.
void on_replicas_offline(Term& term, const std::vector<Replica>& replicas);

}  // namespace meerkat::controller
