// The .index file: from offsets to positions in the segment. Entries of 8 bytes: int32 offset relative to the base,
// int32 position; both rise.
#pragma once

#include "storage/entry_file.h"

namespace meerkat::storage {

/// Where a batch lies: the entry's offset is the batch's last one, so whoever looks for a higher offset may start here.
struct OffsetPosition {
  int64_t offset = -1;
  int64_t position = 0;
};

/// Thread-safe; one writer at a time.
class OffsetIndex {
 public:
  static constexpr int64_t kEntrySize = 8;

  OffsetIndex(OpenFiles& pool, std::string path, int64_t base_offset, int64_t count)
      : base_offset_(base_offset), entries_(pool, std::move(path), kEntrySize, count) {}

  /// Adds an entry; one whose offset is not above the last one's is left out.
  void append(int64_t offset, int64_t position);
  /// The last entry with an offset <= `offset`; {base offset, 0} if there is none.
  Result<OffsetPosition> lookup(int64_t offset) const;
  /// The last entry with a position <= `position`; {base offset, 0} if there is none.
  Result<OffsetPosition> lookup_position(int64_t position) const;
  /// Drops all entries.
  Status clear();
  /// Drops entries from `offset` on.
  Status truncate_to_offset(int64_t offset);
  /// Whether the first and the last entry can be true of a segment of `log_size` bytes.
  bool plausible(int64_t log_size) const;

  int64_t count() const { return entries_.count(); }
  EntryFile& entries() { return entries_; }

 private:
  Result<OffsetPosition> entry(int64_t index) const;

  const int64_t base_offset_;
  EntryFile entries_;
  int64_t last_offset_ = -1;  // the writer's; -1: not known yet or none
};

}  // namespace meerkat::storage
