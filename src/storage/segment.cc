#include "storage/segment.h"

#include <glog/logging.h>

#include "base/gathered_write.h"
#include "storage/batch_scan.h"
#include "storage/segment_files.h"

namespace meerkat::storage {

using record::AnyBatch;

namespace {

/// A segment of more bytes than this without any index entry has lost its index, or holds one or two giant batches.
constexpr int64_t kUnindexedAtMost = 1 << 20;

uint64_t next_id() {
  static std::atomic<uint64_t> next{1};
  return next++;
}

}  // namespace

Segment::Segment(OpenFiles& pool, const std::string& dir, int64_t base_offset, const Sizes& sizes, int64_t now_ms,
                 std::string_view suffix)
    : pool_(pool),
      base_offset_(base_offset),
      id_(next_id()),
      dir_(dir),
      suffix_(suffix),
      log_(pool, segment_path(dir, base_offset, kLogSuffix) + suffix_, OpenMode::read_write),
      offset_index_(pool, segment_path(dir, base_offset, kIndexSuffix) + suffix_, base_offset,
                    sizes.index / OffsetIndex::kEntrySize),
      time_index_(pool, segment_path(dir, base_offset, kTimeIndexSuffix) + suffix_, base_offset,
                  sizes.time_index / TimeIndex::kEntrySize),
      txn_index_(pool.fs(), segment_path(dir, base_offset, kTxnIndexSuffix) + suffix_),
      size_(sizes.log),
      created_ms_(now_ms),
      timestamps_known_(sizes.log == 0) {}

// ---- Writer

Status Segment::write(ByteView bytes, bool& restored) { return write({&bytes, 1}, restored); }

Status Segment::write(std::span<const ByteView> pieces, bool& restored) {
  restored = true;
  auto file = log_.get();
  if (!file) return file.failure();
  int64_t end = size(), bytes = 0;
  for (auto& piece : pieces) bytes += static_cast<int64_t>(piece.size());
  if (auto done = write_gathered(**file, pieces, end); !done) {
    restored = (*file)->truncate(end).ok();
    return done;
  }
  size_.store(end + bytes, std::memory_order_release);
  return {};
}

void Segment::index_batch(int64_t position, const AnyBatch& batch, int32_t interval) {
  if (position == 0) rolling_timestamp_ = batch.max_timestamp;
  auto max = max_timestamp();
  if (batch.max_timestamp > max.timestamp) {
    max = {batch.max_timestamp, batch.last_offset};
    MutexLock lock(timestamp_mutex_);
    max_timestamp_ = max;
  }
  if (bytes_since_index_entry_ > interval) {
    offset_index_.append(batch.last_offset, position);
    time_index_.append(max.timestamp, max.offset);
    bytes_since_index_entry_ = 0;
  }
  bytes_since_index_entry_ += batch.size;
}

bool Segment::index_full(int32_t index_bytes, int64_t more) const {
  return offset_index_.count() + more >= index_bytes / OffsetIndex::kEntrySize ||
         time_index_.count() + more >= index_bytes / TimeIndex::kEntrySize;
}

int64_t Segment::waited_for_roll(int64_t now_ms, int64_t message_timestamp) {
  if (!rolling_timestamp_ && size() > 0) rolling_timestamp_ = first_timestamp();
  if (rolling_timestamp_.value_or(-1) >= 0) return message_timestamp - *rolling_timestamp_;
  return now_ms - created_ms_;
}

void Segment::end_writing() {
  auto max = max_timestamp();
  if (max.timestamp >= 0) time_index_.append(max.timestamp, max.offset);
}

Result<int64_t> Segment::truncate_to(int64_t offset) {
  auto found = find(offset, size());
  if (!found) return found.failure();
  if (!*found) return int64_t{0};
  int64_t keep = (*found)->position, cut = size() - keep;
  auto file = log_.get();
  if (!file) return file.failure();
  if (auto done = offset_index_.truncate_to_offset(offset); !done) return done.failure();
  if (auto done = time_index_.truncate_to_offset(offset); !done) return done.failure();
  if (auto done = txn_index_.truncate_to_offset(offset); !done) return done.failure();
  if (auto done = (*file)->truncate(keep); !done) return done.failure();
  size_.store(keep, std::memory_order_release);
  bytes_since_index_entry_ = 0;
  if (keep == 0) rolling_timestamp_.reset();

  // The time index may say less than what is left: batches behind its last entry count, too.
  auto max = time_index_.last();
  TimestampPosition known = max ? *max : TimestampPosition{-1, base_offset_};
  auto from = offset_index_.lookup(known.offset);
  BatchScan scan(**file, from ? from->position : 0, keep);
  while (scan.next() == Scan::batch) {
    if (scan.batch().max_timestamp > known.timestamp) known = {scan.batch().max_timestamp, scan.batch().last_offset};
  }
  MutexLock lock(timestamp_mutex_);
  max_timestamp_ = known.timestamp < 0 ? TimestampPosition{} : known;
  timestamps_known_ = true;
  return cut;
}

// ---- Reader

Result<std::optional<BatchPosition>> Segment::scan_for(const File& file, int64_t from, int64_t limit, int64_t offset,
                                                       bool& index_lied, ReadFrom source) {
  BatchScan scan(file, from, limit, BatchScan::kChunk, source);
  bool first = true;
  for (;;) {
    switch (scan.next()) {
      case Scan::end:
        return std::optional<BatchPosition>();
      case Scan::failed:
        return fail(scan.error().message, scan.error().code);
      case Scan::corrupt:
        index_lied = first && from > 0;
        if (index_lied) return std::optional<BatchPosition>();
        return fail("no valid batch at position " + std::to_string(scan.position()) + " of " + log_.path());
      case Scan::batch:
        break;
    }
    auto& batch = scan.batch();
    if (first && from > 0 && (batch.base_offset > offset || batch.base_offset < base_offset_)) {
      index_lied = true;
      return std::optional<BatchPosition>();
    }
    first = false;
    if (batch.last_offset >= offset) {
      return std::optional<BatchPosition>({scan.position(), batch.size, batch.base_offset, batch.last_offset});
    }
  }
}

Result<std::optional<BatchPosition>> Segment::find(int64_t offset, int64_t limit, ReadFrom source) {
  auto file = log_.get();
  if (!file) return file.failure();
  auto start = offset_index_.lookup(offset);
  bool index_lied = !start || start->position < 0 || start->position > size();
  if (!index_lied && start->position >= limit) return std::optional<BatchPosition>();
  if (!index_lied) {
    auto found = scan_for(**file, start->position, limit, offset, index_lied, source);
    if (!index_lied) return found;
  }
  LOG(WARNING) << "the offset index of " << log_.path() << " does not fit the segment; reading from its beginning";
  bool from_start = false;
  return scan_for(**file, 0, limit, offset, from_start, source);
}

std::optional<int64_t> Segment::batch_boundary(int64_t from, int64_t to) {
  auto entry = offset_index_.lookup_position(to);
  if (!entry || entry->position <= from || entry->position > to) return std::nullopt;
  return entry->position;
}

Result<int64_t> Segment::next_offset() {
  auto file = log_.get();
  if (!file) return file.failure();
  auto start = offset_index_.lookup(INT64_MAX);
  int64_t next = base_offset_;
  BatchScan scan(**file, start ? start->position : 0, size());
  for (;;) {
    auto step = scan.next();
    if (step == Scan::end) return next;
    if (step == Scan::failed) return fail(scan.error().message, scan.error().code);
    if (step == Scan::corrupt || scan.batch().last_offset < next) {
      return fail("no valid batch at position " + std::to_string(scan.position()) + " of " + log_.path());
    }
    next = scan.batch().last_offset + 1;
  }
}

TimestampPosition Segment::max_timestamp() {
  if (!timestamps_known_) {
    auto last = time_index_.last();
    MutexLock lock(timestamp_mutex_);
    if (!timestamps_known_ && last && last->timestamp >= 0) max_timestamp_ = *last;
    timestamps_known_ = true;
  }
  MutexLock lock(timestamp_mutex_);
  return max_timestamp_;
}

int64_t Segment::largest_timestamp_or_mtime() {
  auto max = max_timestamp().timestamp;
  return max >= 0 ? max : modified_ms();
}

int64_t Segment::modified_ms() {
  auto modified = pool_.fs().modified_ms(log_.path());
  return modified ? *modified : created_ms_;
}

int64_t Segment::first_timestamp() {
  auto file = log_.get();
  if (!file) return -1;
  BatchScan scan(**file, 0, size(), record::kMaxHeaderSize);
  return scan.next() == Scan::batch ? scan.batch().max_timestamp : -1;
}

Result<std::optional<BatchPosition>> Segment::find_timestamp(int64_t timestamp, int64_t from_offset) {
  auto file = log_.get();
  if (!file) return file.failure();
  auto entry = time_index_.lookup(timestamp);
  // The entry's batch may carry exactly the timestamp, and an earlier one, too; entries before it are all lower.
  auto start =
      offset_index_.lookup(std::max(entry && entry->timestamp >= 0 ? entry->offset : base_offset_, from_offset));
  int64_t from = start && start->position >= 0 && start->position < size() ? start->position : 0;
  for (;;) {
    BatchScan scan(**file, from, size());
    auto step = scan.next();
    if (step == Scan::corrupt && from > 0) {  // the indexes lie
      from = 0;
      continue;
    }
    for (; step == Scan::batch; step = scan.next()) {
      auto& batch = scan.batch();
      if (batch.max_timestamp >= timestamp && batch.last_offset >= from_offset) {
        return std::optional<BatchPosition>({scan.position(), batch.size, batch.base_offset, batch.last_offset});
      }
    }
    if (step == Scan::end) return std::optional<BatchPosition>();
    if (step == Scan::failed) return fail(scan.error().message, scan.error().code);
    return fail("no valid batch at position " + std::to_string(scan.position()) + " of " + log_.path());
  }
}

// ---- Files

Result<int64_t> Segment::recover(int32_t index_interval, bool verify,
                                 const std::function<void(const AnyBatch&)>& on_batch) {
  auto file = log_.get();
  if (!file) return file.failure();
  if (auto done = offset_index_.clear(); !done) return done.failure();
  if (auto done = time_index_.clear(); !done) return done.failure();
  if (auto done = txn_index_.truncate_to_offset(base_offset_); !done) return done.failure();
  {
    MutexLock lock(timestamp_mutex_);
    max_timestamp_ = {};
    timestamps_known_ = true;
  }
  bytes_since_index_entry_ = 0;
  rolling_timestamp_.reset();
  FullScan scan(**file, 0, size());
  int64_t last_offset = base_offset_ - 1, valid = 0;
  for (;;) {
    auto step = scan.next();
    if (step == Scan::failed) return fail(scan.error().message, scan.error().code);
    if (step != Scan::batch) break;
    auto& batch = scan.batch();
    bool in_order = batch.base_offset > last_offset && batch.last_offset >= batch.base_offset;
    if (!in_order || (verify && !batch.crc_ok())) break;
    on_batch(batch);
    index_batch(scan.position(), batch, index_interval);
    last_offset = batch.last_offset;
    valid = scan.position() + batch.size;
  }
  int64_t cut = size() - valid;
  if (cut > 0 && verify) {
    if (auto done = (*file)->truncate(valid); !done) return done.failure();
    size_.store(valid, std::memory_order_release);
  }
  return cut;
}

bool Segment::indexes_plausible() {
  if (!offset_index_.plausible(size()) || !time_index_.plausible()) return false;
  if (offset_index_.count() == 0 && size() > kUnindexedAtMost) return false;
  if (time_index_.count() > 0 || size() == 0) return true;
  // A segment that has been closed has a time index entry, unless its records have no timestamps.
  auto file = log_.get();
  if (!file) return true;
  BatchScan scan(**file, 0, size(), record::kMaxHeaderSize);
  return scan.next() != Scan::batch || scan.batch().max_timestamp < 0;
}

Status Segment::sync(bool indexes) {
  auto file = log_.get();
  if (!file) return file.failure();
  if (auto done = (*file)->sync(); !done) return done;
  if (!indexes) return {};
  if (auto done = offset_index_.entries().sync(); !done) return done;
  if (auto done = time_index_.entries().sync(); !done) return done;
  return txn_index_.sync();
}

void Segment::write_out_indexes() {
  for (auto* entries : {&offset_index_.entries(), &time_index_.entries()}) {
    if (auto done = entries->write_out(); !done) {
      LOG(WARNING) << done.error().message << "; removing " << entries->path() << ", it will be rebuilt";
      entries->close();
      [[maybe_unused]] auto removed = pool_.fs().remove(entries->path());
    }
  }
}

void Segment::close() {
  log_.close();
  offset_index_.entries().close();
  time_index_.entries().close();
}

void Segment::set_dir(const std::string& dir) {
  dir_ = dir;
  log_.set_path(segment_path(dir, base_offset_, kLogSuffix) + suffix_);
  offset_index_.entries().set_path(segment_path(dir, base_offset_, kIndexSuffix) + suffix_);
  time_index_.entries().set_path(segment_path(dir, base_offset_, kTimeIndexSuffix) + suffix_);
  txn_index_.set_path(segment_path(dir, base_offset_, kTxnIndexSuffix) + suffix_);
}

Status Segment::rename_files(std::string_view suffix) {
  suffix_ = suffix;
  auto path = [&](std::string_view kind) { return segment_path(dir_, base_offset_, kind) + suffix_; };
  if (auto done = offset_index_.entries().rename(path(kIndexSuffix)); !done) return done;
  if (auto done = time_index_.entries().rename(path(kTimeIndexSuffix)); !done) return done;
  if (auto done = txn_index_.rename(path(kTxnIndexSuffix)); !done) return done;
  return log_.rename(path(kLogSuffix));
}

void Segment::remove_files() {
  auto& fs = pool_.fs();
  for (auto& path : {log_.path(), offset_index_.entries().path(), time_index_.entries().path(), txn_index_.path()}) {
    if (!fs.exists(path)) continue;
    if (auto done = fs.remove(path); !done) LOG(WARNING) << done.error().message;
  }
}

}  // namespace meerkat::storage
