#include "group/shard.h"

namespace meerkat::group {

void Shard::follow_topics(const EntryPtr& entry) {
  if (topics_feed_ == nullptr) return;
  const Group& group = *entry->group;
  const bool gone = group.state == GroupState::dead;
  // Subscriptions count once a generation has begun with them.
  if (!gone && entry->followed_generation == group.generation) return;
  entry->followed_generation = group.generation;
  std::set<std::string> wanted;
  if (!gone && group.subscribed_topics()) wanted = *group.subscribed_topics();
  for (const auto& topic : entry->followed) {
    if (!wanted.contains(topic)) unfollow(topic, group.id);
  }
  for (const auto& topic : wanted) {
    FollowedTopic& followed = followed_topics_[topic];
    const bool first = followed.groups.empty();
    followed.groups.insert(group.id);
    if (first) topics_feed_->follow(topic);
  }
  entry->followed = std::move(wanted);
}

void Shard::unfollow(const std::string& topic, const std::string& group) {
  auto it = followed_topics_.find(topic);
  if (it == followed_topics_.end() || it->second.groups.erase(group) == 0 || !it->second.groups.empty()) return;
  followed_topics_.erase(it);
  topics_feed_->unfollow(topic);
}

void Shard::on_topic(const std::string& topic, const SeenTopic& state) {
  auto it = followed_topics_.find(topic);
  if (it == followed_topics_.end()) return;
  const auto before = std::exchange(it->second.last, state);
  if (!before) return;  // the first look
  const TopicChange change = compare(*before, state);
  if (!change.rebalance) return;
  const auto groups = it->second.groups;  // carrying out may change them
  for (const auto& id : groups) {
    const EntryPtr entry = find(id);
    if (!entry) continue;
    Actions actions;
    topic_changed(*entry->group, topic, change, now(), actions);
    carry_out(entry, std::move(actions));
  }
}

}  // namespace meerkat::group
