// What a controller asks of the broker that it runs in.
#pragma once

#include <functional>
#include <memory>

#include "cluster/metadata_image.h"

namespace meerkat::controller {

/// Called on the controller's thread.
struct OwnBroker {
  /// unclean.leader.election.enable now: a dynamic config.
  std::function<bool()> unclean_default;
  /// What the broker knew last of the cluster, as a guess at what ZooKeeper holds; may be null.
  std::function<std::shared_ptr<const cluster::MetadataImage>()> last_metadata;
};

}  // namespace meerkat::controller
