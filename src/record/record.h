// The records within a batch of any magic, one after the other, as views: nothing is allocated or copied a record.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "record/batch.h"
#include "record/builder.h"
#include "record/scratch.h"

namespace meerkat::record {

/// One record. The views live as long as the RecordReader that gave it, and of compressed batches no longer.
struct RecordView {
  int64_t offset = 0;
  /// Of the record itself, or the batch's if that is LogAppendTime; -1 with magic 0.
  int64_t timestamp = kNoTimestamp;
  int8_t magic = kMagic2;
  /// All of the record as it is encoded: magic 2 from its length on, older ones from their offset on.
  ByteView encoded;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  /// Magic 2: the encoded headers, their count in front; checked to be well-formed. Empty with older magics.
  ByteView raw_headers;
  int32_t header_count = 0;
};

/// Walks the headers of a record.
///     for (HeaderReader headers(record); headers.next(header);) …
class HeaderReader {
 public:
  explicit HeaderReader(const RecordView& record);
  bool next(Header& out);

 private:
  ByteView rest_;
  int32_t left_;
};

/// How a step over records ended.
enum class Next : uint8_t {
  record,
  end,
  malformed,  // failure() says why
};

/// What made a batch unreadable.
enum class Unreadable : uint8_t {
  no,
  structure,    // lengths, counts or fields that do not fit (INVALID_RECORD)
  compression,  // the codec is unknown, or its data is damaged or too large (UNKNOWN_SERVER_ERROR to a producer)
  corrupt,      // an impossible size of an inner message of a legacy set (CORRUPT_MESSAGE)
};

/// The default bound of what one batch may decompress to when it must be held in memory whole.
constexpr size_t kDefaultDecompressedLimit = size_t{128} << 20;

/// Reads the records of one batch (bytes complete; the CRC is the caller's matter). A compressed batch is decompressed
/// at the start into memory that is leased from the thread and given back at the end.
class RecordReader {
 public:
  explicit RecordReader(const AnyBatch& batch, size_t decompressed_limit = kDefaultDecompressedLimit);
  explicit RecordReader(const BatchView& batch, size_t decompressed_limit = kDefaultDecompressedLimit);

  /// The next record. After `end` exactly the announced number of records was read and nothing is left over.
  [[nodiscard]] Next next(RecordView& out);
  Unreadable unreadable() const { return unreadable_; }
  /// The reason, after `malformed`.
  const std::string& failure() const { return failure_; }

 private:
  void open(const AnyBatch& batch, size_t limit);
  void open_legacy_set(const AnyBatch& batch);
  bool decompress_payload(const AnyBatch& batch, ByteView payload, size_t limit);
  Next next_v2(RecordView& out);
  Next next_legacy(RecordView& out);
  Next refuse(Unreadable why, std::string message);

  ByteView rest_;
  int8_t magic_ = kMagic2;
  bool in_wrapper_ = false;  // the entries are those of a decompressed legacy set
  int32_t left_ = 0;         // records still announced (magic 2)
  int64_t base_offset_ = 0;
  int64_t base_timestamp_ = 0;
  std::optional<int64_t> append_time_;
  Unreadable unreadable_ = Unreadable::no;
  std::string failure_;
  ScratchLease scratch_;
};

/// The offset of the first record: the base offset, but a compressed legacy set has to be opened for it.
Result<int64_t> first_offset(const AnyBatch& batch, size_t decompressed_limit = kDefaultDecompressedLimit);

}  // namespace meerkat::record
