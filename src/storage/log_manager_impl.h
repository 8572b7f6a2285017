// What is inside a LogManager; only its own files include it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "storage/directory_lock.h"
#include "storage/log_directory.h"
#include "storage/log_manager.h"
#include "storage/log_state.h"
#include "storage/meta_properties.h"
#include "storage/offset_checkpoint.h"
#include "storage/recovery_progress.h"

namespace meerkat::storage {

using LogMap = absl::flat_hash_map<TopicPartition, std::shared_ptr<Log>>;

struct LogManager::Impl : std::enable_shared_from_this<LogManager::Impl> {
  class Creation;
  /// One of log.dirs.
  struct Dir {
    std::string path;
    std::unique_ptr<DirectoryLock> lock;
    std::optional<MetaProperties> meta;
    bool online = true;
    bool loaded = false;  // every log in it has been recovered: it may be marked clean
    std::unique_ptr<RecoveryProgress> progress;
    // What was written last, by file: unchanged ones are not written again. Guarded by checkpoint_mutex.
    std::map<std::string, PartitionOffsets> written;
  };
  Dir* dir_of(const std::string& path) {
    for (auto& dir : dirs) {
      if (dir.path == path) return &dir;
    }
    return nullptr;
  }
  std::vector<std::shared_ptr<Log>> all() const;
  std::vector<std::shared_ptr<Log>> all_in(const std::string& dir) const;
  LogConfig config_of(const std::string& topic) const {
    return options.config_of ? options.config_of(topic) : options.defaults;
  }
  Status open_dir(Dir& dir);
  Status load_dir(Dir& dir);
  /// For each directory.
  int recovery_threads() const;
  /// Takes a directory out of service, with its logs.
  void fail_dir(const std::string& path, const Error& cause);
  /// Renames a directory for deletion and unlinks it later.
  Status delete_dir_later(const std::string& parent, const std::string& name, const TopicPartition& tp,
                          int64_t delay_ms, std::shared_ptr<Log> log);
  void remove_later(std::string path, int64_t delay_ms);
  using OffsetOf = int64_t (*)(const Log&);
  /// Whether it was written wherever it had to be.
  bool checkpoint(const char* file, OffsetOf offset_of);
  void checkpoint_all();
  void checkpoint_soon();
  /// Recovery points alone, within a second: a crash shall cost the reading of active segments only.
  void checkpoint_rolled();
  /// Before a log of that name is made: what checkpoints say of an earlier one must not be taken for its own after a
  /// crash. Whether no checkpoint names that any more.
  bool forget_departed(const TopicPartition& tp);
  /// The log start offset if the first segment's name does not say it, else -1.
  static int64_t log_start_to_keep(const Log& log);
  /// Runs `work` every `period_ms` on the scheduler until shutdown.
  void every(int64_t period_ms, void (*work)(LogManager::Impl&));
  int run_retention();
  void make_cleaner();
  /// Looks how much room each directory's disk has left.
  void check_space();
  /// Takes a loaded log into service; if there is one of that name already, the longer one stays.
  void admit_loaded(const std::shared_ptr<Log>& log, bool future);
  /// After loading: copies whose original is gone take its place.
  void settle_futures();

  LogManagerOptions options;
  std::shared_ptr<LogEnvironment> env;
  std::vector<Dir> dirs;  // fixed after open

  mutable SharedMutex mutex;  // guards what follows, and Dir::online
  LogMap logs GUARDED_BY(mutex);
  LogMap future_logs GUARDED_BY(mutex);
  absl::flat_hash_set<TopicPartition> offline GUARDED_BY(mutex);
  absl::flat_hash_map<TopicPartition, std::string> preferred GUARDED_BY(mutex);  // where to create what is not there
  // Logs that are gone but that checkpoint files may still name, with a number for each departure.
  absl::flat_hash_map<TopicPartition, int64_t> departed GUARDED_BY(mutex);
  int64_t departures GUARDED_BY(mutex) = 0;
  std::atomic<bool> stopping{false};

  Mutex creation_mutex;
  std::condition_variable_any creation_done;
  // With the directory, once that is chosen.
  absl::flat_hash_map<TopicPartition, std::string> being_created GUARDED_BY(creation_mutex);

  std::mutex checkpoint_mutex;  // one writer of checkpoint files at a time; held over disk writes, taken first
  std::atomic<bool> checkpoint_pending{false};
  std::atomic<bool> rolled_pending{false};

  std::unique_ptr<LogCleaner> cleaner;  // its threads end before anything else goes
};

}  // namespace meerkat::storage
