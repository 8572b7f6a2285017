#include "storage/time_index.h"

namespace meerkat::storage {

void TimeIndex::append(int64_t timestamp, int64_t offset) {
  if (last_timestamp_ == -2) {
    auto known = last();
    last_timestamp_ = known ? known->timestamp : -1;
  }
  if (timestamp <= last_timestamp_) return;
  uint8_t bytes[kEntrySize];
  store_be<int64_t>(bytes, timestamp);
  store_be<int32_t>(bytes + 8, static_cast<int32_t>(offset - base_offset_));
  entries_.append(bytes);
  last_timestamp_ = timestamp;
}

Result<TimestampPosition> TimeIndex::entry(int64_t index) const {
  auto bytes = entries_.at(index);
  if (!bytes) return bytes.failure();
  return TimestampPosition{load_be<int64_t>(bytes->data()), base_offset_ + load_be<int32_t>(bytes->data() + 8)};
}

Result<TimestampPosition> TimeIndex::lookup(int64_t timestamp) const {
  auto found = entries_.partition_point([&](const uint8_t* e) { return load_be<int64_t>(e) <= timestamp; });
  if (!found) return found.failure();
  if (*found == 0) return TimestampPosition{-1, base_offset_};
  return entry(*found - 1);
}

Result<TimestampPosition> TimeIndex::last() const {
  int64_t count = entries_.count();
  if (count == 0) return TimestampPosition{-1, base_offset_};
  return entry(count - 1);
}

Status TimeIndex::clear() {
  last_timestamp_ = -2;
  return entries_.truncate(0);
}

Status TimeIndex::truncate_to_offset(int64_t offset) {
  auto keep =
      entries_.partition_point([&](const uint8_t* e) { return base_offset_ + load_be<int32_t>(e + 8) < offset; });
  if (!keep) return keep.failure();
  last_timestamp_ = -2;
  return entries_.truncate(*keep);
}

bool TimeIndex::plausible() const {
  int64_t count = entries_.count();
  if (count == 0) return true;
  auto first = entry(0), last = entry(count - 1);
  return first && last && first->offset >= base_offset_ && first->timestamp >= 0 &&
         (count == 1 || (first->timestamp < last->timestamp && first->offset <= last->offset));
}

}  // namespace meerkat::storage
