// One partition that this broker hosts: its log, its role under the current leader epoch, and what follows from both.
// One file a side: partition.cc (epochs, roles), partition_leader.cc (appends, followers, ISR), partition_read.cc,
// partition_follower.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/topic_partition.h"
#include "base/uuid.h"
#include "record/validate.h"
#include "replica/effects.h"
#include "replica/isr.h"
#include "replica/purgatory.h"
#include "replica/remote_replica.h"
#include "storage/log.h"
#include "wire/error.h"

namespace meerkat::replica {

/// What all partitions of a broker share. Outlives them.
struct PartitionEnv {
  int32_t broker_id = -1;
  int64_t replica_lag_time_max_ms = 30'000;
  Clock* clock = &Clock::system();
  /// Whether a broker may join an ISR: it is alive in the metadata image. Called under the partition's lock, so it must
  /// not lock anything of this room.
  std::function<bool(int32_t broker)> eligible = [](int32_t) { return true; };
};

/// A partition's part of a LeaderAndIsr request.
struct LeaderAndIsr {
  int32_t leader = -1;
  int32_t leader_epoch = -1;
  int32_t partition_epoch = -1;  // the version of the state znode
  std::vector<int32_t> isr;
  std::vector<int32_t> replicas;
  std::vector<int32_t> adding;
  std::vector<int32_t> removing;
};

/// One partition's part of a fetch, a follower's or a consumer's.
struct ReadRequest {
  int64_t offset = 0;
  int32_t max_bytes = 0;
  bool min_one_message = true;
  storage::ReadBound bound = storage::ReadBound::high_watermark;
  /// Followers do not serve this one: it comes from a replica, or from a consumer older than Fetch v11.
  bool only_leader = true;
  int32_t current_leader_epoch = -1;  // -1: not checked
  int32_t last_fetched_epoch = -1;    // -1: no divergence check
  int32_t replica_id = -1;            // -1: a consumer
  int64_t replica_epoch = -1;
  int64_t replica_log_start = -1;
  /// With `page_cache` the answer may be that the disk is needed.
  ReadFrom source = ReadFrom::disk;
};

/// What a fetch finds.
struct PartitionRead {
  bool cold = false;  // the disk is needed: nothing was read, and nothing noted of the reader
  FileRange records;
  int64_t high_watermark = -1;
  int64_t last_stable_offset = -1;
  int64_t log_start_offset = -1;
  int64_t log_end_offset = -1;
  bool first_batch_too_large = false;
  /// The reader's log differs from ours: it must truncate. No records then.
  std::optional<storage::EpochEndOffset> diverging;
  std::vector<storage::AbortedTransaction> aborted;
};

/// What an append on the leader did, and in which epoch.
struct LeaderAppend : storage::AppendInfo {
  int32_t leader_epoch = -1;
  /// acks=all; else only an fsync that flush.messages asks for is waited for.
  bool wait_for_replicas = true;
};

/// One of several appends to a partition, and what became of it.
struct PlannedAppend {
  record::AppendPlan* plan = nullptr;
  int16_t acks = 1;
  storage::VerificationGuard guard = {};
  wire::Outcome<LeaderAppend> outcome = LeaderAppend();
};

/// Where an append that has to wait stands.
enum class AckState { waiting, done, not_enough_replicas };

/// What the follower side needs to begin.
struct FetchStart {
  int64_t offset = 0;
  int32_t last_fetched_epoch = -1;
  int32_t leader = -1;
  int32_t leader_epoch = -1;
};

/// A replica's standing, for DescribeTopics-like views and metrics.
struct PartitionView {
  int32_t leader = -1;
  int32_t leader_epoch = -1;
  int32_t partition_epoch = -1;
  bool is_leader = false;
  std::vector<int32_t> replicas;
  std::vector<int32_t> adding;
  std::vector<int32_t> isr;
  std::vector<RemoteReplica> remotes;
  int32_t min_isr = 1;
};

/// Thread-safe. Effects returned are the caller's to settle().
class Partition {
 public:
  Partition(TopicPartition tp, const PartitionEnv& env);
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  const TopicPartition& name() const { return name_; }
  /// Zero until the controller named one.
  Uuid topic_id() const;
  /// Those who wait for something to happen here.
  WaitPoint& waiters() { return waiters_; }

  // ---- Roles; the state thread
  /// The log that this partition has from now on, and the topic's id.
  void attach(std::shared_ptr<storage::Log> log, const Uuid& topic_id);
  std::shared_ptr<storage::Log> log() const;
  /// Calls `take` with the log while nobody appends or reads through this partition; what it returns, if anything, is
  /// the log from then on. Whether it changed. `take` must be quick.
  bool replace_log(const std::function<std::shared_ptr<storage::Log>(storage::Log&)>& take);
  /// Leads from now on, or goes on leading with what the controller changed. Nothing if the partition epoch is older
  /// than ours. `newly` (may be null): whether it did not lead before. KAFKA_STORAGE_ERROR if the epoch could not be
  /// kept. Needs a log.
  wire::Outcome<Effects> make_leader(const LeaderAndIsr& state, bool* newly = nullptr);
  /// Follows from now on. `new_epoch` (may be null): whether the leader epoch grew, so that fetching begins anew.
  Effects make_follower(const LeaderAndIsr& state, bool* new_epoch = nullptr);
  /// The log is gone: deleted, or its directory failed (`offline`). Waiters are to be poked; nothing is served any
  /// more.
  Effects stop(bool offline);
  /// In a failed log directory.
  bool offline() const { return offline_.load(std::memory_order_acquire); }

  int32_t leader_epoch() const;
  int32_t leader() const;
  bool is_leader() const;
  PartitionView view() const;

  // ---- Leader: appends
  /// What append() would refuse before it looks at the records; and the config that these are to be held against.
  wire::Outcome<std::shared_ptr<const storage::LogConfig>> check_append(int16_t acks) const;
  /// Appends what record::validate has passed. acks -1 demands min.insync.replicas before anything is written.
  /// NOT_LEADER_OR_FOLLOWER (also under another epoch than `leader_epoch`, unless that is -1), NOT_ENOUGH_REPLICAS, and
  /// whatever the log refuses.
  wire::Outcome<LeaderAppend> append(record::AppendPlan& plan, int16_t acks, record::AppendOrigin origin,
                                     Effects& effects, storage::VerificationGuard guard = {},
                                     int32_t leader_epoch = -1);
  /// The same for several, in this order and each with its own outcome; they share system calls.
  void append(std::span<PlannedAppend> appends, record::AppendOrigin origin, Effects& effects,
              int32_t leader_epoch = -1);
  /// An fsync that appends had asked for is over.
  Effects on_flushed();
  /// Whether everything up to the last record of `append` is durable as flush.messages asks, and on enough replicas.
  /// NOT_LEADER_OR_FOLLOWER once leadership was lost, even if it came back: the records may have been truncated
  /// between.
  wire::Outcome<AckState> ack_state(const LeaderAppend& append) const;

  // ---- Reads
  /// Epoch checks, divergence check, and the read; see ReadRequest. NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH,
  /// UNKNOWN_LEADER_EPOCH, OFFSET_OUT_OF_RANGE, KAFKA_STORAGE_ERROR. A replica's fetch also moves what the leader
  /// knows of it, unless `quietly` (a parked fetch that is read again).
  wire::Outcome<PartitionRead> read(const ReadRequest& request, Effects& effects, bool quietly = false);
  /// How much read() would find, up to `enough`; the same errors. 1 at least if the reader diverges.
  wire::Outcome<int64_t> readable(const ReadRequest& request, int64_t enough) const;
  /// One ListOffsets lookup: a timestamp or one of the specials, -1 to -5. Nothing: no such offset.
  /// OFFSET_NOT_AVAILABLE while a new leader's high watermark is below the start of its epoch.
  wire::Outcome<std::optional<storage::TimestampOffset>> list_offset(int64_t timestamp, int32_t current_leader_epoch,
                                                                     std::optional<storage::ReadBound> bound,
                                                                     bool only_leader) const;
  /// The log, for looking something up in it; the errors of read().
  wire::Outcome<std::shared_ptr<storage::Log>> readable_log(bool only_leader) const;
  wire::Outcome<storage::EpochEndOffset> end_offset_for_epoch(int32_t epoch, int32_t current_leader_epoch,
                                                              bool only_leader) const;

  // ---- DeleteRecords
  /// Moves the log start up to `offset` (-1: to the high watermark). Returns what the low watermark must reach.
  wire::Outcome<int64_t> delete_records(int64_t offset, Effects& effects);
  /// The smallest log start offset of all live replicas. NOT_LEADER_OR_FOLLOWER if this is not the leader.
  wire::Outcome<int64_t> low_watermark() const;

  // ---- ISR
  /// Proposes to drop the followers that lag (replica.lag.time.max.ms). To be called every half of that.
  Effects shrink_isr();
  /// The controller's answer to `proposal`. Effects may hold the proposal again.
  Effects on_isr_answer(const IsrProposal& proposal, const wire::Outcome<CommittedIsr>& answer);
  /// What an UpdateMetadata says of the partition. If the controller has committed more in our epoch than we know (its
  /// answer got lost, or crossed ours), that is taken over, and a proposal that waits for ever is over.
  Effects on_controller_view(int32_t leader_epoch, int32_t partition_epoch, const std::vector<int32_t>& isr);
  bool under_min_isr() const;
  /// Leader: whether a replica is in the committed ISR.
  bool is_in_sync(int32_t replica) const;

  // ---- Follower
  /// Appends what the leader sent at `offset`, which must be our log end, then follows its high watermark and log
  /// start. FENCED_LEADER_EPOCH if the role changed since the fetch was sent with `leader_epoch`.
  wire::Outcome<storage::AppendInfo> append_from_leader(ByteView batches, int64_t offset, int32_t leader_epoch,
                                                        int64_t leader_high_watermark, int64_t leader_log_start,
                                                        Effects& effects);
  /// Where to fetch from.
  wire::Outcome<FetchStart> fetch_start() const;
  /// The leader's end of the epoch asked for: drops what we have beyond it, and says where to go on.
  wire::Outcome<FetchStart> truncate_to_epoch(const storage::EpochEndOffset& leader_end, int32_t leader_epoch);
  /// Drops everything at and behind `offset`.
  wire::Outcome<void> truncate_to(int64_t offset, int32_t leader_epoch);
  /// Starts over at `offset`, the leader's log start.
  wire::Outcome<void> restart_at(int64_t offset, int32_t leader_epoch);

 private:
  /// No LeaderAndIsr was applied yet, or the log is gone.
  struct Idle {};
  struct Leader {
    int32_t since_epoch = 0;  // leading without a break since this leader epoch
    int64_t epoch_start = 0;  // the log end offset when the current leader epoch began
    Isr isr;
  };
  struct Follower {
    int32_t leader = -1;
  };

  const Leader* as_leader() const REQUIRES(mutex_) { return std::get_if<Leader>(&role_); }
  /// The log, if the epoch fits and the role allows; in Kafka's order of checks.
  wire::Outcome<storage::Log*> checked_log(int32_t current_leader_epoch, bool only_leader) const REQUIRES(mutex_);
  wire::Outcome<storage::Log*> appendable_log(int16_t acks) const REQUIRES(mutex_);
  wire::Outcome<storage::Log*> follower_log(int32_t leader_epoch) const REQUIRES(mutex_);
  wire::Outcome<std::optional<storage::EpochEndOffset>> divergence(const storage::Log& log,
                                                                   const ReadRequest& request) const;
  wire::Outcome<bool> is_assigned_follower(const ReadRequest& request) const REQUIRES(mutex_);
  FetchStart start_of(const storage::Log& log) const REQUIRES(mutex_);
  int32_t min_isr() const REQUIRES(mutex_);
  /// Moves the high watermark as far as the rules allow. Whether it moved. Takes the remotes' lock.
  bool advance_high_watermark(storage::Log& log) REQUIRES(mutex_);
  bool advance_high_watermark_locked(storage::Log& log) REQUIRES(mutex_, remotes_mutex_);
  int64_t low_watermark_locked(const storage::Log& log) const REQUIRES(mutex_, remotes_mutex_);
  /// Follower's progress; `want_expand`: it may be ready for the ISR.
  Effects on_follower_fetch(storage::Log& log, const ReadRequest& request, int64_t leader_end, bool* want_expand)
      REQUIRES(mutex_);
  Effects expand_isr(int32_t replica);
  bool may_join(const Leader& leader, const RemoteReplica& replica, const storage::Log& log) const
      REQUIRES(mutex_, remotes_mutex_);
  Effects commit_isr(const std::vector<int32_t>& isr, int32_t partition_epoch) REQUIRES(mutex_);
  IsrProposal proposal_of(std::vector<int32_t> isr) const REQUIRES(mutex_);
  void set_assignment(const LeaderAndIsr& state) REQUIRES(mutex_);

  const TopicPartition name_;
  const PartitionEnv& env_;
  WaitPoint waiters_;
  std::atomic<bool> offline_{false};

  // Shared by appends, reads and follower fetches; owned to change any of these.
  mutable SharedMutex mutex_{LockRank::partition};
  std::variant<Idle, Leader, Follower> role_ GUARDED_BY(mutex_);
  std::shared_ptr<storage::Log> log_ GUARDED_BY(mutex_);
  Uuid topic_id_ GUARDED_BY(mutex_);
  int32_t leader_epoch_ GUARDED_BY(mutex_) = -1;
  int32_t partition_epoch_ GUARDED_BY(mutex_) = -1;
  std::vector<int32_t> replicas_ GUARDED_BY(mutex_);
  std::vector<int32_t> adding_ GUARDED_BY(mutex_);
  std::vector<int32_t> removing_ GUARDED_BY(mutex_);

  // What follower fetches change while they share mutex_.
  mutable Mutex remotes_mutex_{LockRank::remote_replicas};
  std::vector<RemoteReplica> remotes_ GUARDED_BY(remotes_mutex_);
};

}  // namespace meerkat::replica
