// The .timeindex file: from timestamps to offsets. Entries of 12 bytes: int64 the greatest timestamp so far, int32 the
// last offset of the batch that carries it, relative to the base; both rise.
#pragma once

#include "storage/entry_file.h"

namespace meerkat::storage {

/// A timestamp (wall ms, -1: none) and the last offset of the batch that carries it.
struct TimestampPosition {
  int64_t timestamp = -1;
  int64_t offset = -1;
};

/// Thread-safe; one writer at a time.
class TimeIndex {
 public:
  static constexpr int64_t kEntrySize = 12;

  TimeIndex(OpenFiles& pool, std::string path, int64_t base_offset, int64_t count)
      : base_offset_(base_offset), entries_(pool, std::move(path), kEntrySize, count) {}

  /// Adds an entry if its timestamp is above the last one's.
  void append(int64_t timestamp, int64_t offset);
  /// The last entry with a timestamp <= `timestamp`; {-1, base offset} if there is none.
  Result<TimestampPosition> lookup(int64_t timestamp) const;
  /// The last entry; {-1, base offset} if there is none.
  Result<TimestampPosition> last() const;
  /// Drops all entries.
  Status clear();
  /// Drops entries from `offset` on.
  Status truncate_to_offset(int64_t offset);
  /// Whether the first and the last entry can be true.
  bool plausible() const;

  int64_t count() const { return entries_.count(); }
  EntryFile& entries() { return entries_; }

 private:
  Result<TimestampPosition> entry(int64_t index) const;

  const int64_t base_offset_;
  EntryFile entries_;
  int64_t last_timestamp_ = -2;  // the writer's; -2: not known yet
};

}  // namespace meerkat::storage
