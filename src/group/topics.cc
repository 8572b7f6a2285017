// A topic that the group subscribes to has changed in ZooKeeper.
#include <glog/logging.h>

#include "group/rebalance.h"

namespace meerkat::group {

void topic_changed(Group& group, const std::string& topic, const TopicChange& change, const Moment& moment,
                   Actions& actions) {
  const auto& subscribed = group.subscribed_topics();
  if (!change.rebalance || !subscribed || !subscribed->contains(topic)) return;
  if (group.state == GroupState::empty || group.state == GroupState::dead) return;
  if (change.added) {
    group.new_partitions[topic] = *change.added;
  } else {
    group.new_partitions.erase(topic);
  }
  // While members are joining, the assignment is yet to be made.
  if (group.state == GroupState::preparing_rebalance) return;
  LOG(INFO) << "Group " << group.id << " rebalances: topic " << topic
            << (change.added ? " has new partitions" : " is gone");
  prepare_rebalance(group, moment, actions);
}

}  // namespace meerkat::group
