// All logs of a broker: loads them from several directories, creates, deletes, checkpoints, keeps retention running.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "base/topic_partition.h"
#include "base/uuid.h"
#include "storage/cleaner.h"
#include "storage/log.h"
#include "storage/log_config.h"
#include "storage/scheduler.h"
#include "wire/error.h"

namespace meerkat::storage {

/// What the log manager needs to know; the names are Kafka's broker configs with '_' for '.'.
struct LogManagerOptions {
  std::vector<std::string> log_dirs;
  LogConfig defaults;
  /// The config of a topic's logs; asked at load and at creation. `defaults` where not set.
  std::function<LogConfig(const std::string& topic)> config_of;
  int num_recovery_threads_per_data_dir = 0;  // 0: as many as there are cores
  int64_t log_retention_check_interval_ms = 300'000;
  int64_t log_flush_scheduler_interval_ms = LogConfig::kUnlimited;
  int64_t log_flush_offset_checkpoint_interval_ms = 60'000;
  int64_t log_flush_start_offset_checkpoint_interval_ms = 60'000;
  int64_t replica_high_watermark_checkpoint_interval_ms = 5'000;
  int64_t producer_id_expiration_ms = 86'400'000;
  int64_t producer_id_expiration_check_interval_ms = 600'000;
  /// The first batch of a transaction has to show a guard (Log::begin_verification).
  bool transaction_partition_verification_enable = false;
  /// Free bytes of a directory's disk below which clients' and leaders' records are refused; 0: none are.
  int64_t disk_reserve_bytes = 0;
  bool log_cleaner_enable = true;
  CleanerConfig cleaner;
  /// Descriptors that stay open for segments and indexes of all logs together; 0: half of RLIMIT_NOFILE.
  int max_open_files = 0;

  FileSystem* fs = &FileSystem::system();
  Clock* clock = &Clock::system();
  Scheduler* scheduler = nullptr;  // not owned; outlives the manager
  /// Told once for each directory that fails with an I/O error; on any thread, with no lock held.
  std::function<void(const std::string& dir, const Error& cause)> on_dir_failure;
  /// An fsync that an append's flush_wanted spoke of is over; on a disk thread, with no lock held.
  std::function<void(const TopicPartition& tp)> on_flushed;
};

/// One of log.dirs.
struct LogDirInfo {
  std::string path;
  bool online = true;
  Uuid id;  // directory.id of meta.properties; zero if it has none
  /// Bytes of the file system; -1 if unknown.
  int64_t total_bytes = -1;
  int64_t usable_bytes = -1;
};

/// What has to be done still before one of log.dirs serves; all 0 once it does.
struct LoadRemaining {
  std::string dir;
  int64_t logs = 0;                         // Kafka's metric remainingLogsToRecover
  std::vector<int64_t> segments_by_thread;  // remainingSegmentsToRecover, of the logs that are being recovered
  int64_t seconds_left = 0;                 // at the pace so far; 0 while there is none
};

/// Thread-safe.
class LogManager {
 public:
  /// Locks the directories, reads and checks meta.properties. What is wrong beyond one bad directory out of several is
  /// an error whose message is fit for the user: used by another process, other broker's or cluster's data.
  static Result<std::unique_ptr<LogManager>> open(LogManagerOptions options);
  ~LogManager();

  /// The ids that meta.properties holds: broker id (-1: none yet) and cluster id (empty: none yet).
  struct StoredIds {
    int32_t broker_id = -1;
    std::string cluster_id;
  };
  StoredIds stored_ids() const;
  /// Checks both against meta.properties and writes it where it is missing. An error fit for the user if they differ.
  Status set_ids(int32_t broker_id, const std::string& cluster_id);
  /// Loads every partition directory, recovering where the last stop was not clean. Blocks until all are served.
  Status load();
  /// How far load() has come, by directory. For metrics; cheap.
  std::vector<LoadRemaining> load_remaining() const;
  /// Starts the timers: retention, checkpoints, flush, producer expiry.
  void start();
  /// Clean shutdown: high watermarks are checkpointed, logs flushed and closed, then each directory is marked clean.
  void shutdown();

  /// The log, or null if there is none (or its directory is offline). Cheap.
  std::shared_ptr<Log> get(const TopicPartition& tp) const;
  /// The log, created if missing in `preferred_dir` or the directory with the fewest partitions. KAFKA_STORAGE_ERROR if
  /// that is offline or the log exists in an offline directory; INCONSISTENT_TOPIC_ID for another id on disk.
  wire::Outcome<std::shared_ptr<Log>> get_or_create(const TopicPartition& tp, const std::optional<Uuid>& topic_id,
                                                    const std::string& preferred_dir = "");
  /// Creates those of `wanted` that are missing, on several threads if they are many; get_or_create() then finds them,
  /// or says what stands in the way.
  void create_missing(std::span<const TopicPartition> wanted);
  /// Takes the log out of service at once, renames its directory to …-delete, unlinks it after file.delete.delay.ms.
  wire::Outcome<void> remove(const TopicPartition& tp);

  // ---- Moves between log directories (KIP-113); the caller sees to it that one thread at a time does these
  /// Where a log that does not exist yet is to be created.
  void prefer_dir(const TopicPartition& tp, const std::string& dir);
  /// An empty copy of the partition's log in `dir`, to be filled. KAFKA_STORAGE_ERROR if there is one already, or no
  /// log. The cleaner leaves the partition alone until the copy is dropped or promoted.
  wire::Outcome<std::shared_ptr<Log>> create_future(const TopicPartition& tp, const std::string& dir);
  /// The copy, or null.
  std::shared_ptr<Log> future(const TopicPartition& tp) const;
  std::vector<std::shared_ptr<Log>> futures() const;
  void drop_future(const TopicPartition& tp);
  /// The copy, which has all, takes the place of the log; that is deleted later. Nobody writes to either meanwhile.
  wire::Outcome<std::shared_ptr<Log>> promote_future(const TopicPartition& tp);

  /// All logs in service.
  std::vector<std::shared_ptr<Log>> all() const;
  /// Whether the partition's log was in a directory that has failed.
  bool offline(const TopicPartition& tp) const;
  std::vector<LogDirInfo> dirs() const;

  /// Applies a new config to all logs of a topic.
  void set_topic_config(const std::string& topic, const LogConfig& config);
  /// producer.id.expiration.ms and transaction.partition.verification.enable have changed.
  void set_producer_rules(int64_t expiration_ms, bool verify_transactions);
  /// Broker-level defaults have changed: every log asks config_of again.
  void reload_configs();

  /// The cleaner of compacted logs; null if log.cleaner.enable is false.
  LogCleaner* cleaner() const;

  /// Writes replication-offset-checkpoint of each directory.
  void checkpoint_high_watermarks();
  /// Writes recovery-point- and log-start-offset-checkpoint of each directory.
  void checkpoint_recovery_points();
  void checkpoint_log_start_offsets();
  /// One retention run over all logs; segments deleted.
  int run_retention();

 private:
  struct Impl;
  explicit LogManager(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with the timers
};

}  // namespace meerkat::storage
