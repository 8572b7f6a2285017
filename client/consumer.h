// A consumer: reads the partitions it is given, or those that its group assigns to it, and commits what it has read.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "client/fetcher.h"
#include "client/group_session.h"
#include "client/list_offsets.h"

namespace meerkat::client {

/// Names and defaults are those of Kafka's consumer.
struct ConsumerOptions : FetchOptions {
  /// none: OFFSET_OUT_OF_RANGE, or no committed offset, is the caller's problem.
  enum class Reset { earliest, latest, none } auto_offset_reset = Reset::latest;
  size_t max_poll_records = 500;
  bool enable_auto_commit = true;  // only in a group, after subscribe()
  std::chrono::milliseconds auto_commit_interval{5'000};
  std::chrono::milliseconds metadata_max_age{300'000};
  GroupOptions group;  // an empty group_id: no group, and nothing is committed
};

/// Told of what a rebalance takes and brings, by the thread that polls.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  virtual void on_assigned(const std::set<TopicPartition>& /*added*/) {}
  /// The last moment to commit what was read of them.
  virtual void on_revoked(const std::set<TopicPartition>& /*removed*/) {}
  /// They are somebody else's already: too late to commit.
  virtual void on_lost(const std::set<TopicPartition>& /*removed*/) {}
};

/// Used from one thread, but for wakeup().
class Consumer {
 public:
  /// `cluster` outlives this.
  Consumer(Cluster& cluster, ConsumerOptions options);
  /// close(), if that was not called.
  ~Consumer();

  // ---- What to read
  /// Reads these partitions from now on, from the given offsets (kEarliest, kLatest, or an offset >= 0).
  wire::Outcome<void> assign(const std::map<TopicPartition, int64_t>& positions);
  /// Becomes a member of the group: what it reads is the group's decision. `listener` outlives the subscription.
  void subscribe(std::set<std::string> topics, RebalanceListener* listener = nullptr);
  /// The same for all topics whose whole name matches (ECMAScript); internal topics do not count. New topics are found
  /// with the next metadata (metadata_max_age).
  Status subscribe_pattern(const std::string& pattern, RebalanceListener* listener = nullptr);
  /// Leaves the group, and reads nothing any more.
  void unsubscribe();
  std::set<TopicPartition> assignment() const { return fetcher_->partitions(); }

  // ---- Reading
  /// The records that are there, at most max_poll_records, waiting up to `timeout` for the first one. Empty after the
  /// timeout, and after wakeup(). Errors do not pass by themselves: no offset to begin with and no reset, a topic that
  /// is gone, corrupt data, a group that does not take it.
  wire::Outcome<std::vector<ConsumedRecord>> poll(std::chrono::milliseconds timeout);
  /// Any thread, also a signal handler's that was made for it: the present poll() returns at once, or the next one.
  void wakeup() { signal_->wakeup(); }
  /// Whether the last poll() ended by wakeup().
  bool woken() const { return woken_; }
  void pause(const TopicPartition& partition) { fetcher_->pause(partition, true); }
  void resume(const TopicPartition& partition) { fetcher_->pause(partition, false); }
  std::set<TopicPartition> paused() const { return fetcher_->paused(); }

  // ---- Positions
  void seek(const TopicPartition& partition, int64_t offset) { fetcher_->seek(partition, offset); }
  wire::Outcome<void> seek_to_beginning(const std::set<TopicPartition>& partitions);
  wire::Outcome<void> seek_to_end(const std::set<TopicPartition>& partitions);
  /// To the first record that is not older than the timestamp (wall ms), or to the end if there is none.
  wire::Outcome<void> seek_to_time(const std::set<TopicPartition>& partitions, int64_t timestamp);
  /// The offset of the next record of a partition that poll() will give; -1 if there is none yet.
  int64_t position(const TopicPartition& partition) const { return fetcher_->position(partition); }
  std::map<TopicPartition, int64_t> positions() const { return fetcher_->positions(); }
  /// The end that the last fetch saw: high watermark, or last stable offset with read_committed; -1 before.
  int64_t known_end(const TopicPartition& partition) const { return fetcher_->known_end(partition); }

  // ---- Offsets of the group; all need a group_id
  /// Commits what poll() has given so far.
  wire::Outcome<void> commit();
  wire::Outcome<void> commit(const Offsets& offsets);
  /// The same without waiting; `done` (may be empty) is called by a later poll(), commit() or close().
  void commit_async(GroupSession::OnCommit done = {});
  void commit_async(Offsets offsets, GroupSession::OnCommit done = {});
  wire::Outcome<Offsets> committed(const std::set<TopicPartition>& partitions);
  std::string member_id() const { return group_ ? group_->member_id() : std::string(); }
  int32_t generation() const { return group_ ? group_->generation() : -1; }
  /// For Producer::send_offsets_to_transaction(): fences this member once it has lost its partitions (KIP-447).
  CommitIdentity group_identity() const { return group_ ? group_->identity() : CommitIdentity{}; }

  /// Commits (auto-commit), tells the listener, leaves the group. Nothing may be called afterwards.
  wire::Outcome<void> close();

 private:
  using Time = std::chrono::steady_clock::time_point;

  // Groups: consumer_group.cc.
  wire::Outcome<bool> join_group(Time deadline);
  void before_rebalance();
  void on_assignment();
  void on_loss();
  Subscription subscription(Assignor assignor);
  wire::Outcome<Assignments> divide(Assignor assignor, const Subscriptions& members);
  bool cooperative() const;
  void watch_metadata(Time now);
  void match_pattern(const ClusterView& view);

  wire::Outcome<void> seek_to(const std::set<TopicPartition>& partitions, int64_t timestamp);
  wire::Outcome<void> find_positions();
  void maybe_auto_commit(Time now);
  Offsets read_so_far() const;
  void revoke(const std::set<TopicPartition>& keep);

  Cluster& cluster_;
  const ConsumerOptions options_;
  const std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
  const std::shared_ptr<Fetcher> fetcher_;
  std::shared_ptr<GroupSession> group_;
  bool subscribed_ = false;
  std::set<std::string> topics_;
  std::optional<std::regex> pattern_;
  RebalanceListener* listener_ = nullptr;
  std::map<std::string, int32_t> divided_;  // partitions of the topics, as the last assignment of this leader saw them
  Time metadata_since_{};
  Time next_auto_commit_{};
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace meerkat::client
