// Kafka's RackAwareReplicaSelector: consumers read from a replica in their own rack (KIP-392).
#pragma once

#include "replica/context.h"

namespace meerkat::replica {

/// The leader, if it is in the consumer's rack, or if nobody is; else the in-sync replica in that rack that holds the
/// offset and has come farthest. Of equals the one that caught up last, then the one with the greatest id.
class RackSelector : public ReplicaSelector {
 public:
  std::optional<int32_t> select(const ReplicaChoice& choice) const override;
};

}  // namespace meerkat::replica
