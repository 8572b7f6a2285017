// The part of the consumer that follows its group.
#include <algorithm>

#include "client/consumer.h"

namespace meerkat::client {

using std::chrono::steady_clock;
using wire::ErrorCode;

void Consumer::subscribe(std::set<std::string> topics, RebalanceListener* listener) {
  pattern_.reset();
  listener_ = listener;
  subscribed_ = group_ != nullptr;
  if (!subscribed_) return;
  if (topics != topics_) group_->want_rejoin();
  topics_ = std::move(topics);
  metadata_since_ = {};
}

Status Consumer::subscribe_pattern(const std::string& pattern, RebalanceListener* listener) {
  // The standard library tells of a bad pattern by an exception only.
  try {
    pattern_.emplace(pattern);
  } catch (const std::regex_error&) {
    return fail("'" + pattern + "' is no regular expression");
  }
  listener_ = listener;
  subscribed_ = group_ != nullptr;
  metadata_since_ = {};
  return {};
}

void Consumer::unsubscribe() {
  if (subscribed_) {
    if (options_.enable_auto_commit) (void)commit();
    revoke({});
    group_->leave("the consumer has ended its subscription");
  }
  subscribed_ = false;
  topics_.clear();
  pattern_.reset();
  fetcher_->keep_only({});
}

bool Consumer::cooperative() const {
  // One that assigns eagerly makes the group give up everything at each rebalance.
  return !options_.group.assignors.empty() &&
         std::all_of(options_.group.assignors.begin(), options_.group.assignors.end(),
                     [](Assignor a) { return a == Assignor::cooperative_sticky; });
}

wire::Outcome<bool> Consumer::join_group(Time deadline) {
  for (;;) {
    auto step = group_->step();
    if (!step) return step.failure();
    switch (*step) {
      case GroupSession::Step::stable:
        return true;
      case GroupSession::Step::wait:
        return false;
      case GroupSession::Step::prepare:
        before_rebalance();
        break;
      case GroupSession::Step::assigned:
        on_assignment();
        break;
      case GroupSession::Step::lost:
        on_loss();
        break;
      case GroupSession::Step::again:
        break;
    }
    if (steady_clock::now() >= deadline && *step == GroupSession::Step::again) return false;
  }
}

void Consumer::before_rebalance() {
  // A failure means that the partitions are lost already, or that the records will be read again.
  if (options_.enable_auto_commit && group_->generation() >= 0) (void)commit();
  if (!cooperative()) revoke({});
  if (pattern_) watch_metadata(Time::max());
  group_->prepared();
}

/// Gives up all but `keep`.
void Consumer::revoke(const std::set<TopicPartition>& keep) {
  std::set<TopicPartition> removed, kept;
  for (const auto& partition : fetcher_->partitions()) (keep.contains(partition) ? kept : removed).insert(partition);
  if (removed.empty()) return;
  if (listener_ != nullptr) listener_->on_revoked(removed);
  fetcher_->keep_only(kept);
}

void Consumer::on_assignment() {
  const std::set<TopicPartition> assigned(group_->assignment().begin(), group_->assignment().end());
  const std::set<TopicPartition> before = fetcher_->partitions();
  std::set<TopicPartition> added;
  std::set_difference(assigned.begin(), assigned.end(), before.begin(), before.end(),
                      std::inserter(added, added.end()));
  const bool gives_up = !std::includes(assigned.begin(), assigned.end(), before.begin(), before.end());
  if (gives_up) {
    if (options_.enable_auto_commit) (void)commit();
    revoke(assigned);
    // What was given up can be given out in the next rebalance (KIP-429).
    group_->want_rejoin();
  }
  fetcher_->keep_only(assigned);
  std::set<std::string> topics;
  for (const auto& partition : added) topics.insert(partition.topic);
  if (!topics.empty()) (void)cluster_.refresh(std::vector<std::string>(topics.begin(), topics.end()));
  if (listener_ != nullptr) listener_->on_assigned(added);
}

void Consumer::on_loss() {
  const std::set<TopicPartition> lost = fetcher_->partitions();
  fetcher_->keep_only({});
  if (listener_ != nullptr && !lost.empty()) listener_->on_lost(lost);
}

Subscription Consumer::subscription(Assignor assignor) {
  Subscription out;
  out.topics.assign(topics_.begin(), topics_.end());
  if (assignor == Assignor::sticky) {
    out.owned = group_->assignment();  // what it has just given up, which it may get back
  } else {
    const auto owned = fetcher_->partitions();
    out.owned.assign(owned.begin(), owned.end());
  }
  if (!options_.client_rack.empty()) out.rack = options_.client_rack;
  return out;
}

wire::Outcome<Assignments> Consumer::divide(Assignor assignor, const Subscriptions& members) {
  std::set<std::string> wanted;
  for (const auto& [id, member] : members) wanted.insert(member.topics.begin(), member.topics.end());
  auto view = cluster_.refresh(std::vector<std::string>(wanted.begin(), wanted.end()));
  if (!view) return wire::refuse(ErrorCode::network_exception, view.error().message);
  TopicRacks topics;
  divided_.clear();
  for (const auto& name : wanted) {
    const int32_t count = (*view)->partition_count(name);
    divided_[name] = count;
    auto found = (*view)->topics.find(name);
    if (found == (*view)->topics.end() || count == 0) continue;
    auto& racks = topics[name];
    racks.resize(static_cast<size_t>(count));
    for (const auto& p : found->second.partitions) {
      if (p.partition_index < 0 || p.partition_index >= count) continue;
      for (const int32_t broker : p.replica_nodes) {
        auto rack = (*view)->racks.find(broker);
        if (rack != (*view)->racks.end()) racks[static_cast<size_t>(p.partition_index)].insert(rack->second);
      }
    }
  }
  return client::assign(assignor, topics, members);
}

void Consumer::match_pattern(const ClusterView& view) {
  std::set<std::string> matched;
  for (const auto& [name, topic] : view.topics) {
    if (topic.error_code == ErrorCode::none && !topic.is_internal && std::regex_match(name, *pattern_)) {
      matched.insert(name);
    }
  }
  if (matched == topics_) return;
  topics_ = std::move(matched);
  group_->want_rejoin();
}

/// Looks at the topics when that is due, and joins anew if they are not what the assignment was made for.
void Consumer::watch_metadata(Time now) {
  if (now != Time::max() && now < metadata_since_ + options_.metadata_max_age) return;
  metadata_since_ = steady_clock::now();
  std::set<std::string> names = topics_;
  if (group_->leads()) {
    for (const auto& [name, count] : divided_) names.insert(name);
  }
  std::optional<std::vector<std::string>> asked;
  if (!pattern_) asked.emplace(names.begin(), names.end());
  auto view = cluster_.refresh(asked);
  if (!view) {
    metadata_since_ = {};
    return;
  }
  if (pattern_) match_pattern(**view);
  if (!group_->leads()) return;
  for (const auto& [name, count] : divided_) {
    if ((*view)->partition_count(name) != count) return group_->want_rejoin();
  }
}

}  // namespace meerkat::client
