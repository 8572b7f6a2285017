// Watches on the topics that consumer groups subscribe to.
#pragma once

#include <map>
#include <memory>

#include "base/mutex.h"
#include "group/topic_feed.h"
#include "zk/session.h"

namespace meerkat::broker {

/// Tells the group coordinator how topics stand in ZooKeeper, by one watch a topic on /brokers/topics/T, which also
/// tells of topics that do not exist yet. The listener is called on the session's event thread.
class TopicWatches : public group::TopicFeed {
 public:
  /// `session` outlives this.
  explicit TopicWatches(zk::Session& session);
  ~TopicWatches() override;

  void listen(Listener listener) override;
  void follow(const std::string& topic) override;
  void unfollow(const std::string& topic) override;

 private:
  struct State;

  /// Reads, which arms the watch, and tells.
  static void look(const std::shared_ptr<State>& state, const std::string& topic);

  const std::shared_ptr<State> state_;  // answers may come when this is gone
  zk::Session::HandlerId handler_;
};

}  // namespace meerkat::broker
