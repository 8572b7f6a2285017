// Walks the batches of a segment file by their headers, or with all their bytes.
#pragma once

#include <cstdint>
#include <memory>

#include "base/file.h"
#include "record/batch.h"
#include "storage/read_ahead.h"

namespace meerkat::storage {

/// How a step ended.
enum class Scan {
  batch,
  end,      // the range ends behind the last complete batch
  corrupt,  // what lies at position() is no batch, or not all of it is there
  failed,   // the file could not be read; error() says why
};

/// Reads headers in chunks: a run of small batches costs a system call a chunk, large ones one each. Header facts only,
/// so the batches' `bytes` are not whole; load() gets them.
class BatchScan {
 public:
  static constexpr size_t kChunk = 4096;
  /// Scans [from, to) of `file`, which must outlive it.
  BatchScan(const File& file, int64_t from, int64_t to, size_t chunk = kChunk, ReadFrom source = ReadFrom::disk);

  Scan next();
  /// The batch that next() gave. `bytes` is at least its header.
  const record::AnyBatch& batch() const { return batch_; }
  /// Where it lies; after `end` and `corrupt`, where the scan stopped.
  int64_t position() const { return position_; }
  /// The same batch with all its bytes, valid until the next call of anything.
  Result<record::AnyBatch> load();
  const Error& error() const { return error_; }

 private:
  const File& file_;
  int64_t position_;
  int64_t next_;
  const int64_t end_;
  const size_t chunk_;
  const ReadFrom source_;
  Bytes buffer_;  // bytes of the file from buffer_at_ on
  int64_t buffer_at_ = 0;
  record::AnyBatch batch_;
  Bytes whole_;
  Error error_;
};

/// Reads whole batches, sequentially and much at a time: for recovery.
class FullScan {
 public:
  FullScan(const File& file, int64_t from, int64_t to);
  /// batch() is whole; its CRC is the caller's matter.
  Scan next();
  const record::AnyBatch& batch() const { return batch_; }
  int64_t position() const { return position_; }
  const Error& error() const { return error_; }

 private:
  bool fill(size_t wanted);
  Result<ByteView> read_more(size_t wanted);

  const File& file_;
  int64_t position_;
  int64_t next_;
  const int64_t end_;
  std::unique_ptr<ReadAhead> ahead_;  // of a large range
  Bytes buffer_;                      // else
  ByteView window_;                   // what has been read of the file from next_ on
  record::AnyBatch batch_;
  Error error_;
};

}  // namespace meerkat::storage
