// Events around reassignment: requests, the old /admin/reassign_partitions node, and replicas that have caught up.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "controller/term.h"
#include "wire/messages/45_alter_partition_reassignments.h"
#include "wire/messages/46_list_partition_reassignments.h"

namespace meerkat::controller {

wire::AlterPartitionReassignmentsResponse alter_reassignments(Term& term,
                                                              const wire::AlterPartitionReassignmentsRequest& request);
wire::ListPartitionReassignmentsResponse list_reassignments(const Term& term,
                                                            const wire::ListPartitionReassignmentsRequest& request);

/// /admin/reassign_partitions has appeared. Returns the partitions whose reassignment began. Arms its watch.
std::set<TopicPartition> on_reassignment_node(Term& term);

/// Goes on with reassignments that have one of these brokers in their target; all of them if `brokers` is empty,
/// but for those in `except`.
void resume_reassignments(Term& term, const std::set<int32_t>& brokers, const std::set<TopicPartition>& except = {});

/// The ISR of a partition has changed: its reassignment may be complete.
void maybe_complete_reassignment(Term& term, const TopicPartition& partition);

}  // namespace meerkat::controller
