// How far a log directory has come on its way into service: lines for a log file, numbers for metrics.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/topic_partition.h"

namespace meerkat::storage {

/// The log that one thread recovers. Written by that thread, read by any.
class LogRecoveryProgress {
 public:
  /// Before the first of `segments` is read; `bytes` are all of theirs together.
  void begin(const Clock& clock, int64_t segments, int64_t bytes);
  /// One of them is done. Text for the log file, if it is time for a line: a short recovery says nothing.
  std::optional<std::string> segment_done(const Clock& clock, const TopicPartition& tp, int64_t bytes);
  /// What remains is not needed any more.
  void end();

  int64_t remaining_segments() const { return remaining_segments_; }
  /// At the pace so far; 0 if nothing remains or there is no pace yet.
  int64_t seconds_left(const Clock& clock) const;

 private:
  int64_t segments_ = 0, said_ms_ = 0;
  std::atomic<int64_t> remaining_segments_{0};
  std::atomic<int64_t> bytes_{0}, done_bytes_{0}, began_ms_{0};
};

/// All logs of one directory. Thread-safe.
class RecoveryProgress {
 public:
  RecoveryProgress(const Clock& clock, std::string dir, int threads)
      : clock_(clock), dir_(std::move(dir)), threads_(static_cast<size_t>(threads)) {}

  /// Before the first of `logs` is loaded.
  void begin(int64_t logs);
  /// One of them is in service. Text for the log file, if it is time for a line.
  std::optional<std::string> log_done();
  /// Nothing more is loaded: all is done, or the directory has failed.
  void end();
  /// What the `index`-th thread is busy with.
  LogRecoveryProgress& thread(int index) { return threads_[static_cast<size_t>(index)]; }

  int64_t remaining_logs() const { return remaining_logs_; }
  /// By thread.
  std::vector<int64_t> remaining_segments() const;
  /// At the pace so far; 0 if nothing remains or there is no pace yet.
  int64_t seconds_left() const;

 private:
  const Clock& clock_;
  const std::string dir_;
  std::vector<LogRecoveryProgress> threads_;
  std::atomic<int64_t> logs_{0}, remaining_logs_{0}, began_ms_{0}, said_ms_{0};
};

}  // namespace meerkat::storage
