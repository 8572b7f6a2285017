// What is inside a Log; only the files of the log's verbs include it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/topic_partition.h"
#include "base/uuid.h"
#include "storage/leader_epoch_cache.h"
#include "storage/log.h"
#include "storage/open_files.h"
#include "storage/producer_state.h"
#include "storage/scheduler.h"
#include "storage/segment.h"

namespace meerkat::storage {

/// What all logs of a manager share. Kept alive by them.
struct LogEnvironment {
  FileSystem& fs;
  OpenFiles files;
  Clock& clock;
  Scheduler& scheduler;
  ProducerRules producers;
  /// A directory's disk has failed. Called without locks.
  std::function<void(const std::string& parent_dir, const Error& cause)> on_io_error;
  /// A log's recovery point went down, since a truncation is about to come: the checkpoint must say so first, or a
  /// crash would trust what was never fsynced. Called without locks.
  std::function<void()> on_recovery_point_lowered;
  /// The segments of a log before its active one are durable. Called without locks.
  std::function<void()> on_rolled;
  /// A log was truncated; its last segment now begins at `active_base`. Called without locks.
  std::function<void(const TopicPartition& tp, const std::string& parent_dir, int64_t active_base)> on_truncated;
  /// What an append had asked to be flushed is durable, or the disk has failed. Called without locks.
  std::function<void(const TopicPartition& tp)> on_flushed;
  /// By log directory: its disk's reserve is touched. Fixed once logs are loaded.
  std::map<std::string, std::atomic<bool>> short_of_space;

  const std::atomic<bool>* space_watch(const std::string& parent_dir) const {
    auto it = short_of_space.find(parent_dir);
    return it == short_of_space.end() ? nullptr : &it->second;
  }
};

/// Remembers where batches of recent appends and reads begin, so that readers at the tail, and those that go on where
/// they stopped, need no search. Takes memory as it is used: most logs of a broker with thousands are idle.
class RecentPositions {
 public:
  void add(int64_t base_offset, const Segment& segment, int64_t position) {
    const Slot slot{base_offset, segment.id(), position};
    if (slots_.size() < kMost) {
      slots_.push_back(slot);
    } else {
      slots_[next_++ % kMost] = slot;
    }
  }
  std::optional<int64_t> find(int64_t base_offset, const Segment& segment) const {
    for (auto& slot : slots_) {
      if (slot.offset == base_offset && slot.segment == segment.id()) return slot.position;
    }
    return std::nullopt;
  }
  void clear() { slots_.clear(); }

 private:
  static constexpr size_t kMost = 32;
  struct Slot {
    int64_t offset = -1;
    uint64_t segment = 0;
    int64_t position = 0;
  };
  std::vector<Slot> slots_;
  size_t next_ = 0;
};

struct LogState {
  LogState(std::shared_ptr<LogEnvironment> environment, TopicPartition name, std::string parent, std::string directory,
           LogConfig settings)
      : env_owner(std::move(environment)),
        env(*env_owner),
        tp(std::move(name)),
        parent_dir(std::move(parent)),
        flush_messages(settings.flush_messages),
        short_of_space(env.space_watch(parent_dir)),
        dir(directory),
        config(std::make_shared<const LogConfig>(std::move(settings))),
        epochs(env.fs, directory),
        producers(env.fs, directory, env.producers) {}

  using Segments = std::map<int64_t, std::shared_ptr<Segment>>;

  Segment& active() REQUIRES(lock) { return *segments.rbegin()->second; }
  /// The segment that holds `offset`: the last one whose base is not above it.
  Segments::iterator floor(int64_t offset) REQUIRES(lock);
  /// Follows first unstable offset and high watermark. After every change of one of the two.
  void update_last_stable_offset() REQUIRES(lock);
  void set_high_watermark(int64_t offset) REQUIRES(lock);
  /// Moves the log start offset forward.
  void raise_log_start(int64_t offset) REQUIRES(lock);
  /// Begins a segment at `base_offset`.
  Status roll(int64_t base_offset) REQUIRES(lock);
  /// Makes `segment` the last one, empty.
  Status add_segment(int64_t base_offset) REQUIRES(lock);
  /// Takes segments out of service: renames their files now, unlinks them after file.delete.delay.ms. Their producer
  /// snapshots go, too, but for one at `kept_snapshot`.
  Status drop_segments(std::vector<std::shared_ptr<Segment>> dropped, int64_t kept_snapshot = -1) REQUIRES(lock);
  /// Brings the producer state up to `end` by reading batches from where its snapshot ends.
  Status replay_producers(int64_t end) REQUIRES(lock);
  /// Takes one written batch into producer state and transaction index.
  Status apply_to_producers(const record::AnyBatch& batch, const std::optional<record::EndTxnMarker>& marker,
                            Segment& segment) REQUIRES(lock);
  /// Before a truncation to `offset`: the recovery point goes down to it, on disk, too.
  void lower_recovery_point(int64_t offset) EXCLUDES(lock);
  /// Drops what lies at and behind `offset`, which is above the first segment's base.
  Status truncate(int64_t offset) REQUIRES(lock);
  /// Drops everything; the log is empty at `offset` and starts at `start`.
  Status start_anew(int64_t offset, int64_t start) REQUIRES(lock);
  /// After a truncation: a crash must not bring back what was dropped beside what will be written in its place.
  Status sync_truncation() EXCLUDES(lock);
  /// What stands in the way of a write, if anything does.
  std::optional<wire::Failure> refusal() const REQUIRES(lock);
  /// The disk's reserve is touched: producers and leaders have to wait. Retention, markers and offsets go on.
  std::optional<wire::Failure> no_room() const;
  /// Whether flush.messages asks for an fsync of what ends with `last_offset`; then it is begun on a disk thread.
  bool want_durable(int64_t last_offset);
  void write_epochs() REQUIRES(lock);
  /// Has a disk thread write leader-epoch-checkpoint and partition.metadata, which are behind now. A crash before that
  /// loses nothing: recovery finds the epochs in the batches, since every flush writes them before the recovery point
  /// passes them, and the topic id comes again with the next LeaderAndIsr.
  void write_files_later() REQUIRES(lock);
  /// Writes them now, if they are behind.
  Status write_files() REQUIRES(lock);
  /// Whether a batch of that size has to go to a new segment if `waiting` batches of `waiting_bytes`, that are not
  /// written yet, go to the active one before it.
  bool roll_wanted(int64_t incoming_size, int64_t last_offset, int64_t max_timestamp, int64_t waiting = 0,
                   int64_t waiting_bytes = 0) REQUIRES(lock);
  /// Where the writer draws the line between segments: rolls if `incoming` asks for it.
  Result<bool> maybe_roll(int64_t incoming_size, int64_t first_offset, int64_t last_offset, int64_t max_timestamp)
      REQUIRES(lock);

  const std::shared_ptr<LogEnvironment> env_owner;
  LogEnvironment& env;
  const TopicPartition tp;
  const std::string parent_dir;

  /// Whoever takes segments away or puts others in their place does so alone, over all its renames and fsyncs. Taken
  /// before `lock`.
  std::mutex segments_change;

  std::atomic<int64_t> log_start_offset{0};
  std::atomic<int64_t> log_end_offset{0};
  std::atomic<int64_t> high_watermark{0};
  std::atomic<int64_t> last_stable_offset{0};
  std::atomic<int64_t> recovery_point{0};
  std::atomic<int64_t> last_flush_ms{0};
  std::atomic<int64_t> flush_messages;            // of the config
  std::atomic<bool> flush_requested{false};       // a disk thread will flush
  const std::atomic<bool>* const short_of_space;  // null: nobody watches the directory's disk

  mutable Mutex lock{LockRank::log};
  std::string dir GUARDED_BY(lock);
  std::optional<Uuid> topic_id GUARDED_BY(lock);
  bool topic_id_written GUARDED_BY(lock) = true;
  bool files_due GUARDED_BY(lock) = false;  // a disk thread will write them
  std::shared_ptr<const LogConfig> config GUARDED_BY(lock);
  Segments segments GUARDED_BY(lock);
  LeaderEpochCache epochs GUARDED_BY(lock);
  ProducerState producers GUARDED_BY(lock);
  RecentPositions recent GUARDED_BY(lock);
  int64_t roll_jitter_ms GUARDED_BY(lock) = 0;
  int64_t truncations GUARDED_BY(lock) = 0;
  int64_t indexes_synced_below GUARDED_BY(lock) = 0;  // segments before this base offset have durable indexes
  bool new_names GUARDED_BY(lock) = false;            // files were made since the directory was last fsynced
  bool new_dir GUARDED_BY(lock) = false;              // the directory itself was made since its parent was last fsynced
  bool touched GUARDED_BY(lock) = false;              // a clean close has something to write
  bool truncating GUARDED_BY(lock) = false;           // the recovery point stays down until the truncation is through
  bool closed GUARDED_BY(lock) = false;
  int64_t held_back_base GUARDED_BY(lock) = -1;   // the segment that retention has complained about
  std::optional<Error> failure GUARDED_BY(lock);  // the disk has failed
  std::weak_ptr<Log> self;
};

/// Turns I/O errors into answers. Made before the lock is taken, so that it reports after the lock is gone.
class IoErrors {
 public:
  explicit IoErrors(LogState& state) : state_(state) {}
  ~IoErrors() {
    if (report_) state_.env.on_io_error(state_.parent_dir, *report_);
  }
  /// Whether the log can go on after it: the disk is full, or descriptors are used up.
  static bool passes(const Error& error);
  /// KAFKA_STORAGE_ERROR. A full disk passes; anything else fails the log for good. The log's lock is held.
  Fail<wire::Failure> refuse(const Error& error);

 private:
  LogState& state_;
  std::optional<Error> report_;
};

}  // namespace meerkat::storage
