// Brings a partition's directory into service: cleans up after interrupted work, recovers what was not closed cleanly.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "storage/log.h"
#include "storage/log_state.h"
#include "storage/recovery_progress.h"

namespace meerkat::storage {

/// What the checkpoints of the log directory say of a log.
struct LoadOptions {
  LogConfig config;
  bool clean = false;          // the directory was closed cleanly: nothing needs to be read
  bool new_dir = false;        // the directory has just been made
  int64_t recovery_point = 0;  // below, everything was fsynced
  int64_t log_start_offset = 0;
  int64_t cleaned_below = 0;                // compaction has been here: gaps between segments are no loss
  LogRecoveryProgress* progress = nullptr;  // told of segments that are recovered; may be null
};

class LogLoader {
 public:
  /// Repairs and rebuilds whatever it can, with a line in the log for each; fails only when the disk does.
  static Result<std::shared_ptr<Log>> load(std::shared_ptr<LogEnvironment> env, const TopicPartition& tp,
                                           const std::string& parent_dir, const std::string& dir, LoadOptions options);

  /// The log's directory has been renamed to `dir` (it goes on under the new name, if only to serve its last readers).
  static void moved(Log& log, const std::string& dir);
  /// Takes no further writes; lets go of descriptors. For logs that are deleted or whose disk has failed.
  static void abandon(Log& log);

 private:
  LogLoader(LogState& state, const LoadOptions& options) : s_(state), options_(options) {}
  Status run();
  Status clean_up();
  Status complete_swaps(std::vector<std::string>& names);
  /// Removes the segments that the one in the file `swap` takes the place of.
  Status remove_replaced(int64_t base, const std::string& swap, std::vector<std::string>& names);
  Status find_segments(const std::vector<std::string>& names);
  void rebuild_epochs();
  /// The first segment that an unclean stop may have damaged.
  LogState::Segments::iterator first_unsafe();
  Status repair_indexes();
  /// Tells what is to be recovered: the segments from `first` on.
  void announce(LogState::Segments::const_iterator first);
  Status recover();
  /// Reads a segment anew: indexes, epochs, producers. Bytes cut off (or, without `verify`, unreadable).
  Result<int64_t> rebuild(Segment& segment, bool verify);
  Status settle_end();
  Status load_producers();

  LogState& s_;
  const LoadOptions& options_;
  std::vector<std::shared_ptr<Segment>> broken_;  // segments whose indexes cannot be used
  bool recovered_ = false;
  bool contiguous_ = true;  // the segment read last has every offset: compaction has taken nothing from it
};

}  // namespace meerkat::storage
