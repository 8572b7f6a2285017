// The controller's vocabulary: assignments, leadership, states of partitions and replicas.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/topic_partition.h"

namespace meerkat::controller {

inline constexpr int32_t kNoLeader = -1;
/// Sent for partitions of a topic that is being deleted: leader in UpdateMetadata, leader epoch in StopReplica.
inline constexpr int32_t kLeaderDuringDelete = -2;
inline constexpr int32_t kEpochDuringDelete = -2;
inline constexpr int32_t kNoEpoch = -1;

/// A partition's replicas. While it is reassigned `replicas` is the union, the target first (KIP-455).
struct Assignment {
  std::vector<int32_t> replicas;
  std::vector<int32_t> adding;
  std::vector<int32_t> removing;

  bool reassigning() const { return !adding.empty() || !removing.empty(); }
  bool contains(int32_t broker) const;
  /// Where the reassignment leads: the replicas less those being removed.
  std::vector<int32_t> target() const;
  /// Where it came from: the replicas less those being added.
  std::vector<int32_t> origin() const;
  /// The assignment that leads from the origin to `target`.
  Assignment reassigned_to(const std::vector<int32_t>& target) const;
  /// The same without a broker.
  Assignment without(int32_t broker) const;
  bool operator==(const Assignment&) const = default;
};

/// Who leads a partition, as /brokers/topics/T/partitions/P/state says.
struct Leadership {
  int32_t leader = kNoLeader;
  int32_t leader_epoch = 0;
  std::vector<int32_t> isr;
  bool recovering = false;       // after an unclean election, until the leader reports back (KIP-704)
  int32_t controller_epoch = 0;  // of the controller that decided
  int32_t partition_epoch = 0;   // data version of the znode ("zkVersion")

  bool in_isr(int32_t broker) const;
  bool operator==(const Leadership&) const = default;
};

enum class PartitionState : uint8_t { non_existent, fresh, online, offline };
enum class ReplicaState : uint8_t {
  non_existent,
  fresh,
  online,
  offline,
  deletion_started,
  deletion_successful,
  deletion_ineligible,
};

const char* name(PartitionState state);
const char* name(ReplicaState state);

/// The transitions that exist. Online to online is a re-election.
bool may_become(PartitionState from, PartitionState to);
bool may_become(ReplicaState from, ReplicaState to);

/// A replica: a partition on a broker.
struct Replica {
  TopicPartition partition;
  int32_t broker = -1;
  auto operator<=>(const Replica&) const = default;
};

}  // namespace meerkat::controller
