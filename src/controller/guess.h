// Guessing the partition states at the beginning of a term, from what the broker was told as one among many: ZooKeeper
// confirms hundreds of guesses in one request, where it gives states one by one.
#pragma once

#include <optional>

#include "base/uuid.h"
#include "cluster/metadata_image.h"
#include "controller/types.h"

namespace meerkat::controller {

/// The state of a partition if its znode still has the version that the image names (`partition_epoch`). Nothing where
/// the image cannot tell: another topic id or none, no version, or an ISR of one among several replicas, which may be
/// recovering from an unclean election (KIP-704; UpdateMetadata does not say).
std::optional<Leadership> guess_leadership(const cluster::MetadataImage& image, const TopicPartition& tp,
                                           const Uuid& topic_id);

}  // namespace meerkat::controller
