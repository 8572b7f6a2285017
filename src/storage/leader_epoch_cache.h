// Which offsets each leader epoch began at (KIP-101, KIP-279), kept in the file leader-epoch-checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace meerkat::storage {

struct EpochEntry {
  int32_t epoch = -1;
  int64_t start_offset = -1;
  bool operator==(const EpochEntry&) const = default;
};

/// Epochs and start offsets both rise. Not thread-safe: the log's lock guards it.
class LeaderEpochCache {
 public:
  LeaderEpochCache(FileSystem& fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}

  /// Reads the file. False if there is none or it cannot be used (which leaves a warning): then the cache is empty.
  bool load();
  void clear();
  /// Notes that `epoch` begins at `start_offset`. Entries that contradict it are dropped, as a new leader's log
  /// decides. False if nothing changed: the epoch is not above the latest one.
  bool assign(int32_t epoch, int64_t start_offset);
  int32_t latest_epoch() const { return entries_.empty() ? -1 : entries_.back().epoch; }
  /// The largest known epoch not above `epoch` and where it ends; {-1, -1} if undefined.
  EpochEntry end_offset_for(int32_t epoch, int64_t log_end_offset) const;
  int32_t epoch_for_offset(int64_t offset) const;
  /// Drops entries that begin at or behind `offset`.
  bool truncate_from_end(int64_t offset);
  /// Drops entries that end at or before `offset`; the one that contains it now begins there.
  bool truncate_from_start(int64_t offset);
  const std::vector<EpochEntry>& entries() const { return entries_; }

  /// Whether the file is behind the cache.
  bool dirty() const { return dirty_; }
  /// The file's text, for a durable write outside of the log's lock.
  std::string text() const;
  /// Writes the file so that the end of the process does not lose it; a power loss may, until it is written durably.
  Status write();
  std::string path() const { return dir_ + "/leader-epoch-checkpoint"; }
  void set_dir(std::string dir) { dir_ = std::move(dir); }

 private:
  FileSystem& fs_;
  std::string dir_;
  std::vector<EpochEntry> entries_;
  bool dirty_ = false;
};

}  // namespace meerkat::storage
