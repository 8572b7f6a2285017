#include "record/builder.h"

#include <algorithm>
#include <cassert>

#include "record/batch.h"
#include "record/compression.h"
#include "record/varint.h"

namespace meerkat::record {

namespace {

size_t nullable_size(const std::optional<ByteView>& bytes) {
  return bytes ? varint_size(static_cast<int64_t>(bytes->size())) + bytes->size() : varint_size(-1);
}

size_t headers_size(std::span<const Header> headers) {
  size_t size = varint_size(static_cast<int64_t>(headers.size()));
  for (const Header& h : headers) size += nullable_size(as_bytes(h.key)) + nullable_size(h.value);
  return size;
}

void put_varint(Bytes& out, int64_t v) {
  uint8_t encoded[kMaxVarlong];
  out.insert(out.end(), encoded, write_varint(encoded, v));
}

void put_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

template <class T>
void put_be(Bytes& out, T v) {
  out.resize(out.size() + sizeof v);
  store_be<T>(out.data() + out.size() - sizeof v, v);
}

}  // namespace

BatchBuilder::BatchBuilder(const BatchOptions& options)
    : options_(options), buffer_(v2::kHeaderSize), last_offset_(options.base_offset - 1) {
  if (options.delete_horizon_ms) base_timestamp_ = *options.delete_horizon_ms;
}

void BatchBuilder::append(int64_t timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
                          std::span<const Header> headers) {
  append_at(next_offset(), timestamp, key, value, headers);
}

void BatchBuilder::append_at(int64_t offset, int64_t timestamp, std::optional<ByteView> key,
                             std::optional<ByteView> value, std::span<const Header> headers) {
  begin_record(offset, timestamp, nullable_size(key) + nullable_size(value), headers_size(headers));
  put_nullable(key);
  put_nullable(value);
  put_varint(buffer_, static_cast<int64_t>(headers.size()));
  for (const Header& h : headers) {
    put_nullable(as_bytes(h.key));
    put_nullable(h.value);
  }
}

void BatchBuilder::append_raw_headers(int64_t offset, int64_t timestamp, std::optional<ByteView> key,
                                      std::optional<ByteView> value, ByteView headers_with_count) {
  constexpr uint8_t kNoHeaders[] = {0};
  ByteView headers = headers_with_count.empty() ? ByteView(kNoHeaders) : headers_with_count;
  begin_record(offset, timestamp, nullable_size(key) + nullable_size(value), headers.size());
  put_nullable(key);
  put_nullable(value);
  put_bytes(buffer_, headers);
}

void BatchBuilder::begin_record(int64_t offset, int64_t timestamp, size_t key_and_value_size, size_t headers_size) {
  assert(offset > last_offset_ || count_ == 0);
  if (count_ == 0 && !options_.delete_horizon_ms) base_timestamp_ = timestamp;
  int64_t timestamp_delta = wrapping_sub(timestamp, base_timestamp_);
  int64_t offset_delta = offset - options_.base_offset;
  assert(offset_delta >= 0 && offset_delta <= INT32_MAX);
  size_t body = 1 + varint_size(timestamp_delta) + varint_size(offset_delta) + key_and_value_size + headers_size;
  put_varint(buffer_, static_cast<int64_t>(body));
  buffer_.push_back(0);  // attributes; none are defined
  put_varint(buffer_, timestamp_delta);
  put_varint(buffer_, offset_delta);
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  last_offset_ = offset;
  ++count_;
}

void BatchBuilder::put_nullable(const std::optional<ByteView>& bytes) {
  put_varint(buffer_, bytes ? static_cast<int64_t>(bytes->size()) : -1);
  if (bytes) put_bytes(buffer_, *bytes);
}

void BatchBuilder::set_producer(int64_t id, int16_t epoch, int32_t base_sequence, bool transactional) {
  options_.producer_id = id;
  options_.producer_epoch = epoch;
  options_.base_sequence = base_sequence;
  options_.transactional = transactional;
}

Bytes BatchBuilder::build() {
  if (count_ == 0) options_.codec = Codec::none;
  Bytes out;
  if (options_.codec == Codec::none) {
    out = std::move(buffer_);
  } else {
    out.resize(v2::kHeaderSize);
    compress(options_.codec, options_.level, kMagic2, ByteView(buffer_).subspan(v2::kHeaderSize), out);
  }
  bool log_append_time = options_.timestamp_type == TimestampType::log_append_time;
  int16_t attributes = static_cast<int16_t>(options_.codec);
  if (log_append_time) attributes |= v2::kLogAppendTimeBit;
  if (options_.transactional) attributes |= v2::kTransactionalBit;
  if (options_.control) attributes |= v2::kControlBit;
  if (options_.delete_horizon_ms) attributes |= v2::kDeleteHorizonBit;

  MutableBatch batch{MutableBytes(out)};
  batch.set_base_offset(options_.base_offset);
  store_be<int32_t>(out.data() + kSizeAt, static_cast<int32_t>(out.size() - kLogOverhead));
  batch.set_leader_epoch(options_.leader_epoch);
  out[kMagicAt] = kMagic2;
  batch.set_attributes(attributes);
  batch.set_last_offset_delta(static_cast<int32_t>(last_offset_ - options_.base_offset));
  batch.set_base_timestamp(base_timestamp_);
  batch.set_max_timestamp(log_append_time ? options_.log_append_time_ms : max_timestamp_);
  batch.set_producer(options_.producer_id, options_.producer_epoch, options_.base_sequence);
  batch.set_count(count_);
  batch.refresh_crc();
  return out;
}

size_t record_size_bound(size_t key_size, size_t value_size, std::span<const Header> headers) {
  constexpr size_t kMostBeforeKey = kMaxVarint + 1 + kMaxVarlong + kMaxVarint;
  return kMostBeforeKey + 2 * kMaxVarint + key_size + value_size + headers_size(headers);
}

Bytes build_end_txn_marker(const EndTxnMarker& marker, int64_t producer_id, int16_t producer_epoch, int64_t timestamp,
                           int64_t base_offset, int32_t leader_epoch) {
  Bytes key;
  put_be<int16_t>(key, 0);  // version
  put_be<int16_t>(key, static_cast<int16_t>(marker.type));
  Bytes value;
  put_be<int16_t>(value, 0);  // version
  put_be<int32_t>(value, marker.coordinator_epoch);
  BatchBuilder builder({.base_offset = base_offset,
                        .leader_epoch = leader_epoch,
                        .producer_id = producer_id,
                        .producer_epoch = producer_epoch,
                        .transactional = true,
                        .control = true});
  builder.append(timestamp, key, value);
  return builder.build();
}

std::optional<EndTxnMarker> parse_end_txn_marker(std::optional<ByteView> key, std::optional<ByteView> value) {
  if (!key || key->size() < 4) return std::nullopt;
  auto type = load_be<int16_t>(key->data() + 2);
  EndTxnMarker marker;
  if (type != static_cast<int16_t>(ControlType::abort) && type != static_cast<int16_t>(ControlType::commit)) {
    return marker;
  }
  if (!value || value->size() < 6) return std::nullopt;
  marker.type = static_cast<ControlType>(type);
  marker.coordinator_epoch = load_be<int32_t>(value->data() + 2);
  return marker;
}

LegacySetBuilder::LegacySetBuilder(int8_t magic, Codec codec, TimestampType type, int64_t log_append_time_ms)
    : magic_(magic), codec_(codec), type_(type), log_append_time_ms_(log_append_time_ms) {
  assert(magic == kMagic0 || magic == kMagic1);
  assert(codec != Codec::zstd);
}

namespace {

/// Fills in the size and CRC of the entry that starts at `at` and reaches to the end.
void finish_entry(Bytes& out, size_t at) {
  store_be<int32_t>(out.data() + at + kSizeAt, static_cast<int32_t>(out.size() - at - kLogOverhead));
  LegacyView entry(ByteView(out).subspan(at));
  store_be<uint32_t>(out.data() + at + legacy::kCrcAt, entry.computed_crc());
}

void begin_entry(Bytes& out, int64_t offset, int8_t magic, int8_t attributes, int64_t timestamp) {
  put_be<int64_t>(out, offset);
  put_be<int32_t>(out, 0);   // size
  put_be<uint32_t>(out, 0);  // crc
  out.push_back(static_cast<uint8_t>(magic));
  out.push_back(static_cast<uint8_t>(attributes));
  if (magic != kMagic0) put_be<int64_t>(out, timestamp);
}

void put_field(Bytes& out, const std::optional<ByteView>& field) {
  put_be<int32_t>(out, field ? static_cast<int32_t>(field->size()) : -1);
  if (field) put_bytes(out, *field);
}

}  // namespace

void LegacySetBuilder::append_at(int64_t offset, int64_t timestamp, std::optional<ByteView> key,
                                 std::optional<ByteView> value) {
  assert(offset > last_offset_ || count_ == 0);
  if (count_ == 0) first_offset_ = offset;
  last_offset_ = offset;
  ++count_;
  if (type_ == TimestampType::log_append_time) timestamp = log_append_time_ms_;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  bool relative = codec_ != Codec::none && magic_ == kMagic1;
  int8_t attributes =
      magic_ == kMagic1 && type_ == TimestampType::log_append_time ? int8_t{v2::kLogAppendTimeBit} : int8_t{0};
  size_t at = buffer_.size();
  begin_entry(buffer_, relative ? offset - first_offset_ : offset, magic_, attributes, timestamp);
  put_field(buffer_, key);
  put_field(buffer_, value);
  finish_entry(buffer_, at);
}

Bytes LegacySetBuilder::build() {
  if (codec_ == Codec::none || count_ == 0) return std::move(buffer_);
  Bytes out;
  auto attributes = static_cast<int8_t>(codec_);
  if (magic_ == kMagic1 && type_ == TimestampType::log_append_time) attributes |= int8_t{v2::kLogAppendTimeBit};
  begin_entry(out, last_offset_, magic_, attributes, max_timestamp_);
  put_field(out, std::nullopt);
  size_t value_at = out.size();
  put_be<int32_t>(out, 0);
  compress(codec_, std::nullopt, magic_, buffer_, out);
  store_be<int32_t>(out.data() + value_at, static_cast<int32_t>(out.size() - value_at - 4));
  finish_entry(out, 0);
  return out;
}

}  // namespace meerkat::record
