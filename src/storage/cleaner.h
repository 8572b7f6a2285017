// The log cleaner: threads that look for the dirtiest compacted log and clean it, and what keeps them apart from those
// who truncate, delete and move logs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/topic_partition.h"
#include "storage/cleaner_checkpoints.h"
#include "storage/cleaner_job.h"
#include "storage/cleaner_throttle.h"
#include "storage/log.h"

namespace meerkat::storage {

/// Kafka's log.cleaner.* with '_' for '.'; all may change at run time.
struct CleanerConfig {
  int threads = 1;
  int64_t dedupe_buffer_size = 134'217'728;  // bytes, of all threads together
  double io_buffer_load_factor = 0.9;
  int32_t io_buffer_size = 524'288;  // bytes, of all threads together
  double io_max_bytes_per_second = 1.7976931348623157E308;
  int64_t backoff_ms = 15'000;
  bool operator==(const CleanerConfig&) const = default;
};

/// What metrics show of the cleaner.
struct CleanerStats {
  struct Dir {
    int64_t uncleanable_partitions = 0;
    int64_t uncleanable_bytes = 0;
  };
  std::map<std::string, Dir> dirs;
  double max_dirty_ratio = 0;         // as of the last look at all logs
  int64_t ms_since_last_run = 0;      // since that look
  double max_buffer_utilization = 0;  // of the last cleaning: share of the map in use
  int64_t last_clean_ms = 0;          // how long it took
  double recopied = 0;                // bytes written for each byte read in it
  int64_t cleanings = 0;              // so far
};

/// Thread-safe.
class LogCleaner {
 public:
  struct Environment {
    FileSystem& fs;
    Clock& clock;
    std::vector<std::string> log_dirs;
    /// The logs in service.
    std::function<std::vector<std::shared_ptr<Log>>()> logs;
    /// A directory's disk has failed.
    std::function<void(const std::string& dir, const Error& cause)> on_io_error;
  };
  LogCleaner(Environment environment, CleanerConfig config);
  ~LogCleaner();  // stop()

  /// Starts the threads.
  void start();
  /// Ends a cleaning under way (its log stays as it was) and joins the threads.
  void stop();
  /// Threads go on with the new settings; a cleaning under way is begun anew only if their number has changed.
  void set_config(const CleanerConfig& config);

  /// One look at all logs: cleans the one that needs it most. Whether there may be more to do. For threads and tests.
  bool clean_dirtiest();
  /// Retention of compacted logs: what lies before the log start offset and, with compact,delete, what is too old.
  void delete_old_segments();

  /// Ends the cleaning of a log and keeps the cleaner away from it until resume(); counted. Waits for the cleaner to
  /// let go: before a log's directory is renamed.
  void pause(const TopicPartition& tp);
  void resume(const TopicPartition& tp);
  /// The log is deleted: its checkpoint goes.
  void forget(const TopicPartition& tp, const std::string& dir);
  /// The log was truncated so that its last segment begins at `active_base`: it is clean no further than that.
  void truncated(const TopicPartition& tp, const std::string& dir, int64_t active_base);
  /// The log now lives in another directory.
  void moved(const TopicPartition& tp, const std::string& from, const std::string& to);

  CleanerStats stats() const;
  /// Whether the cleaner has given up on a log until the next start.
  bool uncleanable(const TopicPartition& tp) const;

 private:
  struct Candidate {
    std::shared_ptr<Log> log;
    CleaningPlan plan;
  };
  /// Picks the log to be cleaned and marks it as being cleaned.
  std::optional<Candidate> take_dirtiest();
  /// False: the machine lacks room or descriptors, so there is no sense in trying again at once.
  bool clean(const Candidate& candidate, const CleanerConfig& config);
  bool finish(const Candidate& candidate, const Result<CleaningStats>& result, int64_t began_ms);
  bool may_go_on(const TopicPartition& tp);
  bool pace(const TopicPartition& tp, int64_t bytes);
  void release(const TopicPartition& tp);
  void run();

  /// What keeps the cleaner from taking a log.
  struct Hold {
    bool cleaning = false;
    int pauses = 0;
  };

  const Environment env_;
  CleanerCheckpoints checkpoints_;
  CleanerThrottle throttle_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  CleanerConfig config_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool started_ GUARDED_BY(mutex_) = false;
  std::map<TopicPartition, Hold> holds_ GUARDED_BY(mutex_);
  std::map<TopicPartition, std::weak_ptr<Log>> uncleanable_ GUARDED_BY(mutex_);
  int64_t looked_ms_ GUARDED_BY(mutex_) = 0;
  CleanerStats stats_ GUARDED_BY(mutex_);

  std::mutex threads_mutex_;  // one at a time starts and stops threads
  std::vector<std::thread> threads_;
};

}  // namespace meerkat::storage
