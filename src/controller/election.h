// Leader election: who leads next, decided from an assignment, an in-sync set and who is alive. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "controller/context.h"
#include "controller/types.h"

namespace meerkat::controller {

/// Why a leader is elected; decides candidates, the new ISR and who is told.
enum class Strategy {
  offline,              // the leader is gone: the first live replica in the ISR (or any live one, if unclean)
  preferred,            // back to the first replica of the assignment
  reassign,             // to a replica of the reassignment's target
  controlled_shutdown,  // away from brokers that shut down or are suspected to be dead
};

/// What an election looks at. `online` says whether a replica is live; brokers that are leaving count as live only for
/// controlled_shutdown.
struct Ballot {
  const Assignment* assignment = nullptr;
  const Leadership* current = nullptr;
  std::function<bool(int32_t broker)> online;
  std::function<bool(int32_t broker)> leaving;  // only used by controlled_shutdown
  bool unclean_allowed = false;                 // only used by offline
};

/// The outcome: leadership with the leader epoch raised by one (the partition epoch still that of the current state),
/// and the replicas to tell.
struct Elected {
  Leadership leadership;
  std::vector<int32_t> recipients;
};

/// Nothing if no replica may lead.
std::optional<Elected> elect(Strategy strategy, const Ballot& ballot);

/// The ballot of a partition that is in the context and has a leadership. Refers to `context` and to its partition.
Ballot ballot_for(const Context& context, const TopicPartition& tp, Strategy strategy);

/// The first leadership of a new partition: leader and ISR are the live replicas; nothing if none is.
std::optional<Leadership> first_leadership(const Assignment& assignment,
                                           const std::function<bool(int32_t broker)>& online);

/// The leadership after `broker` has left the ISR: no leader if it led; the last member of the ISR stays. Nothing if
/// the broker is not in the ISR.
std::optional<Leadership> without_replica(const Leadership& current, int32_t broker);

}  // namespace meerkat::controller
