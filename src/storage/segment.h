// One segment of a log: a run of batches in a file, with its indexes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "record/batch.h"
#include "storage/offset_index.h"
#include "storage/open_files.h"
#include "storage/time_index.h"
#include "storage/transaction_index.h"

namespace meerkat::storage {

/// Where a batch lies in a segment, and what it spans.
struct BatchPosition {
  int64_t position = 0;
  int32_t size = 0;
  int64_t base_offset = 0;
  int64_t last_offset = 0;
};

/// Reading is thread-safe; writing, and what is marked "writer", belongs to the holder of the log's lock.
class Segment {
 public:
  /// The sizes of the files as they are; 0 for those to be made.
  struct Sizes {
    int64_t log = 0, index = 0, time_index = 0;
  };
  /// `suffix` follows the files' names: ".cleaned" for one that compaction is about to write.
  Segment(OpenFiles& pool, const std::string& dir, int64_t base_offset, const Sizes& sizes, int64_t now_ms,
          std::string_view suffix = "");

  int64_t base_offset() const { return base_offset_; }
  /// Tells segments apart that have the same base offset, one having replaced the other.
  uint64_t id() const { return id_; }
  /// Bytes of batches.
  int64_t size() const { return size_.load(std::memory_order_acquire); }
  Result<std::shared_ptr<File>> file() { return log_.get(); }
  TransactionIndex& txn_index() { return txn_index_; }
  /// Bytes of the index files once all is written.
  int64_t index_size() const { return offset_index_.count() * OffsetIndex::kEntrySize; }
  int64_t time_index_size() const { return time_index_.count() * TimeIndex::kEntrySize; }
  std::string path() const { return log_.path(); }

  // ---- Writer
  /// Writes bytes behind the last ones. After an error nothing of them is left, if `restored` is true.
  Status write(ByteView bytes, bool& restored);
  Status write(std::span<const ByteView> pieces, bool& restored);
  /// Takes a batch that has just been written at `position` into the indexes, if `interval` bytes ask for it.
  void index_batch(int64_t position, const record::AnyBatch& batch, int32_t interval);
  /// Whether an index holds as many entries as segment.index.bytes allows, or would with `more`.
  bool index_full(int32_t index_bytes, int64_t more = 0) const;
  /// Milliseconds that `now_ms`, or the message's timestamp, lies behind what the segment began with.
  int64_t waited_for_roll(int64_t now_ms, int64_t message_timestamp);
  /// Adds the last time index entry: no batch will follow.
  void end_writing();
  /// Drops the batch that contains `offset` and all behind it. Bytes dropped.
  Result<int64_t> truncate_to(int64_t offset);

  // ---- Reader
  /// The first batch whose last offset is `offset` or higher, looking no further than `limit` bytes.
  Result<std::optional<BatchPosition>> find(int64_t offset, int64_t limit, ReadFrom source = ReadFrom::disk);
  /// An index entry that lies behind `from` and not behind `to`: where a batch begins. Nothing if there is none.
  std::optional<int64_t> batch_boundary(int64_t from, int64_t to);
  /// The offset behind the last batch; an error if the end of the file is no batch.
  Result<int64_t> next_offset();
  /// The greatest timestamp and the last offset of its batch; timestamp -1 if there is none.
  TimestampPosition max_timestamp();
  /// The max timestamp of the first batch, -1 if there is none.
  int64_t first_timestamp();
  /// When the file was last written, wall ms.
  int64_t modified_ms();
  /// max_timestamp(), or when the file was written if records have no timestamps. For retention.
  int64_t largest_timestamp_or_mtime();
  /// The first batch with a max timestamp of at least `timestamp` that ends at or behind `from_offset`.
  Result<std::optional<BatchPosition>> find_timestamp(int64_t timestamp, int64_t from_offset);

  // ---- Files
  /// Reads all batches and makes the indexes anew; `on_batch` is called for each valid one. With `verify` checksums
  /// count, and the file is cut before the first batch that is not valid. Returns the bytes from there on.
  Result<int64_t> recover(int32_t index_interval, bool verify,
                          const std::function<void(const record::AnyBatch&)>& on_batch);
  /// Cheap checks of the index files against the segment.
  bool indexes_plausible();
  /// fsyncs the batches, and with `indexes` those, too.
  Status sync(bool indexes);
  /// Leaves exactly sized index files; one that cannot be written is removed, to be rebuilt at the next start.
  void write_out_indexes();
  void close();
  /// Moves the segment's files to another directory's name (the directory has been renamed).
  void set_dir(const std::string& dir);
  /// Gives the files another suffix behind their names (".swap", ".deleted", or none); the log file comes last.
  Status rename_files(std::string_view suffix);
  /// Unlinks the files under the names they have now.
  void remove_files();

 private:
  Result<std::optional<BatchPosition>> scan_for(const File& file, int64_t from, int64_t limit, int64_t offset,
                                                bool& index_lied, ReadFrom source);

  OpenFiles& pool_;
  const int64_t base_offset_;
  const uint64_t id_;
  std::string dir_;
  std::string suffix_;
  PooledFile log_;
  OffsetIndex offset_index_;
  TimeIndex time_index_;
  TransactionIndex txn_index_;
  std::atomic<int64_t> size_;
  const int64_t created_ms_;
  int64_t bytes_since_index_entry_ = 0;
  std::optional<int64_t> rolling_timestamp_;  // max timestamp of the first batch
  std::atomic<bool> timestamps_known_{false};
  mutable Mutex timestamp_mutex_;
  TimestampPosition max_timestamp_ GUARDED_BY(timestamp_mutex_);
};

}  // namespace meerkat::storage
