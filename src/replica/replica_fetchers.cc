#include "replica/replica_fetchers.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/hash/hash.h"

namespace meerkat::replica {

ReplicaFetchers::ReplicaFetchers(ReplicaContext& context, FetcherSettings settings)
    : context_(context), settings_(std::move(settings)) {
  for (int i = 0; i < std::max(settings_.num_replica_fetchers, 1); ++i) {
    lanes_.push_back(std::make_unique<Lane>(i));
    lanes_.back()->loop.start();
  }
}

ReplicaFetchers::~ReplicaFetchers() { stop(); }

void ReplicaFetchers::stop() {
  for (const auto& lane : lanes_) {
    std::promise<void> dropped;
    lane->loop.post([&] {
      lane->fetchers.clear();  // their connections and timers end where they live
      dropped.set_value();
    });
    dropped.get_future().wait();
    lane->loop.stop();
  }
  lanes_.clear();
}

ReplicaFetchers::Lane& ReplicaFetchers::lane_of(const TopicPartition& tp) {
  return *lanes_[absl::HashOf(tp.topic, tp.partition) % lanes_.size()];
}

void ReplicaFetchers::follow(const std::vector<std::shared_ptr<Partition>>& partitions) {
  if (lanes_.empty()) return;
  std::map<Lane*, std::vector<std::shared_ptr<Partition>>> by_lane;
  for (const auto& p : partitions) by_lane[&lane_of(p->name())].push_back(p);
  for (auto& [lane, mine] : by_lane) {
    lane->loop.post([this, lane = lane, mine = std::move(mine)] { start(*lane, mine); });
  }
}

void ReplicaFetchers::unfollow(const std::vector<TopicPartition>& partitions) {
  if (lanes_.empty()) return;
  std::map<Lane*, std::vector<TopicPartition>> by_lane;
  for (const auto& tp : partitions) by_lane[&lane_of(tp)].push_back(tp);
  for (auto& [lane, mine] : by_lane) {
    lane->loop.post([lane = lane, mine = std::move(mine)] { drop(*lane, mine); });
  }
}

void ReplicaFetchers::start(Lane& lane, const std::vector<std::shared_ptr<Partition>>& partitions) {
  for (const auto& partition : partitions) {
    const int32_t leader = partition->leader();
    if (leader < 0 || leader == context_.settings.broker_id) continue;  // changed again meanwhile
    auto& fetcher = lane.fetchers[leader];
    if (!fetcher) fetcher = std::make_unique<Fetcher>(context_, settings_, lane.loop, leader, lane.index);
    fetcher->follow(partition);
  }
}

void ReplicaFetchers::drop(Lane& lane, const std::vector<TopicPartition>& partitions) {
  for (auto& [leader, fetcher] : lane.fetchers) {
    for (const auto& tp : partitions) fetcher->unfollow(tp);
  }
  std::erase_if(lane.fetchers, [](const auto& entry) { return entry.second->idle(); });
}

}  // namespace meerkat::replica
