#include "storage/offset_index.h"

namespace meerkat::storage {

void OffsetIndex::append(int64_t offset, int64_t position) {
  if (last_offset_ < 0 && entries_.count() > 0) {
    auto last = entry(entries_.count() - 1);
    last_offset_ = last ? last->offset : -1;
  }
  if (entries_.count() > 0 && offset <= last_offset_) return;
  uint8_t bytes[kEntrySize];
  store_be<int32_t>(bytes, static_cast<int32_t>(offset - base_offset_));
  store_be<int32_t>(bytes + 4, static_cast<int32_t>(position));
  entries_.append(bytes);
  last_offset_ = offset;
}

Result<OffsetPosition> OffsetIndex::entry(int64_t index) const {
  auto bytes = entries_.at(index);
  if (!bytes) return bytes.failure();
  return OffsetPosition{base_offset_ + load_be<int32_t>(bytes->data()), load_be<int32_t>(bytes->data() + 4)};
}

Result<OffsetPosition> OffsetIndex::lookup(int64_t offset) const {
  auto found = entries_.partition_point([&](const uint8_t* e) { return base_offset_ + load_be<int32_t>(e) <= offset; });
  if (!found) return found.failure();
  if (*found == 0) return OffsetPosition{base_offset_, 0};
  return entry(*found - 1);
}

Result<OffsetPosition> OffsetIndex::lookup_position(int64_t position) const {
  auto found = entries_.partition_point([&](const uint8_t* e) { return load_be<int32_t>(e + 4) <= position; });
  if (!found) return found.failure();
  if (*found == 0) return OffsetPosition{base_offset_, 0};
  return entry(*found - 1);
}

Status OffsetIndex::clear() {
  last_offset_ = -1;
  return entries_.truncate(0);
}

Status OffsetIndex::truncate_to_offset(int64_t offset) {
  auto keep = entries_.partition_point([&](const uint8_t* e) { return base_offset_ + load_be<int32_t>(e) < offset; });
  if (!keep) return keep.failure();
  last_offset_ = -1;
  return entries_.truncate(*keep);
}

bool OffsetIndex::plausible(int64_t log_size) const {
  int64_t count = entries_.count();
  if (count == 0) return true;
  auto first = entry(0), last = entry(count - 1);
  return first && last && first->offset >= base_offset_ && first->position >= 0 && last->position < log_size &&
         (count == 1 || (first->offset < last->offset && first->position < last->position));
}

}  // namespace meerkat::storage
