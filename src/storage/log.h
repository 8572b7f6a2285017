// One partition's log: segments in a directory, with the offsets, epochs and producer states that belong to it.
// One file a verb: log_append.cc, log_read.cc, log_lookup.cc, log_recovery.cc, log_retention.cc, log_truncate.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/chain.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/topic_partition.h"
#include "base/uuid.h"
#include "record/validate.h"
#include "storage/log_config.h"
#include "storage/pending_verifications.h"
#include "storage/scheduler.h"
#include "wire/error.h"

namespace meerkat::storage {

struct LogState;

/// What a leader's append did.
struct AppendInfo {
  int64_t first_offset = -1;
  int64_t last_offset = -1;
  int64_t log_append_time = -1;  // wall ms, -1 with CreateTime
  int64_t log_start_offset = -1;
  int64_t log_end_offset = -1;  // after the append
  /// One of the producer's last five batches came again: nothing was written, the offsets and the time are the old
  /// ones.
  bool duplicate = false;
  /// A new segment was begun (a reason to look at parked follower fetches again).
  bool rolled = false;
  /// flush.messages asks for an fsync before this is acknowledged: it is under way, and over once recovery_point() is
  /// above last_offset.
  bool flush_wanted = false;
};

/// One of several batches that a leader appends together, and what became of it.
struct GatheredAppend {
  record::AppendPlan* plan = nullptr;
  VerificationGuard guard = {};
  wire::Outcome<AppendInfo> outcome = AppendInfo();
};

/// Up to where a reader may see.
enum class ReadBound {
  log_end,         // replicas
  high_watermark,  // consumers, read_uncommitted
  last_stable,     // consumers, read_committed
};

/// A transaction that was aborted, as fetch responses list them.
struct AbortedTransaction {
  int64_t producer_id = -1;
  int64_t first_offset = -1;
  bool operator==(const AbortedTransaction&) const = default;
};

/// What a read found: at most one range of one segment, beginning at the batch that contains the asked offset.
struct ReadResult {
  FileRange records;  // length 0: nothing to read (yet)
  int64_t high_watermark = -1;
  int64_t last_stable_offset = -1;
  int64_t log_start_offset = -1;
  int64_t log_end_offset = -1;
  /// The first batch is larger than max_bytes and min_one_message was not asked for: records is only its beginning.
  bool first_batch_too_large = false;
  /// Sorted by first offset; only with ReadBound::last_stable.
  std::vector<AbortedTransaction> aborted;
  /// Where the batches lie could not be told without the disk, which the caller did not want: nothing was read.
  bool cold = false;
};

/// A record found by its timestamp.
struct TimestampOffset {
  int64_t timestamp = -1;
  int64_t offset = -1;
  int32_t leader_epoch = -1;  // -1: unknown
};

/// The end of a leader epoch: the largest known epoch not above the asked one, and the offset behind its last record.
struct EpochEndOffset {
  int32_t leader_epoch = -1;  // -1 with end_offset -1: undefined
  int64_t end_offset = -1;
  bool operator==(const EpochEndOffset&) const = default;
};

/// A producer with state in this log (DescribeProducers).
struct ActiveProducer {
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t last_sequence = -1;
  int64_t last_timestamp = -1;
  int32_t coordinator_epoch = -1;
  int64_t current_txn_start_offset = -1;
};

/// All methods are thread-safe. The log's own lock is held for bookkeeping and the write into the page cache, never for
/// fsync, scans or unlinking. Offsets are message offsets. Any method may return KAFKA_STORAGE_ERROR; once an I/O error
/// other than "disk full" was met, every later write does, and the failure was reported to the log manager.
class Log : public std::enable_shared_from_this<Log> {
 public:
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  const TopicPartition& topic_partition() const;
  /// The directory of this log (it changes when the log is renamed for deletion or moved out of -future).
  std::string path() const;
  /// The log.dirs entry it lives in.
  const std::string& parent_dir() const;
  std::optional<Uuid> topic_id() const;
  /// Ties the log to a topic; partition.metadata follows. INCONSISTENT_TOPIC_ID if another id is there already.
  wire::Outcome<void> assign_topic_id(const Uuid& id);

  std::shared_ptr<const LogConfig> config() const;
  /// Applies to the next append, roll and retention run.
  void set_config(LogConfig config);

  // ---- Append
  /// Appends what record::validate has passed: checks producer state, rolls if needed, stamps offsets, `leader_epoch`
  /// and the time, and writes with one system call. An empty plan is a success without an append. Nothing is appended
  /// on an error: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE,
  /// TRANSACTION_COORDINATOR_FENCED, RECORD_LIST_TOO_LARGE, KAFKA_STORAGE_ERROR (also: disk full, which passes).
  wire::Outcome<AppendInfo> append_as_leader(record::AppendPlan& plan, int32_t leader_epoch,
                                             record::AppendOrigin origin = record::AppendOrigin::client,
                                             VerificationGuard guard = {});
  /// The same for several, in this order and each with its own outcome, as if they came one by one; what comes to lie
  /// next to each other is written with one system call.
  void append_as_leader(std::span<GatheredAppend> appends, int32_t leader_epoch,
                        record::AppendOrigin origin = record::AppendOrigin::client);
  /// Appends what a leader sent, verbatim: offsets, epochs and timestamps stay. A partial batch at the end is left
  /// out. CORRUPT_MESSAGE for a bad CRC; UNKNOWN_SERVER_ERROR when the first offset is below the log end offset or
  /// offsets do not rise (nothing is appended then).
  wire::Outcome<AppendInfo> append_as_follower(ByteView batches);

  // ---- Read
  /// Finds batches from `offset` on, at most `max_bytes` of them, or, with min_one_message, at least the whole first
  /// one. The last batch may be cut off at the end, as in
  /// Kafka. OFFSET_OUT_OF_RANGE below the log start offset and
  /// above the log end offset; beyond the bound but not beyond the end there is just nothing.
  wire::Outcome<ReadResult> read(int64_t offset, int32_t max_bytes, ReadBound bound, bool min_one_message,
                                 ReadFrom source = ReadFrom::disk);
  /// How many bytes a read from `offset` up to the bound would find, 0 if none, up to `enough` (an estimate that never
  /// reports 0 for something readable). Cheap: for deciding whether a parked fetch is worth completing.
  int64_t readable_bytes(int64_t offset, ReadBound bound, int64_t enough) const;
  /// Copies whole batches into memory; for coordinators and tools that read what they wrote. Like read() otherwise.
  wire::Outcome<Bytes> read_bytes(int64_t offset, int32_t max_bytes, ReadBound bound);

  // ---- Where things are; lock-free
  int64_t log_start_offset() const;
  int64_t log_end_offset() const;
  int64_t high_watermark() const;
  int64_t last_stable_offset() const;
  /// Everything below has been fsynced.
  int64_t recovery_point() const;
  /// Up to where records may be acknowledged: the log end, but with flush.messages=1 only what has been fsynced.
  int64_t acknowledgeable_end() const;
  /// Bytes of all segments.
  int64_t size() const;
  int segment_count() const;
  /// The base offset of the first segment.
  int64_t first_segment_offset() const;

  // ---- High watermark
  /// Leader: raises it to min(`offset`, log end); a lower value is ignored. Whether it rose.
  bool advance_high_watermark(int64_t offset);
  /// Follower, and on load: sets it to `offset` clamped to [log start, log end]; may go down. Returns the new value.
  int64_t set_high_watermark(int64_t offset);

  // ---- Log start offset
  /// DeleteRecords on the leader: moves the log start up to `offset`. OFFSET_OUT_OF_RANGE above the high watermark.
  /// Returns the log start offset (unchanged if it was higher already).
  wire::Outcome<int64_t> delete_records(int64_t offset);
  /// Follower: follows the leader's log start offset (never above its own high watermark).
  void advance_log_start_offset(int64_t offset);

  // ---- Leader epochs (KIP-101, KIP-279)
  /// Notes that `epoch` begins at `start_offset` (a new leader: at its log end offset); ignored if not newer.
  wire::Outcome<void> assign_leader_epoch(int32_t epoch, int64_t start_offset);
  /// The newest epoch known, -1 if none.
  int32_t latest_epoch() const;
  EpochEndOffset end_offset_for_epoch(int32_t epoch) const;
  /// The epoch that `offset` belongs to, -1 if unknown.
  int32_t epoch_for_offset(int64_t offset) const;

  // ---- ListOffsets
  /// The first record whose timestamp is >= `timestamp` (wall ms, >= 0) at or behind the log start offset; exact within
  /// batches, also compressed ones. Nothing if there is none. Not bounded by the high watermark.
  wire::Outcome<std::optional<TimestampOffset>> offset_for_timestamp(int64_t timestamp);
  /// The record with the greatest timestamp (KIP-734); nothing in an empty log.
  wire::Outcome<std::optional<TimestampOffset>> offset_of_max_timestamp();

  // ---- Truncation (followers)
  /// Drops everything at and behind `offset`; lowers high watermark and recovery point with it. From the log end on,
  /// only an epoch that has no records yet is forgotten. Whether anything was dropped.
  wire::Outcome<bool> truncate_to(int64_t offset);
  /// Drops everything; the log is empty at `offset`, which becomes the log start (or `log_start_offset` if given).
  wire::Outcome<void> truncate_fully_and_start_at(int64_t offset, std::optional<int64_t> log_start_offset = {});

  // ---- Producers and transactions
  /// What the first batch of the producer's transaction has to show to append_as_leader() once the coordinator has
  /// confirmed it; nothing if the transaction has begun here already, or transactions are not verified (KIP-890).
  std::optional<VerificationGuard> begin_verification(int64_t producer_id, int16_t epoch, int32_t base_sequence);
  std::vector<ActiveProducer> active_producers() const;
  /// Forgets producers that are silent for longer than producer.id.expiration.ms and have no open transaction.
  void remove_expired_producers();

  // ---- Upkeep; blocks on the disk, so not from loops
  /// fsyncs everything up to the log end and raises the recovery point.
  wire::Outcome<void> flush();
  /// Writes leader-epoch-checkpoint and partition.metadata if they are behind, as after a change of roles.
  wire::Outcome<void> write_files();
  /// Whether flush.messages or flush.ms asks for a flush now.
  bool flush_due() const;
  /// Begins a new segment at the log end (if the active one is not empty).
  wire::Outcome<void> roll();
  /// Deletes segments that retention.ms, retention.bytes or the log start offset give free. How many.
  wire::Outcome<int> delete_old_segments();
  /// Flushes, snapshots producer state at the log end, trims and closes files. The log takes no writes afterwards.
  wire::Outcome<void> close();

 private:
  friend class LogCompaction;
  friend class LogLoader;
  explicit Log(std::unique_ptr<LogState> state);

  std::unique_ptr<LogState> state_;
};

}  // namespace meerkat::storage
