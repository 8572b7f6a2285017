// A member of a group that ZooKeeper coordinates, as the consumers of Kafka 0.8 did: members, owners and offsets are
// znodes, every member works out the same division, and watches tell when it has to be made anew.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/consumer.h"
#include "client/zookeeper_group.h"

namespace meerkat::client {

/// Names are those of 0.8's consumer where it has them.
struct ZookeeperConsumerOptions : FetchOptions {
  std::string group_id;
  std::string consumer_id;  // empty: made of host, time and chance, as 0.8 does
  OldAssignor assignor = OldAssignor::range;
  ConsumerOptions::Reset auto_offset_reset = ConsumerOptions::Reset::latest;  // where nothing is committed
  bool auto_commit_enable = true;
  std::chrono::milliseconds auto_commit_interval{60'000};
  enum class Storage { zookeeper, kafka } offsets_storage = Storage::zookeeper;
  std::chrono::milliseconds rebalance_backoff{200};  // before it looks again for a partition that another still has
  size_t max_poll_records = 500;
};

/// Used from one thread, but for wakeup(). Each member has one stream.
class ZookeeperConsumer {
 public:
  /// Both outlive this.
  ZookeeperConsumer(zk::Session& session, Cluster& cluster, ZookeeperConsumerOptions options);
  /// close(), if that was not called.
  ~ZookeeperConsumer();

  /// Becomes a member that reads these topics. Once.
  Status subscribe(const std::set<std::string>& topics);
  /// Becomes a member that reads all topics whose names match, also later ones. Once.
  Status subscribe_pattern(const std::string& white_list);
  /// As Consumer::poll(). An error is final: a division that the members do not agree on, ZooKeeper gone for good.
  wire::Outcome<std::vector<ConsumedRecord>> poll(std::chrono::milliseconds timeout);
  void wakeup() { signal_->wakeup(); }
  /// What is unread of what poll() has given is read again by whoever goes on.
  void seek(const TopicPartition& partition, int64_t offset) { fetcher_->seek(partition, offset); }
  /// Commits what poll() has given so far.
  wire::Outcome<void> commit();
  std::set<TopicPartition> assignment() const { return fetcher_->partitions(); }
  const std::string& consumer_id() const { return id_; }
  /// Commits (auto-commit), gives up its partitions and its membership.
  wire::Outcome<void> close();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Flags;  // set by watches, on ZooKeeper's thread

  Status start();
  /// Makes the watches that are not there yet.
  void watch(const std::string& path, zk::WatchKind kind);
  Status rebalance();
  Result<std::set<std::string>> all_topics();
  Status take_over(const std::set<TopicPartition>& mine);
  wire::Outcome<void> find_positions();
  wire::Outcome<void> commit(const std::set<TopicPartition>& partitions);
  wire::Outcome<std::map<TopicPartition, int64_t>> committed(const std::set<TopicPartition>& partitions);

  zk::Session& session_;
  Cluster& cluster_;
  const ZookeeperConsumerOptions options_;
  const std::string id_;
  ZookeeperGroup group_;
  CoordinatorClient offsets_;
  const std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
  const std::shared_ptr<Flags> flags_;
  const std::shared_ptr<Fetcher> fetcher_;
  zk::ConsumerRegistration registration_;
  zk::Session::HandlerId handler_ = 0;
  std::map<std::string, zk::Session::WatchId> watches_;
  uint64_t registered_in_ = 0;  // session generation
  Time look_again_{};           // at partitions that others still have
  Time next_commit_{};
  bool closed_ = false;
};

}  // namespace meerkat::client
