// Builds record batches (magic 2) and the message sets of magic 0 and 1. One growing buffer a batch, no allocation a
// record. Not thread-safe; used by producers, coordinators, conversion and tests.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "record/format.h"

namespace meerkat::record {

/// A record header (KIP-82). The key is UTF-8; a null value is not an empty one.
struct Header {
  std::string_view key;
  std::optional<ByteView> value;
};

/// The header fields of a batch to build; the defaults are those of a plain producer.
struct BatchOptions {
  Codec codec = Codec::none;
  /// Codec-specific; nothing means the codec's default (compression.gzip.level and its like, KIP-390).
  std::optional<int> level;
  int64_t base_offset = 0;
  int32_t leader_epoch = kNoLeaderEpoch;
  TimestampType timestamp_type = TimestampType::create_time;
  /// The batch's max timestamp when the type is log_append_time.
  int64_t log_append_time_ms = kNoTimestamp;
  int64_t producer_id = kNoProducerId;
  int16_t producer_epoch = kNoProducerEpoch;
  int32_t base_sequence = kNoSequence;
  bool transactional = false;
  bool control = false;
  /// Sets the delete horizon (KIP-534), which takes the base timestamp's place.
  std::optional<int64_t> delete_horizon_ms;
};

/// Builds one magic-2 batch.
class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchOptions& options = {});

  /// Adds a record at the offset after the last one's (the base offset for the first).
  void append(int64_t timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
              std::span<const Header> headers = {});
  /// Adds a record at `offset`, which must be above the last one's: compaction leaves gaps.
  void append_at(int64_t offset, int64_t timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
                 std::span<const Header> headers = {});
  /// Adds a record whose headers are already encoded: the varint count and the headers, as RecordView keeps them.
  void append_raw_headers(int64_t offset, int64_t timestamp, std::optional<ByteView> key, std::optional<ByteView> value,
                          ByteView headers_with_count);
  /// The batch's last offset may lie after its last record's: what compaction removed is kept in the range.
  void override_last_offset(int64_t last_offset) { last_offset_ = last_offset; }
  /// For producers, that know these only when the batch is sent.
  void set_producer(int64_t id, int16_t epoch, int32_t base_sequence, bool transactional);

  int32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  int64_t next_offset() const { return last_offset_ + 1; }
  int64_t max_timestamp() const { return max_timestamp_; }
  /// Bytes so far, header included, before compression.
  size_t uncompressed_size() const { return buffer_.size(); }
  /// Compresses, fills in the header and the CRC. Ends the builder's life. With no records, an empty batch as
  /// compaction leaves one (count 0).
  Bytes build();

 private:
  void begin_record(int64_t offset, int64_t timestamp, size_t key_and_value_size, size_t headers_size);
  void put_nullable(const std::optional<ByteView>& bytes);

  BatchOptions options_;
  Bytes buffer_;
  int32_t count_ = 0;
  int64_t base_timestamp_ = kNoTimestamp;
  int64_t max_timestamp_ = kNoTimestamp;
  int64_t last_offset_;
};

/// Upper bound of the bytes a record adds to a batch before compression.
size_t record_size_bound(size_t key_size, size_t value_size, std::span<const Header> headers = {});

/// What a control record says (key: int16 version, int16 type). Types of other users (raft) read as `unknown`.
enum class ControlType : int16_t { unknown = -1, abort = 0, commit = 1 };

/// The end of a transaction on a partition, as the coordinator of `coordinator_epoch` wrote it.
struct EndTxnMarker {
  ControlType type = ControlType::unknown;
  int32_t coordinator_epoch = 0;
  bool operator==(const EndTxnMarker&) const = default;
};

/// One control batch with one marker; occupies one offset. Not compressed, whatever the topic says.
Bytes build_end_txn_marker(const EndTxnMarker& marker, int64_t producer_id, int16_t producer_epoch, int64_t timestamp,
                           int64_t base_offset = 0, int32_t leader_epoch = kNoLeaderEpoch);
/// Reads a control record's key and value; nothing if they are too short. A type that is no end of a transaction
/// gives ControlType::unknown.
std::optional<EndTxnMarker> parse_end_txn_marker(std::optional<ByteView> key, std::optional<ByteView> value);

/// Builds a set of magic-0 or magic-1 messages, compressed under one wrapper if a codec is given (not zstd).
class LegacySetBuilder {
 public:
  LegacySetBuilder(int8_t magic, Codec codec, TimestampType type = TimestampType::create_time,
                   int64_t log_append_time_ms = kNoTimestamp);
  /// Offsets must rise. Magic 0 drops the timestamp.
  void append_at(int64_t offset, int64_t timestamp, std::optional<ByteView> key, std::optional<ByteView> value);
  int32_t count() const { return count_; }
  /// Ends the builder's life. Empty if nothing was added.
  Bytes build();

 private:
  int8_t magic_;
  Codec codec_;
  TimestampType type_;
  int64_t log_append_time_ms_;
  Bytes buffer_;
  int32_t count_ = 0;
  int64_t first_offset_ = 0;
  int64_t last_offset_ = -1;
  int64_t max_timestamp_ = kNoTimestamp;
};

}  // namespace meerkat::record
