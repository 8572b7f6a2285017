// The replica state machine. New, Online and Offline follow brokers and reassignments; the Deletion states follow the
// answers to StopReplica. Pure: changes of the context and requests for brokers; only leaving the ISR needs a write.
#pragma once

#include <span>
#include <vector>

#include "controller/context.h"
#include "controller/control_requests.h"
#include "controller/partition_state_machine.h"

namespace meerkat::controller {

/// Replicas that begin to exist: those of partitions with a leader are told so, as new ones.
void move_replicas_to_new(Context& context, ControlRequests& requests, std::span<const Replica> replicas);

/// Replicas whose broker is (again) there: told their partition's leadership, unless they are new and were told.
void move_replicas_to_online(Context& context, ControlRequests& requests, std::span<const Replica> replicas);

/// First half of going Offline: the broker is told to stop the replica, and the writes that take it out of the ISR
/// come back. Replicas of topics that are being deleted leave no trace in the ISR: their state is soon deleted.
std::vector<StateWrite> move_replicas_to_offline(Context& context, ControlRequests& requests,
                                                 std::span<const Replica> replicas);

/// Plans taking `broker` out of the ISR of partitions; those where it is in no ISR are left out.
std::vector<StateWrite> plan_isr_removals(const Context& context, int32_t broker,
                                          std::span<const TopicPartition> partitions);

/// Second half of going Offline, after the write: the leadership is stored, the other replicas are told.
void apply_isr_removal(Context& context, ControlRequests& requests, const StateWrite& written, int32_t partition_epoch);

/// Offline → DeletionStarted: the broker is told to delete the replica.
void move_replicas_to_deletion_started(Context& context, ControlRequests& requests, std::span<const Replica> replicas);

/// The bare transitions: DeletionSuccessful, DeletionIneligible, and NonExistent (which takes the replica out of the
/// assignment).
void move_replicas(Context& context, std::span<const Replica> replicas, ReplicaState to);

/// The states that replicas have when a term begins: Online, or DeletionIneligible where the broker is not there.
void initialize_replica_states(Context& context);

}  // namespace meerkat::controller
