// The cleaner's memory of keys: for each the offset of its latest record, in a bounded number of bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace meerkat::storage {

/// Keeps a 128-bit hash of each key instead of the key. The hash is SipHash-2-4 under a key of this process, so that
/// nobody can choose two keys that count as one. Not thread-safe.
class OffsetMap {
 public:
  static constexpr size_t kSlotSize = 24;

  /// At most `max_bytes` of slots, filled up to the share `load`.
  OffsetMap(size_t max_bytes, double load);

  /// The most keys that it can hold.
  size_t capacity() const { return usable(max_slots_); }
  /// Forgets everything and makes room for `keys` keys, or for capacity() of them.
  void reset(size_t keys);
  /// Gives the memory back.
  void release();
  /// Notes that `key` was written at `offset`; later ones win. False, and nothing noted, if the room is full.
  bool put(ByteView key, int64_t offset);
  /// The offset of the key's latest record, -1 if it has none.
  int64_t get(ByteView key) const;
  size_t size() const { return size_; }

  /// The last offset that was read into the map: records behind it are of no concern. -1 at first.
  int64_t latest_offset() const { return latest_offset_; }
  void set_latest_offset(int64_t offset) { latest_offset_ = offset; }

 private:
  struct Slot {
    uint64_t hash[2];
    int64_t offset_plus_one;  // 0: empty
  };
  static_assert(sizeof(Slot) == kSlotSize);
  size_t usable(size_t slots) const { return static_cast<size_t>(static_cast<double>(slots) * load_); }
  /// The slot of the key, or the empty one where it would go.
  size_t find(const uint64_t hash[2]) const;

  const size_t max_slots_;
  const double load_;
  std::vector<Slot> slots_;
  size_t size_ = 0;
  size_t limit_ = 0;
  int64_t latest_offset_ = -1;
};

/// SipHash-2-4 with 128 bits of result.
void siphash128(const uint64_t key[2], ByteView data, uint64_t out[2]);

}  // namespace meerkat::storage
