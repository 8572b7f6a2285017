// The threads that copy partitions from other brokers: fetch-0 … one loop each, on it one fetcher for each leader.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "event/loop.h"
#include "replica/apply.h"
#include "replica/context.h"
#include "replica/fetcher.h"

namespace meerkat::replica {

/// A partition always belongs to the same loop. Calls come from the state thread and return at once: what a fetch
/// brings after unfollow() is refused by the partition, whose role or leader epoch has changed by then.
class ReplicaFetchers : public Following {
 public:
  /// `context` outlives this.
  ReplicaFetchers(ReplicaContext& context, FetcherSettings settings);
  ~ReplicaFetchers() override;

  void follow(const std::vector<std::shared_ptr<Partition>>& partitions) override;
  void unfollow(const std::vector<TopicPartition>& partitions) override;
  /// Ends the threads. Nothing is followed afterwards.
  void stop();

 private:
  /// `fetchers` belongs to the loop's thread.
  struct Lane {
    explicit Lane(int index) : loop("fetch-" + std::to_string(index)), index(index) {}
    event::Loop loop;
    const int index;
    std::map<int32_t, std::unique_ptr<Fetcher>> fetchers;  // by leader
  };
  Lane& lane_of(const TopicPartition& tp);
  void start(Lane& lane, const std::vector<std::shared_ptr<Partition>>& partitions);
  static void drop(Lane& lane, const std::vector<TopicPartition>& partitions);

  ReplicaContext& context_;
  const FetcherSettings settings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace meerkat::replica
