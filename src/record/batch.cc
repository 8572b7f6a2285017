#include "record/batch.h"

#include <algorithm>

#include "base/crc32c.h"

namespace meerkat::record {

std::string_view name(Codec c) {
  constexpr std::string_view kNames[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  return is_known(c) ? kNames[static_cast<size_t>(c)] : "unknown";
}

bool BatchView::crc_ok() const { return crc() == crc32c(bytes_.subspan(v2::kAttributesAt)); }

void MutableBatch::refresh_crc() { set_crc(crc32c(ByteView(bytes_).subspan(v2::kAttributesAt))); }

uint32_t LegacyView::computed_crc() const { return crc32(bytes_.subspan(kMagicAt)); }

std::optional<LegacyView::KeyValue> LegacyView::key_value() const {
  ByteView rest = bytes_.subspan(legacy::key_size_at(magic()));
  KeyValue result;
  for (auto* field : {&result.key, &result.value}) {
    if (rest.size() < 4) return std::nullopt;
    auto size = load_be<int32_t>(rest.data());
    rest = rest.subspan(4);
    if (size < 0) continue;
    if (rest.size() < static_cast<size_t>(size)) return std::nullopt;
    *field = rest.first(static_cast<size_t>(size));
    rest = rest.subspan(static_cast<size_t>(size));
  }
  return result;
}

bool AnyBatch::crc_ok() const {
  assert(bytes.size() == static_cast<size_t>(size));
  if (undersized) return false;
  return magic == kMagic2 ? v2().crc_ok() : legacy().crc_ok();
}

namespace {

void fill_v2(ByteView bytes, AnyBatch& out) {
  BatchView b(bytes);
  out.codec = b.codec();
  out.timestamp_type = b.timestamp_type();
  out.transactional = b.transactional();
  out.control = b.control();
  out.base_offset = b.base_offset();
  out.last_offset = b.last_offset();
  out.max_timestamp = b.max_timestamp();
  out.leader_epoch = b.leader_epoch();
  out.producer_id = b.producer_id();
  out.producer_epoch = b.producer_epoch();
  out.base_sequence = b.base_sequence();
  out.last_sequence = b.last_sequence();
  out.count = b.count();
  out.delete_horizon_ms = b.delete_horizon_ms();
}

void fill_legacy(ByteView bytes, AnyBatch& out) {
  LegacyView b(bytes);
  out.codec = b.codec();
  out.timestamp_type = b.timestamp_type();
  out.base_offset = out.last_offset = b.offset();
  out.max_timestamp = b.timestamp();
}

}  // namespace

Peek peek(ByteView bytes, AnyBatch& out, int32_t max_size) {
  if (bytes.size() < kLogOverhead) return Peek::more;
  auto size_field = load_be<int32_t>(bytes.data() + kSizeAt);
  if (size_field < kMinSizeField || size_field > INT32_MAX - static_cast<int32_t>(kLogOverhead)) return Peek::corrupt;
  int32_t size = size_field + static_cast<int32_t>(kLogOverhead);
  if (size > max_size) return Peek::corrupt;
  if (bytes.size() < kHeaderUpToMagic) return Peek::more;
  auto magic = static_cast<int8_t>(bytes[kMagicAt]);
  if (magic < kMagic0 || magic > kMagic2) return Peek::corrupt;

  size_t header = magic == kMagic2 ? v2::kHeaderSize : legacy::min_size(magic);
  bool undersized = static_cast<size_t>(size) < header;
  if (!undersized && bytes.size() < header) return Peek::more;

  out = AnyBatch{};
  out.bytes = bytes.first(std::min(bytes.size(), static_cast<size_t>(size)));
  out.size = size;
  out.magic = magic;
  out.undersized = undersized;
  if (undersized) return Peek::undersized;
  magic == kMagic2 ? fill_v2(out.bytes, out) : fill_legacy(out.bytes, out);
  return Peek::ok;
}

bool BatchRun::next(AnyBatch& out) {
  Peek peeked = peek(rest_, out, max_size_);
  corrupt_ = peeked == Peek::corrupt;
  bool found = peeked == Peek::ok || peeked == Peek::undersized;
  if (!found || rest_.size() < static_cast<size_t>(out.size)) return false;
  rest_ = rest_.subspan(static_cast<size_t>(out.size));
  consumed_ += static_cast<size_t>(out.size);
  return true;
}

}  // namespace meerkat::record
