#include "controller/types.h"

#include <algorithm>

namespace meerkat::controller {
namespace {

bool holds(const std::vector<int32_t>& list, int32_t broker) {
  return std::find(list.begin(), list.end(), broker) != list.end();
}

std::vector<int32_t> less(const std::vector<int32_t>& list, const std::vector<int32_t>& away) {
  std::vector<int32_t> out;
  for (int32_t b : list) {
    if (!holds(away, b)) out.push_back(b);
  }
  return out;
}

constexpr uint8_t bit(auto state) { return static_cast<uint8_t>(1u << static_cast<unsigned>(state)); }

// For each target state the states it may be entered from.
constexpr uint8_t partition_sources(PartitionState to) {
  using enum PartitionState;
  switch (to) {
    case fresh:
      return bit(non_existent);
    case online:
    case offline:
      return bit(fresh) | bit(online) | bit(offline);
    case non_existent:
      return bit(offline);
  }
  return 0;
}

constexpr uint8_t replica_sources(ReplicaState to) {
  using enum ReplicaState;
  switch (to) {
    case fresh:
      return bit(non_existent);
    case online:
    case offline:
      return bit(fresh) | bit(online) | bit(offline) | bit(deletion_ineligible);
    case deletion_started:
      return bit(offline);
    case deletion_successful:
      return bit(deletion_started);
    case deletion_ineligible:
      return bit(offline) | bit(deletion_started);
    case non_existent:
      return bit(deletion_successful);
  }
  return 0;
}

}  // namespace

bool Assignment::contains(int32_t broker) const { return holds(replicas, broker); }
std::vector<int32_t> Assignment::target() const { return less(replicas, removing); }
std::vector<int32_t> Assignment::origin() const { return less(replicas, adding); }

Assignment Assignment::reassigned_to(const std::vector<int32_t>& target) const {
  const auto from = origin();
  Assignment out;
  out.replicas = target;
  for (int32_t b : less(from, target)) out.replicas.push_back(b);
  out.adding = less(target, from);
  out.removing = less(from, target);
  return out;
}

Assignment Assignment::without(int32_t broker) const {
  const std::vector<int32_t> away{broker};
  return {less(replicas, away), less(adding, away), less(removing, away)};
}

bool Leadership::in_isr(int32_t broker) const { return holds(isr, broker); }

const char* name(PartitionState state) {
  static constexpr const char* kNames[] = {"NonExistent", "New", "Online", "Offline"};
  return kNames[static_cast<size_t>(state)];
}

const char* name(ReplicaState state) {
  static constexpr const char* kNames[] = {
      "NonExistent", "New", "Online", "Offline", "DeletionStarted", "DeletionSuccessful", "DeletionIneligible"};
  return kNames[static_cast<size_t>(state)];
}

bool may_become(PartitionState from, PartitionState to) { return (partition_sources(to) & bit(from)) != 0; }
bool may_become(ReplicaState from, ReplicaState to) { return (replica_sources(to) & bit(from)) != 0; }

}  // namespace meerkat::controller
