// Record batches as they lie in memory: views that read and stamp the fields of magic 2, the header facts that storage
// wants of a batch of any magic, and the walk over a run of them. Nothing here copies or looks past the bytes given.
#pragma once

#include <cassert>
#include <optional>

#include "base/bytes.h"
#include "record/format.h"

namespace meerkat::record {

/// Reads the fields of one magic-2 batch. The bytes start at the batch and hold at least its header (61 bytes);
/// crc_ok() and payload() need all of it.
class BatchView {
 public:
  explicit BatchView(ByteView bytes) : bytes_(bytes) { assert(bytes.size() >= v2::kHeaderSize); }

  int64_t base_offset() const { return at<int64_t>(kOffsetAt); }
  /// Bytes of the whole batch, offset and size fields included.
  int64_t size() const { return int64_t{at<int32_t>(kSizeAt)} + static_cast<int64_t>(kLogOverhead); }
  int32_t leader_epoch() const { return at<int32_t>(v2::kLeaderEpochAt); }
  int8_t magic() const { return static_cast<int8_t>(bytes_[kMagicAt]); }
  uint32_t crc() const { return static_cast<uint32_t>(at<int32_t>(v2::kCrcAt)); }
  int16_t attributes() const { return at<int16_t>(v2::kAttributesAt); }
  Codec codec() const { return static_cast<Codec>(attributes() & v2::kCodecMask); }
  TimestampType timestamp_type() const {
    return attributes() & v2::kLogAppendTimeBit ? TimestampType::log_append_time : TimestampType::create_time;
  }
  bool transactional() const { return attributes() & v2::kTransactionalBit; }
  bool control() const { return attributes() & v2::kControlBit; }
  /// The time after which tombstones and markers in it may go (KIP-534); kept in the base timestamp's place.
  std::optional<int64_t> delete_horizon_ms() const {
    if (!(attributes() & v2::kDeleteHorizonBit)) return std::nullopt;
    return base_timestamp();
  }
  int32_t last_offset_delta() const { return at<int32_t>(v2::kLastOffsetDeltaAt); }
  int64_t last_offset() const { return wrapping_add(base_offset(), last_offset_delta()); }
  int64_t base_timestamp() const { return at<int64_t>(v2::kBaseTimestampAt); }
  int64_t max_timestamp() const { return at<int64_t>(v2::kMaxTimestampAt); }
  int64_t producer_id() const { return at<int64_t>(v2::kProducerIdAt); }
  bool has_producer_id() const { return producer_id() > kNoProducerId; }
  int16_t producer_epoch() const { return at<int16_t>(v2::kProducerEpochAt); }
  int32_t base_sequence() const { return at<int32_t>(v2::kBaseSequenceAt); }
  int32_t last_sequence() const {
    return base_sequence() == kNoSequence ? kNoSequence : sequence_after(base_sequence(), last_offset_delta());
  }
  /// The number of records it says it holds. 0 is legal after compaction.
  int32_t count() const { return at<int32_t>(v2::kCountAt); }

  ByteView bytes() const { return bytes_; }
  /// The records, compressed if codec() says so.
  ByteView payload() const { return bytes_.subspan(v2::kHeaderSize); }
  /// Whether the stored CRC-32C is that of the bytes. bytes() is exactly the batch.
  bool crc_ok() const;

 private:
  template <class T>
  T at(size_t position) const {
    return load_be<T>(bytes_.data() + position);
  }
  ByteView bytes_;
};

/// A magic-2 batch that may be stamped in place. Offset and leader epoch lie outside the CRC; after setting anything
/// else call refresh_crc().
class MutableBatch {
 public:
  explicit MutableBatch(MutableBytes bytes) : bytes_(bytes) { assert(bytes.size() >= v2::kHeaderSize); }
  BatchView view() const { return BatchView(bytes_); }

  void set_base_offset(int64_t v) { put(kOffsetAt, v); }
  void set_leader_epoch(int32_t v) { put(v2::kLeaderEpochAt, v); }
  void set_attributes(int16_t v) { put(v2::kAttributesAt, v); }
  void set_timestamp_type(TimestampType t) {
    int16_t others = static_cast<int16_t>(view().attributes() & ~v2::kLogAppendTimeBit);
    set_attributes(t == TimestampType::log_append_time ? static_cast<int16_t>(others | v2::kLogAppendTimeBit) : others);
  }
  void set_last_offset_delta(int32_t v) { put(v2::kLastOffsetDeltaAt, v); }
  void set_base_timestamp(int64_t v) { put(v2::kBaseTimestampAt, v); }
  void set_max_timestamp(int64_t v) { put(v2::kMaxTimestampAt, v); }
  void set_producer(int64_t id, int16_t epoch, int32_t base_sequence) {
    put(v2::kProducerIdAt, id);
    put(v2::kProducerEpochAt, epoch);
    put(v2::kBaseSequenceAt, base_sequence);
  }
  void set_count(int32_t v) { put(v2::kCountAt, v); }
  void set_crc(uint32_t v) { put(v2::kCrcAt, static_cast<int32_t>(v)); }
  /// Computes the CRC over all of the bytes and stores it.
  void refresh_crc();

 private:
  template <class T>
  void put(size_t position, T value) {
    store_be<T>(bytes_.data() + position, value);
  }
  MutableBytes bytes_;
};

/// One entry of the formats with magic 0 and 1: a single message, or the wrapper of a compressed set. The bytes are
/// exactly the entry, at least legacy::min_size(magic) of them.
class LegacyView {
 public:
  explicit LegacyView(ByteView bytes) : bytes_(bytes) {
    assert(bytes.size() >= kHeaderUpToMagic && bytes.size() >= legacy::min_size(magic()));
  }

  /// The message's offset; of a wrapper, the offset of its last message.
  int64_t offset() const { return load_be<int64_t>(bytes_.data() + kOffsetAt); }
  int8_t magic() const { return static_cast<int8_t>(bytes_[kMagicAt]); }
  uint32_t crc() const { return load_be<uint32_t>(bytes_.data() + legacy::kCrcAt); }
  int8_t attributes() const { return static_cast<int8_t>(bytes_[legacy::kAttributesAt]); }
  Codec codec() const { return static_cast<Codec>(attributes() & v2::kCodecMask); }
  TimestampType timestamp_type() const {
    if (magic() == kMagic0) return TimestampType::none;
    return attributes() & v2::kLogAppendTimeBit ? TimestampType::log_append_time : TimestampType::create_time;
  }
  int64_t timestamp() const {
    return magic() == kMagic0 ? kNoTimestamp : load_be<int64_t>(bytes_.data() + legacy::kTimestampAt);
  }
  uint32_t computed_crc() const;
  bool crc_ok() const { return crc() == computed_crc(); }
  ByteView bytes() const { return bytes_; }

  struct KeyValue {
    std::optional<ByteView> key;
    std::optional<ByteView> value;
  };
  /// Key and value, or nothing when their lengths do not fit the entry exactly or not at all.
  std::optional<KeyValue> key_value() const;

 private:
  ByteView bytes_;
};

/// The facts about a batch of any magic that its header alone gives: what recovery, indexing, truncation and producer
/// state need. Legacy entries have no producer, no leader epoch and an unknown count (-1).
struct AnyBatch {
  ByteView bytes;    // the batch, or as much of it as was given to peek()
  int32_t size = 0;  // bytes of the whole batch
  int8_t magic = kMagic2;
  /// Smaller than the header of its own format: only size and magic are known, and crc_ok() is false.
  bool undersized = false;
  Codec codec = Codec::none;
  TimestampType timestamp_type = TimestampType::create_time;
  bool transactional = false;
  bool control = false;
  /// Magic 2: exact. Legacy uncompressed: the offset. Legacy compressed: that of the *last* message, since only
  /// decompressing tells the first (record::first_offset in record/record.h).
  int64_t base_offset = 0;
  int64_t last_offset = 0;
  int64_t max_timestamp = kNoTimestamp;
  int32_t leader_epoch = kNoLeaderEpoch;
  int64_t producer_id = kNoProducerId;
  int16_t producer_epoch = kNoProducerEpoch;
  int32_t base_sequence = kNoSequence;
  int32_t last_sequence = kNoSequence;
  int32_t count = -1;
  std::optional<int64_t> delete_horizon_ms;

  bool has_producer_id() const { return producer_id > kNoProducerId; }
  bool compressed() const { return codec != Codec::none; }
  /// CRC-32C or CRC-32 by magic. `bytes` must be the whole batch.
  bool crc_ok() const;
  /// Only for magic 2, not undersized.
  BatchView v2() const { return BatchView(bytes); }
  /// Only for magic 0 and 1, not undersized; `bytes` must be the whole entry.
  LegacyView legacy() const { return LegacyView(bytes); }
};

/// How reading a batch's header ended.
enum class Peek {
  ok,
  more,        // the bytes end before the header does
  corrupt,     // a size too small for any format or beyond the limit, or a magic that does not exist
  undersized,  // a size too small for the format that the magic names: damaged, but the next batch can be found
};

/// Bytes of header that peek() needs at most, of any magic.
constexpr size_t kMaxHeaderSize = v2::kHeaderSize;

/// Reads the header of the batch at the front of `bytes`, which may hold less than the whole batch (then the caller
/// must not look at the payload). `max_size` bounds the size field.
Peek peek(ByteView bytes, AnyBatch& out, int32_t max_size = INT32_MAX);

/// Walks a run of complete batches of any magic, front to back.
///     for (BatchRun run(bytes); run.next(batch);) …
class BatchRun {
 public:
  explicit BatchRun(ByteView bytes, int32_t max_batch_size = INT32_MAX) : rest_(bytes), max_size_(max_batch_size) {}

  /// The next complete batch (`out.bytes` is exactly it), or false: at the end, at a last batch that is not all there,
  /// or at a header that makes no sense, which corrupt() tells apart. Undersized batches are given out, as Kafka does:
  /// check crc_ok() or `undersized` before anything else of a foreign batch.
  bool next(AnyBatch& out);
  bool corrupt() const { return corrupt_; }
  /// Bytes after the last complete batch.
  ByteView rest() const { return rest_; }
  /// Bytes of the batches given out so far.
  size_t consumed() const { return consumed_; }

 private:
  ByteView rest_;
  int32_t max_size_;
  size_t consumed_ = 0;
  bool corrupt_ = false;
};

}  // namespace meerkat::record
