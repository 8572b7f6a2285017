// Which brokers get the replicas of a topic's partitions: Kafka's assignment, with and without racks (KIP-36).
// Pure functions; the random start comes in, so that tests and the oracle can fix it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wire/error.h"

namespace meerkat::cluster {

/// A broker that may take replicas.
struct BrokerRack {
  int32_t id = -1;
  std::optional<std::string> rack;
};

/// Partition → replicas, the preferred leader first.
using Assignment = std::map<int32_t, std::vector<int32_t>>;

/// Draws a number in [0, bound); bound is at least 1.
using Draw = std::function<int32_t(int32_t bound)>;

/// A Draw on the machine's random numbers. Thread-safe.
Draw random_draw();

/// Spreads `partitions` partitions of `replication_factor` replicas over `brokers`, numbering them from
/// `first_partition`. Leaders go round the brokers, followers at a shift that grows with each round; with racks the
/// order of brokers alternates between racks and a partition's replicas cover as many racks as there are.
/// Fails with INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, or UNKNOWN_SERVER_ERROR when only some brokers name a
/// rack.
wire::Outcome<Assignment> assign_replicas(std::vector<BrokerRack> brokers, int32_t partitions,
                                          int32_t replication_factor, const Draw& draw, int32_t first_partition = 0);

/// The same with the start index (and the first shift) given instead of drawn.
wire::Outcome<Assignment> assign_replicas_from(std::vector<BrokerRack> brokers, int32_t partitions,
                                               int32_t replication_factor, int32_t start_index,
                                               int32_t first_partition = 0);

/// Replicas for the partitions that bring a topic from `existing` to `new_count` partitions, continuing where partition
/// 0 of the topic began. Returns the added partitions only. `existing` holds partition 0; new_count > existing.size().
wire::Outcome<Assignment> assign_added_partitions(const Assignment& existing, int32_t new_count,
                                                  std::vector<BrokerRack> brokers);

/// Rules for replicas given by hand for a new topic: the same number everywhere, no broker twice, partitions numbered
/// from 0 without a gap. INVALID_REPLICA_ASSIGNMENT otherwise.
wire::Outcome<void> check_manual_assignment(const Assignment& assignment);

/// Rules for replicas given by hand for added partitions: as many as partition 0 has, known brokers, none twice.
wire::Outcome<void> check_added_assignment(const Assignment& added, size_t replication_factor,
                                           std::span<const BrokerRack> brokers);

}  // namespace meerkat::cluster
