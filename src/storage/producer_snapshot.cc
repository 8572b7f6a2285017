#include "storage/producer_snapshot.h"

#include <string>

#include "base/crc32c.h"

namespace meerkat::storage {
namespace {

constexpr int16_t kVersion = 1;
constexpr size_t kHeaderSize = 10;
constexpr size_t kEntrySize = 46;
constexpr size_t kCrcAt = 2;
constexpr size_t kAfterCrc = 6;

}  // namespace

Bytes encode_producer_snapshot(const std::vector<const ProducerEntry*>& entries) {
  Bytes bytes(kHeaderSize + entries.size() * kEntrySize);
  store_be<int16_t>(bytes.data(), kVersion);
  store_be<int32_t>(bytes.data() + kAfterCrc, static_cast<int32_t>(entries.size()));
  uint8_t* p = bytes.data() + kHeaderSize;
  for (const ProducerEntry* entry : entries) {
    ProducerBatch last = entry->last_batch() ? *entry->last_batch() : ProducerBatch{};
    store_be<int64_t>(p, entry->producer_id);
    store_be<int16_t>(p + 8, entry->producer_epoch);
    store_be<int32_t>(p + 10, last.last_sequence);
    store_be<int64_t>(p + 14, last.last_offset);
    store_be<int32_t>(p + 22, last.offset_delta);
    store_be<int64_t>(p + 26, entry->last_timestamp);
    store_be<int32_t>(p + 34, entry->coordinator_epoch);
    store_be<int64_t>(p + 38, entry->current_txn_first_offset.value_or(-1));
    p += kEntrySize;
  }
  store_be<uint32_t>(bytes.data() + kCrcAt, crc32c(ByteView(bytes).subspan(kAfterCrc)));
  return bytes;
}

Result<std::vector<ProducerEntry>> decode_producer_snapshot(ByteView bytes) {
  if (bytes.size() < kHeaderSize) return fail("it is too short");
  if (load_be<int16_t>(bytes.data()) != kVersion) {
    return fail("version " + std::to_string(load_be<int16_t>(bytes.data())) + " is not known");
  }
  if (load_be<uint32_t>(bytes.data() + kCrcAt) != crc32c(bytes.subspan(kAfterCrc))) {
    return fail("its checksum is wrong");
  }
  auto count = load_be<int32_t>(bytes.data() + kAfterCrc);
  if (count < 0 || bytes.size() != kHeaderSize + static_cast<size_t>(count) * kEntrySize) {
    return fail("its size does not fit " + std::to_string(count) + " entries");
  }
  std::vector<ProducerEntry> entries(static_cast<size_t>(count));
  const uint8_t* p = bytes.data() + kHeaderSize;
  for (auto& entry : entries) {
    entry.producer_id = load_be<int64_t>(p);
    entry.producer_epoch = load_be<int16_t>(p + 8);
    ProducerBatch last{load_be<int32_t>(p + 10), load_be<int64_t>(p + 14), load_be<int32_t>(p + 22),
                       load_be<int64_t>(p + 26)};
    entry.last_timestamp = last.timestamp;
    entry.coordinator_epoch = load_be<int32_t>(p + 34);
    auto first = load_be<int64_t>(p + 38);
    if (first >= 0) entry.current_txn_first_offset = first;
    if (last.last_offset >= 0) entry.add(last);
    p += kEntrySize;
  }
  return entries;
}

}  // namespace meerkat::storage
