#include "record/record.h"

#include "record/compression.h"
#include "record/varint.h"

namespace meerkat::record {

namespace {

/// Reads the fields of one record front to back; any failure sticks.
class Fields {
 public:
  explicit Fields(ByteView bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  int32_t varint() {
    int32_t v = 0;
    if (at_ != nullptr) at_ = read_varint(at_, end_, v);
    return v;
  }
  int64_t varlong() {
    int64_t v = 0;
    if (at_ != nullptr) at_ = read_varlong(at_, end_, v);
    return v;
  }
  void skip_byte() { take(1); }
  std::optional<ByteView> nullable_bytes() {
    int32_t size = varint();
    if (size < 0) return std::nullopt;
    return take(static_cast<size_t>(size));
  }
  ByteView take(size_t n) {
    if (at_ == nullptr || static_cast<size_t>(end_ - at_) < n) {
      at_ = nullptr;
      return {};
    }
    ByteView taken(at_, n);
    at_ += n;
    return taken;
  }
  bool ok() const { return at_ != nullptr; }
  size_t left() const { return ok() ? static_cast<size_t>(end_ - at_) : 0; }
  const uint8_t* position() const { return at_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

/// The header of a record: its key may not be null.
bool read_header(Fields& fields, Header& out) {
  auto key = fields.nullable_bytes();
  out.value = fields.nullable_bytes();
  if (!fields.ok() || !key) return false;
  out.key = as_text(*key);
  return true;
}

}  // namespace

HeaderReader::HeaderReader(const RecordView& record) : rest_(record.raw_headers), left_(record.header_count) {
  Fields fields(rest_);
  fields.varint();
  if (fields.ok()) rest_ = rest_.last(fields.left());
}

bool HeaderReader::next(Header& out) {
  if (left_ <= 0) return false;
  --left_;
  Fields fields(rest_);
  bool read = read_header(fields, out);
  rest_ = rest_.last(fields.left());
  return read;
}

RecordReader::RecordReader(const AnyBatch& batch, size_t decompressed_limit) { open(batch, decompressed_limit); }

RecordReader::RecordReader(const BatchView& batch, size_t decompressed_limit) {
  AnyBatch any;
  if (peek(batch.bytes(), any) == Peek::ok && static_cast<size_t>(any.size) == batch.bytes().size()) {
    open(any, decompressed_limit);
  } else {
    refuse(Unreadable::structure, "the batch's size field does not fit its bytes");
  }
}

void RecordReader::open(const AnyBatch& batch, size_t limit) {
  magic_ = batch.magic;
  if (batch.undersized) {
    refuse(Unreadable::corrupt, "a batch that is smaller than its header");
    return;
  }
  if (!is_known(batch.codec)) {
    refuse(Unreadable::compression, "unknown codec " + std::to_string(static_cast<int>(batch.codec)));
    return;
  }
  if (batch.timestamp_type == TimestampType::log_append_time) append_time_ = batch.max_timestamp;
  if (magic_ != kMagic2) {
    rest_ = batch.bytes;
    if (!batch.compressed()) return;
    auto fields = batch.legacy().key_value();
    if (batch.codec == Codec::zstd || !fields || !fields->value) {
      refuse(Unreadable::structure, "a wrapper of magic " + std::to_string(magic_) + " without a compressed set in it");
    } else if (decompress_payload(batch, *fields->value, limit)) {
      open_legacy_set(batch);
    }
    return;
  }
  left_ = batch.count;
  base_offset_ = batch.base_offset;
  base_timestamp_ = batch.v2().base_timestamp();
  rest_ = batch.v2().payload();
  if (left_ < 0) {
    refuse(Unreadable::structure, "a negative number of records");
  } else if (left_ > 0 && batch.compressed()) {
    decompress_payload(batch, rest_, limit);
  }
}

bool RecordReader::decompress_payload(const AnyBatch& batch, ByteView payload, size_t limit) {
  if (auto done = decompress(batch.codec, batch.magic, payload, limit, scratch_.buffer()); !done.ok()) {
    refuse(Unreadable::compression, done.error().message);
    return false;
  }
  rest_ = scratch_.buffer();
  return true;
}

/// Inner offsets of magic 1 count from 0 and the wrapper has the absolute offset of the last one, so the last inner
/// message must be found first. A wrapper at 0 comes from producers that leave it to the broker.
void RecordReader::open_legacy_set(const AnyBatch& batch) {
  in_wrapper_ = true;
  ByteView rest = rest_;
  int64_t last_inner = -1;
  while (rest.size() >= kLogOverhead) {
    auto size = load_be<int32_t>(rest.data() + kSizeAt);
    if (size < kMinSizeField) {
      refuse(Unreadable::corrupt, "an inner message smaller than any message can be");
      return;
    }
    if (static_cast<size_t>(size) > rest.size() - kLogOverhead) break;
    last_inner = load_be<int64_t>(rest.data() + kOffsetAt);
    rest = rest.subspan(kLogOverhead + static_cast<size_t>(size));
  }
  rest_ = rest_.first(rest_.size() - rest.size());
  if (rest_.empty()) {
    refuse(Unreadable::structure, "a compressed set without messages");
  } else if (magic_ == kMagic1 && batch.last_offset != 0) {
    if (batch.last_offset < last_inner) {
      refuse(Unreadable::structure, "the wrapper's offset is below that of its last message");
    } else {
      base_offset_ = wrapping_sub(batch.last_offset, last_inner);
    }
  }
}

Next RecordReader::next(RecordView& out) {
  if (unreadable_ != Unreadable::no) return Next::malformed;
  return magic_ == kMagic2 ? next_v2(out) : next_legacy(out);
}

Next RecordReader::next_v2(RecordView& out) {
  if (left_ == 0) return Next::end;
  --left_;
  Fields fields(rest_);
  int32_t body_size = fields.varint();
  if (!fields.ok() || body_size < 0 || static_cast<size_t>(body_size) > fields.left()) {
    return refuse(Unreadable::structure, "a record that is longer than its batch");
  }
  ByteView body(fields.position(), static_cast<size_t>(body_size));
  out.encoded = rest_.first(rest_.size() - fields.left() + body.size());
  rest_ = rest_.subspan(out.encoded.size());

  fields = Fields(body);
  fields.skip_byte();
  int64_t timestamp_delta = fields.varlong();
  int32_t offset_delta = fields.varint();
  out.magic = kMagic2;
  out.timestamp = append_time_ ? *append_time_ : wrapping_add(base_timestamp_, timestamp_delta);
  out.offset = wrapping_add(base_offset_, offset_delta);
  out.key = fields.nullable_bytes();
  out.value = fields.nullable_bytes();
  const uint8_t* headers_start = fields.position();
  out.header_count = fields.varint();
  if (!fields.ok() || out.header_count < 0 || static_cast<size_t>(out.header_count) > fields.left()) {
    return refuse(Unreadable::structure, "a record whose fields do not fit its length");
  }
  Header header;
  for (int32_t i = 0; i < out.header_count; ++i) {
    if (!read_header(fields, header)) return refuse(Unreadable::structure, "a record with malformed headers");
  }
  if (fields.left() != 0) return refuse(Unreadable::structure, "a record that is longer than its fields");
  out.raw_headers = ByteView(headers_start, fields.position());
  if (left_ == 0 && !rest_.empty()) return refuse(Unreadable::structure, "more bytes than the announced records take");
  return Next::record;
}

Next RecordReader::next_legacy(RecordView& out) {
  if (rest_.empty()) return Next::end;
  // In a wrapper the sizes were walked when it was opened; outside, the entry is the batch.
  out.encoded = rest_.first(kLogOverhead + static_cast<size_t>(load_be<int32_t>(rest_.data() + kSizeAt)));
  rest_ = rest_.subspan(out.encoded.size());
  out.magic = static_cast<int8_t>(out.encoded[kMagicAt]);
  if ((out.magic != kMagic0 && out.magic != kMagic1) || out.encoded.size() < legacy::min_size(out.magic)) {
    return refuse(Unreadable::structure, "an inner message of another format");
  }
  LegacyView entry(out.encoded);
  if (in_wrapper_ && entry.codec() != Codec::none) {
    return refuse(Unreadable::structure, "a compressed message within a compressed set");
  }
  auto fields = entry.key_value();
  if (!fields) return refuse(Unreadable::structure, "a message whose key and value do not fit its size");
  out.key = fields->key;
  out.value = fields->value;
  out.raw_headers = {};
  out.header_count = 0;
  out.timestamp = out.magic == kMagic1 && append_time_ ? *append_time_ : entry.timestamp();
  out.offset = wrapping_add(base_offset_, entry.offset());
  return Next::record;
}

Next RecordReader::refuse(Unreadable why, std::string message) {
  unreadable_ = why;
  failure_ = std::move(message);
  return Next::malformed;
}

Result<int64_t> first_offset(const AnyBatch& batch, size_t decompressed_limit) {
  if (!batch.undersized && (batch.magic == kMagic2 || !batch.compressed())) return batch.base_offset;
  RecordReader reader(batch, decompressed_limit);
  RecordView first;
  if (reader.next(first) != Next::record) return fail(reader.failure());
  return first.offset;
}

}  // namespace meerkat::record
