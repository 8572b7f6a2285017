#include "storage/cleaner_rewrite.h"

#include "record/builder.h"

namespace meerkat::storage {

using record::AnyBatch;
using record::Next;
using record::RecordReader;
using record::RecordView;

namespace {

Fail<Error> unreadable(const AnyBatch& batch, const std::string& why) {
  return fail("the batch at offset " + std::to_string(batch.base_offset) + " is not readable: " + why);
}

/// The options that keep everything of a batch's header.
record::BatchOptions same_header(const AnyBatch& batch) {
  record::BatchOptions options;
  options.codec = batch.codec;
  options.base_offset = batch.base_offset;
  options.leader_epoch = batch.leader_epoch;
  options.timestamp_type = batch.timestamp_type;
  options.log_append_time_ms = batch.max_timestamp;
  options.producer_id = batch.producer_id;
  options.producer_epoch = batch.producer_epoch;
  options.base_sequence = batch.base_sequence;
  options.transactional = batch.transactional;
  options.control = batch.control;
  options.delete_horizon_ms = batch.delete_horizon_ms;
  return options;
}

/// A header without records, for the sake of its producer's sequence numbers.
Bytes emptied(const AnyBatch& batch) {
  auto options = same_header(batch);
  options.delete_horizon_ms.reset();
  record::BatchBuilder builder(options);
  builder.override_last_offset(batch.last_offset);
  Bytes bytes = builder.build();
  record::MutableBatch empty{MutableBytes(bytes)};
  empty.set_max_timestamp(batch.max_timestamp);
  empty.refresh_crc();
  return bytes;
}

}  // namespace

BatchRewriter::Verdict BatchRewriter::judge(const AnyBatch& batch, std::optional<AbortedTxn>& aborted) {
  Verdict verdict;
  if (batch.control) {
    auto marker = transactions_.on_control(batch);
    aborted = marker.aborted;
    verdict.marker_of_nothing = marker.discardable;
    verdict.drop_records = marker.discardable && batch.delete_horizon_ms && *batch.delete_horizon_ms <= rules_.now_ms;
  } else {
    verdict.drop_records = transactions_.on_data(batch);
  }
  if (!batch.has_producer_id()) return verdict;
  auto trace = rules_.producers.find(batch.producer_id);
  if (trace == rules_.producers.end()) return verdict;
  auto& last = trace->second.last_data_offset;
  verdict.keep_empty =
      last ? batch.last_offset == *last : batch.control && batch.producer_epoch == trace->second.producer_epoch;
  return verdict;
}

bool BatchRewriter::keeps(const AnyBatch& batch, const RecordView& record, bool keep_legacy_tombstones) const {
  if (record.offset > rules_.map.latest_offset()) return true;
  if (!record.key || record.offset < rules_.map.get(*record.key)) return false;
  if (record.value) return true;
  if (batch.magic < record::kMagic2) return keep_legacy_tombstones;
  return !batch.delete_horizon_ms || rules_.now_ms < *batch.delete_horizon_ms;
}

Result<BatchRewriter::Keep> BatchRewriter::rewrite_v2(const AnyBatch& batch, const Verdict& verdict, Bytes& out) {
  // Most batches stay or go whole: nothing is built before that is known.
  int32_t kept = 0;
  bool tombstones = false;
  if (!verdict.drop_records) {
    RecordReader reader(batch);
    RecordView record;
    auto step = Next::record;
    int64_t last_offset = batch.base_offset - 1;
    while ((step = reader.next(record)) == Next::record) {
      if (record.offset <= last_offset || record.offset > batch.last_offset) {
        return unreadable(batch, "its records' offsets do not rise");
      }
      last_offset = record.offset;
      if (!batch.control && !keeps(batch, record, true)) continue;
      ++kept;
      tombstones |= !record.value;
    }
    if (step == Next::malformed) return unreadable(batch, reader.failure());
  }
  if (kept == 0) {
    if (!verdict.keep_empty) return Keep::nothing;
    if (batch.count == 0) return Keep::as_it_is;
    out = emptied(batch);
    return Keep::rewritten;
  }
  bool begin_horizon = (tombstones || verdict.marker_of_nothing) && !batch.delete_horizon_ms;
  if (kept == batch.count && !begin_horizon) return Keep::as_it_is;
  auto options = same_header(batch);
  if (begin_horizon) options.delete_horizon_ms = rules_.now_ms + rules_.delete_retention_ms;
  record::BatchBuilder builder(options);
  RecordReader reader(batch);
  RecordView record;
  while (reader.next(record) == Next::record) {
    if (!batch.control && !keeps(batch, record, true)) continue;
    builder.append_raw_headers(record.offset, record.timestamp, record.key, record.value, record.raw_headers);
  }
  builder.override_last_offset(batch.last_offset);
  out = builder.build();
  return Keep::rewritten;
}

Result<BatchRewriter::Keep> BatchRewriter::rewrite_legacy(const AnyBatch& batch, bool keep_tombstones, Bytes& out) {
  if (batch.codec > record::Codec::lz4) return unreadable(batch, "its codec does not exist in its format");
  bool all = true;
  int64_t last_offset = -1;
  record::LegacySetBuilder builder(batch.magic, batch.codec, batch.timestamp_type, batch.max_timestamp);
  RecordReader reader(batch);
  RecordView record;
  auto step = Next::record;
  while ((step = reader.next(record)) == Next::record) {
    if (record.offset <= last_offset) return unreadable(batch, "its messages' offsets do not rise");
    last_offset = record.offset;
    if (keeps(batch, record, keep_tombstones)) {
      all &= record.magic == batch.magic;
      builder.append_at(record.offset, record.timestamp, record.key, record.value);
    } else {
      all = false;
    }
  }
  if (step == Next::malformed) return unreadable(batch, reader.failure());
  if (builder.count() == 0) return Keep::nothing;
  if (all) return Keep::as_it_is;
  out = builder.build();
  return Keep::rewritten;
}

Result<BatchRewriter::Keep> BatchRewriter::rewrite(const AnyBatch& batch, bool keep_legacy_tombstones, Bytes& out,
                                                   std::optional<AbortedTxn>& aborted) {
  aborted.reset();
  auto verdict = judge(batch, aborted);
  if (batch.magic < record::kMagic2) return rewrite_legacy(batch, keep_legacy_tombstones, out);
  return rewrite_v2(batch, verdict, out);
}

}  // namespace meerkat::storage
