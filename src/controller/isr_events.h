// Events around in-sync replicas: AlterPartition from leaders (KIP-497), and the notifications of old leaders.
#pragma once

#include <vector>

#include "controller/partition_state_machine.h"
#include "controller/term.h"
#include "wire/messages/56_alter_partition.h"

namespace meerkat::controller {

/// What the rules make of an AlterPartition request, before anything is written. Pure.
struct IsrPlan {
  wire::ErrorCode error = wire::ErrorCode::none;  // of the whole request
  std::vector<StateWrite> writes;
  /// For each partition of the request in its order: none for those that are already as asked or will be written.
  std::vector<wire::ErrorCode> errors;
};
IsrPlan plan_isr_changes(const Context& context, const wire::AlterPartitionRequest& request, int16_t version);

/// Applies what a leader proposes; the new metadata goes to all brokers, but no LeaderAndIsr.
wire::AlterPartitionResponse alter_partition(Term& term, const wire::AlterPartitionRequest& request, int16_t version);

/// Completes reassignments for which the last missing replica has come into the ISR: to be called once the answer to
/// alter_partition() is on its way.
void after_alter_partition(Term& term, const wire::AlterPartitionResponse& response, int16_t version);

/// The children of /isr_change_notification have changed: leaders at an inter-broker protocol below 2.7 have written
/// states themselves.
void on_isr_notifications(Term& term);

}  // namespace meerkat::controller
