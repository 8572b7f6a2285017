#include "storage/cleaner_job.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>

#include "record/record.h"
#include "storage/batch_scan.h"

namespace meerkat::storage {

using record::AnyBatch;
using record::Next;

namespace {

using Segments = std::vector<std::shared_ptr<Segment>>;

Fail<Error> damaged(const Segment& segment, int64_t position) {
  return fail("no valid batch at position " + std::to_string(position) + " of " + segment.path());
}

}  // namespace

Status CleaningJob::go_on(int64_t bytes) {
  if (pace_(bytes)) return {};
  return fail("cleaning was stopped", ECANCELED);
}

// ---- The map

Result<size_t> CleaningJob::count_records(const Segments& dirty, int64_t from) {
  size_t count = 0;
  for (auto& segment : dirty) {
    auto file = segment->file();
    if (!file) return file.failure();
    BatchScan scan(**file, 0, segment->size(), 64 << 10);
    for (auto step = scan.next(); step == Scan::batch; step = scan.next()) {
      auto& batch = scan.batch();
      if (batch.last_offset < from || batch.control) continue;
      if (batch.magic < record::kMagic2 && batch.compressed()) return map_.capacity();
      count += batch.magic < record::kMagic2 ? 1 : static_cast<size_t>(std::max(batch.count, 0));
      if (count >= map_.capacity()) return map_.capacity();
    }
    if (auto done = go_on(0); !done) return done.failure();
  }
  return count;
}

Status CleaningJob::build_map(const CleaningPlan& plan) {
  auto dirty = log_.segments_before(plan.first_uncleanable_offset);
  auto next_base = [&](size_t i) {
    return i + 1 < dirty.size() ? dirty[i + 1]->base_offset() : plan.first_uncleanable_offset;
  };
  size_t first = 0;
  while (first < dirty.size() && next_base(first) <= plan.first_dirty_offset) ++first;
  dirty.erase(dirty.begin(), dirty.begin() + static_cast<std::ptrdiff_t>(first));

  auto records = count_records(dirty, plan.first_dirty_offset);
  if (!records) return records.failure();
  map_.reset(*records);

  CleanedTransactions transactions;
  transactions.add(log_.aborted_transactions(plan.first_dirty_offset, plan.first_uncleanable_offset));
  for (size_t i = 0; i < dirty.size(); ++i) {
    auto full = map_segment(*dirty[i], plan.first_dirty_offset, next_base(i), transactions);
    if (!full) return full.failure();
    if (*full) break;
  }
  stats_.keys = static_cast<int64_t>(map_.size());
  stats_.map_used = static_cast<double>(map_.size()) / static_cast<double>(std::max<size_t>(map_.capacity(), 1));
  if (map_.latest_offset() >= 0) return {};
  return fail("a batch has more keys than the cleaner's map can hold; raise log.cleaner.dedupe.buffer.size");
}

Result<bool> CleaningJob::map_segment(Segment& segment, int64_t from, int64_t next_base,
                                      CleanedTransactions& transactions) {
  auto file = segment.file();
  if (!file) return file.failure();
  auto start = segment.find(from, segment.size());
  if (!start) return start.failure();
  FullScan scan(**file, *start ? (*start)->position : segment.size(), segment.size());
  for (auto step = scan.next(); step != Scan::end; step = scan.next()) {
    if (step == Scan::failed) return fail(scan.error().message, scan.error().code);
    auto& batch = scan.batch();
    if (step == Scan::corrupt || !batch.crc_ok()) return damaged(segment, scan.position());
    if (batch.base_offset >= next_base) break;
    if (auto done = go_on(batch.size); !done) return done.failure();
    bool dropped = false;
    if (batch.control) {
      transactions.on_control(batch);
    } else {
      dropped = transactions.on_data(batch);
    }
    if (!batch.control && !dropped) {
      record::RecordReader reader(batch);
      record::RecordView record;
      auto next = Next::record;
      while ((next = reader.next(record)) == Next::record) {
        if (!record.key || record.offset < from) continue;
        if (!map_.put(*record.key, record.offset)) return true;
      }
      if (next == Next::malformed) {
        return fail("the batch at offset " + std::to_string(batch.base_offset) + " of " + segment.path() +
                    " is not readable: " + reader.failure());
      }
    }
    if (batch.last_offset >= from) map_.set_latest_offset(batch.last_offset);
  }
  // Where compaction has emptied the segment's end there is nothing more to read.
  map_.set_latest_offset(std::max(map_.latest_offset(), next_base - 1));
  return false;
}

// ---- Rewriting

Result<CleaningStats> CleaningJob::run(const CleaningPlan& plan) {
  stats_ = {};
  auto config = log_.config();
  int64_t truncations = log_.truncations();
  // A record may only make an older one superfluous that cannot be lost itself.
  if (auto done = log_.make_durable(); !done) return done.failure();
  if (auto done = build_map(plan); !done) return done.failure();
  stats_.end_offset = map_.latest_offset() + 1;

  auto segments = log_.segments_before(stats_.end_offset);
  std::vector<CleanableSegment> sizes;
  int64_t legacy_horizon_ms = 0;
  for (auto& segment : segments) {
    sizes.push_back({segment->base_offset(), segment->size(), segment->index_size(), segment->time_index_size()});
    if (segment->base_offset() < plan.first_dirty_offset) {
      legacy_horizon_ms = segment->modified_ms() - config->delete_retention_ms;
    }
  }
  auto traces = log_.producers();
  BatchRewriter rewriter({map_, traces, log_.now_ms(), config->delete_retention_ms});
  auto starts = group_segments(sizes, *config, plan.first_uncleanable_offset);
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    Segments group(segments.begin() + static_cast<std::ptrdiff_t>(starts[i]),
                   segments.begin() + static_cast<std::ptrdiff_t>(starts[i + 1]));
    // What was read before a truncation says nothing of what came in its place.
    if (log_.truncations() != truncations) return fail("the log was truncated meanwhile", ECANCELED);
    if (auto done = clean_group(group, legacy_horizon_ms, rewriter); !done) return done.failure();
  }
  if (log_.truncations() != truncations) return fail("the log was truncated meanwhile", ECANCELED);
  return stats_;
}

Status CleaningJob::clean_group(const Segments& group, int64_t legacy_horizon_ms, BatchRewriter& rewriter) {
  auto cleaned = log_.new_segment(group.front()->base_offset());
  if (!cleaned) return cleaned.failure();
  pending_.clear();
  auto rewrite = [&]() -> Status {
    for (auto& segment : group) {
      auto end = segment->next_offset();
      if (!end) return end.failure();
      rewriter.transactions().add(log_.aborted_transactions(segment->base_offset(), *end));
      bool keep = segment->modified_ms() > legacy_horizon_ms;
      if (auto done = clean_into(**cleaned, *segment, keep, rewriter); !done) return done;
    }
    if (auto done = write_out(**cleaned); !done) return done;
    (*cleaned)->end_writing();
    return {};
  };
  if (auto done = rewrite(); !done) {
    log_.discard(*cleaned);
    return done;
  }
  return log_.replace(group, *cleaned);
}

Status CleaningJob::clean_into(Segment& cleaned, Segment& source, bool keep_legacy_tombstones,
                               BatchRewriter& rewriter) {
  auto file = source.file();
  if (!file) return file.failure();
  FullScan scan(**file, 0, source.size());
  int64_t last_offset = source.base_offset() - 1;
  for (auto step = scan.next(); step != Scan::end; step = scan.next()) {
    if (step == Scan::failed) return fail(scan.error().message, scan.error().code);
    auto& batch = scan.batch();
    // Offsets lie outside of the checksum.
    bool in_order = step != Scan::corrupt && batch.base_offset > last_offset &&
                    batch.last_offset >= batch.base_offset && batch.last_offset - source.base_offset() <= INT32_MAX;
    if (!in_order || !batch.crc_ok()) return damaged(source, scan.position());
    last_offset = batch.last_offset;
    if (auto done = go_on(batch.size); !done) return done;
    stats_.bytes_read += batch.size;
    std::optional<AbortedTxn> aborted;
    auto kept = rewriter.rewrite(batch, keep_legacy_tombstones, rewritten_, aborted);
    if (!kept) return fail(kept.error().message + " (" + source.path() + ")", kept.error().code);
    if (aborted) {
      if (auto done = cleaned.txn_index().append(*aborted); !done) return done;
    }
    if (*kept == BatchRewriter::Keep::nothing) continue;
    ByteView bytes = *kept == BatchRewriter::Keep::rewritten ? ByteView(rewritten_) : batch.bytes;
    if (auto done = add(cleaned, bytes); !done) return done;
  }
  return {};
}

Status CleaningJob::add(Segment& cleaned, ByteView batch) {
  pending_.insert(pending_.end(), batch.begin(), batch.end());
  return pending_.size() >= io_buffer_size_ ? write_out(cleaned) : Status();
}

Status CleaningJob::write_out(Segment& cleaned) {
  if (pending_.empty()) return {};
  int64_t position = cleaned.size();
  bool restored = true;
  if (auto done = cleaned.write(pending_, restored); !done) return done;
  AnyBatch batch;
  auto interval = log_.config()->index_interval_bytes;
  for (record::BatchRun run(pending_); run.next(batch); position += batch.size) {
    cleaned.index_batch(position, batch, interval);
  }
  auto written = static_cast<int64_t>(pending_.size());
  stats_.bytes_written += written;
  pending_.clear();
  return go_on(written);
}

}  // namespace meerkat::storage
