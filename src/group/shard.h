// The groups of some partitions of __consumer_offsets, on one loop. One file a side: shard.cc (carrying out what events
// ask for, timers), shard_load.cc (taking over and giving up partitions), shard_members.cc, shard_offsets.cc,
// shard_topics.cc, shard_admin.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/task.h"
#include "event/loop.h"
#include "event/pool.h"
#include "group/events.h"
#include "group/lag.h"
#include "group/loader.h"
#include "group/offsets_log.h"
#include "group/records.h"
#include "group/topic_feed.h"
#include "wire/messages/09_offset_fetch.h"
#include "wire/messages/12_heartbeat.h"
#include "wire/messages/15_describe_groups.h"
#include "wire/messages/16_list_groups.h"

namespace meerkat::group {

/// Everything runs on the shard's loop, but for the constructor. `partition` is the one that the group belongs to.
class Shard {
 public:
  /// All of these outlive the shard; `workers` may block; without `topics` groups hear of changed topics only from
  /// their members.
  Shard(const Settings& settings, event::Loop& loop, OffsetsLog& log, event::Pool& workers, Clock& clock,
        TopicFeed* topics);

  event::Loop& loop() { return loop_; }
  /// Begins the regular look for expired offsets.
  void start();
  /// Answers all who wait; nothing happens afterwards.
  void stop();

  // ---- Partitions
  /// This broker leads the partition: its groups are read in the background.
  void on_leader(int32_t partition, int32_t leader_epoch);
  /// It is led elsewhere, or gone (-1).
  void on_resigned(int32_t partition, int32_t leader_epoch);

  // ---- Members
  void join(int32_t partition, JoinEvent event, Callback<wire::JoinGroupResponse> reply);
  void sync(int32_t partition, wire::SyncGroupRequest request, Callback<wire::SyncGroupResponse> reply);
  wire::ErrorCode heartbeat(int32_t partition, const wire::HeartbeatRequest& request);
  /// Always with the members in the list of v3.
  wire::LeaveGroupResponse leave(int32_t partition, const wire::LeaveGroupRequest& request);

  // ---- Offsets
  struct Commit {
    std::string group;
    std::string member_id;
    std::optional<std::string> instance_id;
    int32_t generation = -1;
    std::vector<OffsetCommit> offsets;
    /// Of a transaction: the offsets count from its commit marker on.
    std::optional<TransactionalProducer> producer;
    /// What that producer claims, to be verified.
    replica::TransactionClaim claim;
  };
  /// `done` gets a code for each of the offsets.
  void commit(int32_t partition, Commit commit, Callback<std::vector<wire::ErrorCode>> done);
  /// The marker of a producer's transaction is in the log of the partition.
  void end_transaction(int32_t partition, int64_t producer_id, bool committed);
  wire::OffsetFetchResponse::OffsetFetchResponseGroup fetch(
      int32_t partition, const wire::OffsetFetchRequest::OffsetFetchRequestGroup& request, bool require_stable);
  struct DeletedOffsets {
    wire::ErrorCode error = wire::ErrorCode::none;  // of the group
    std::vector<wire::ErrorCode> partitions;        // in the order asked; empty if the group has an error
  };
  void delete_offsets(int32_t partition, const std::string& group, const std::vector<TopicPartition>& offsets,
                      Callback<DeletedOffsets> done);
  /// The partitions are gone for good.
  void forget(const std::vector<TopicPartition>& deleted);

  // ---- Topics
  /// How a topic stands in ZooKeeper now: the groups that subscribe to it rebalance if that is a change.
  void on_topic(const std::string& topic, const SeenTopic& state);

  // ---- Administration
  wire::DescribeGroupsResponse::DescribedGroup describe(int32_t partition, const std::string& group);
  /// All groups, and whether some are still being loaded.
  std::pair<std::vector<wire::ListGroupsResponse::ListedGroup>, bool> list();
  /// What all groups have committed.
  std::vector<GroupOffset> committed() const;
  void remove_group(int32_t partition, const std::string& group, Callback<wire::ErrorCode> done);

 private:
  struct Partition {
    int32_t leader_epoch = -1;
    bool loading = true;
    uint64_t load = 0;   // which of our loads it waits for
    event::Timer retry;  // of a load that failed
    /// Transactions (producer, committed) whose marker came while loading: the load may have read less of the log.
    std::vector<std::pair<int64_t, bool>> ended;
  };
  struct Entry {
    Entry(std::shared_ptr<Group> g, int32_t p) : group(std::move(g)), partition(p) {}
    std::shared_ptr<Group> group;
    int32_t partition;
    event::Timer timer;
    int64_t armed_for = kNever;
    std::set<std::string> followed;  // topics it is entered for in topics_
    int32_t followed_generation = -1;
  };
  using EntryPtr = std::shared_ptr<Entry>;
  /// A topic that groups of this shard subscribe to.
  struct FollowedTopic {
    std::set<std::string> groups;
    std::optional<SeenTopic> last;  // nothing: not heard of yet
  };

  Moment now() const;
  OffsetsLog::Terms terms(storage::VerificationGuard guard = {}) const;
  /// COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR.
  wire::ErrorCode check(int32_t partition) const;
  EntryPtr find(const std::string& group) const;
  EntryPtr find_or_make(int32_t partition, const std::string& group);
  /// Answers, writes, and sets the timer.
  void commit_verified(int32_t partition, Commit commit, storage::VerificationGuard guard,
                       Callback<std::vector<wire::ErrorCode>> done);
  void carry_out(const EntryPtr& entry, Actions actions);
  void write(const EntryPtr& entry, GroupWrite write);
  void arm(const EntryPtr& entry);
  /// Writes tombstones, also for the group if nothing of it is left, which then goes.
  void clean_up(const EntryPtr& entry, const std::vector<TopicPartition>& removed, Callback<wire::ErrorCode> done);
  void expire_all_offsets();
  /// Enters the group for the topics it subscribes to, if that may have changed.
  void follow_topics(const EntryPtr& entry);
  void unfollow(const std::string& topic, const std::string& group);
  void drop(const EntryPtr& entry, wire::ErrorCode error);
  /// Reads the groups of a partition in the background.
  void load(int32_t partition);
  void install(int32_t partition, uint64_t load, wire::Outcome<Groups> groups);

  const Settings& settings_;
  event::Loop& loop_;
  OffsetsLog& log_;
  event::Pool& workers_;
  Clock& clock_;
  TopicFeed* const topics_feed_;
  event::Timer retention_timer_;
  absl::flat_hash_map<int32_t, Partition> partitions_;
  absl::flat_hash_map<std::string, EntryPtr> groups_;
  absl::flat_hash_map<std::string, FollowedTopic> followed_topics_;
  absl::flat_hash_map<RequestId, Callback<wire::JoinGroupResponse>> joins_;
  absl::flat_hash_map<RequestId, Callback<wire::SyncGroupResponse>> syncs_;
  RequestId last_request_ = 0;
  uint64_t last_load_ = 0;
};

}  // namespace meerkat::group
