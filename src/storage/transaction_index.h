// The .txnindex file: the aborted transactions that ended in a segment. Entries of 34 bytes: int16 version 0, int64
// producer id, first offset, last offset (of the marker), last stable offset at that time. Made by the first entry.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"
#include "base/result.h"

namespace meerkat::storage {

struct AbortedTxn {
  int64_t producer_id = -1;
  int64_t first_offset = -1;
  int64_t last_offset = -1;
  int64_t last_stable_offset = -1;
  bool operator==(const AbortedTxn&) const = default;
};

/// Thread-safe; one writer at a time. Entries are kept in memory: there is one an aborted transaction, no more.
class TransactionIndex {
 public:
  static constexpr size_t kEntrySize = 34;

  TransactionIndex(FileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}

  /// Reads the file if there is one. An error if it is no index of a segment that begins at `base_offset`.
  Status load(int64_t base_offset);
  /// Adds an entry in memory, and in the file; after a failure of that the next append or sync tries again.
  Status append(const AbortedTxn& txn);
  /// Collects the transactions that overlap [from, to). True if no later segment can have more: an entry's last stable
  /// offset is `to` or higher.
  bool collect(int64_t from, int64_t to, std::vector<AbortedTxn>& out) const;
  /// Drops entries whose marker is at `offset` or behind.
  Status truncate_to_offset(int64_t offset);
  /// Writes what the file lacks, and fsyncs it if there is one.
  Status sync();
  std::vector<AbortedTxn> all() const;
  /// Whether there is (or should be) a file.
  bool exists() const;
  std::string path() const;
  void set_path(std::string path);
  /// Renames the file, if there is one.
  Status rename(std::string path);

 private:
  Status write_new() REQUIRES(mutex_);

  FileSystem& fs_;
  mutable Mutex mutex_;
  std::string path_ GUARDED_BY(mutex_);
  std::vector<AbortedTxn> entries_ GUARDED_BY(mutex_);
  size_t stored_ GUARDED_BY(mutex_) = 0;  // entries that are in the file
  bool file_exists_ GUARDED_BY(mutex_) = false;
};

}  // namespace meerkat::storage
