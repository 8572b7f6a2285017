// Where the coordinator learns how topics stand in ZooKeeper: a seam, so that this room needs no ZooKeeper.
#pragma once

#include <functional>
#include <string>

#include "group/topic_changes.h"

namespace meerkat::group {

/// Thread-safe.
class TopicFeed {
 public:
  virtual ~TopicFeed() = default;
  /// Any thread; must not block. `topic` is now `state`.
  using Listener = std::function<void(const std::string& topic, const SeenTopic& state)>;
  /// The one listener; no call of an earlier one starts after this has returned.
  virtual void listen(Listener listener) = 0;
  /// Tells the listener how the topic stands now, and again after each change. Counted: ends with as many unfollow().
  virtual void follow(const std::string& topic) = 0;
  virtual void unfollow(const std::string& topic) = 0;
};

}  // namespace meerkat::group
