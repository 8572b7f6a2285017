// Finding offsets by timestamp (ListOffsets).
#include <vector>

#include "record/record.h"
#include "storage/log.h"
#include "storage/log_state.h"

namespace meerkat::storage {

using wire::ErrorCode;

namespace {

/// The whole batch at a position, in `bytes`.
Result<record::AnyBatch> load_batch(Segment& segment, const BatchPosition& at, Bytes& bytes) {
  auto file = segment.file();
  if (!file) return file.failure();
  bytes.resize(static_cast<size_t>(at.size));
  auto got = (*file)->pread(bytes, at.position);
  if (!got) return got.failure();
  record::AnyBatch batch;
  if (*got != bytes.size() || record::peek(bytes, batch) != record::Peek::ok) {
    return fail("the batch at position " + std::to_string(at.position) + " of " + segment.path() + " is not readable");
  }
  batch.bytes = bytes;
  return batch;
}

/// The first record at or behind `from_offset` with a timestamp of at least `timestamp`.
Result<std::optional<TimestampOffset>> find_record(const record::AnyBatch& batch, int64_t timestamp,
                                                   int64_t from_offset) {
  record::RecordReader reader(batch);
  record::RecordView record;
  for (;;) {
    switch (reader.next(record)) {
      case record::Next::end:
        return std::optional<TimestampOffset>();
      case record::Next::malformed:
        return fail("the batch at offset " + std::to_string(batch.base_offset) +
                    " is not readable: " + reader.failure());
      case record::Next::record:
        if (record.timestamp >= timestamp && record.offset >= from_offset) {
          return std::optional<TimestampOffset>({record.timestamp, record.offset, batch.leader_epoch});
        }
    }
  }
}

Fail<wire::Failure> unreadable(const Error& error) {
  return wire::refuse(error.code == 0 ? ErrorCode::corrupt_message : ErrorCode::kafka_storage_error, error.message);
}

}  // namespace

wire::Outcome<std::optional<TimestampOffset>> Log::offset_for_timestamp(int64_t timestamp) {
  auto& s = *state_;
  std::vector<std::shared_ptr<Segment>> candidates;
  int64_t start = 0;
  {
    MutexLock lock(s.lock);
    if (s.failure) return wire::refuse(ErrorCode::kafka_storage_error, s.failure->message);
    start = s.log_start_offset;
    for (auto it = s.floor(start); it != s.segments.end(); ++it) candidates.push_back(it->second);
  }
  Bytes bytes;
  for (auto& segment : candidates) {
    if (segment->max_timestamp().timestamp < timestamp) continue;
    for (int64_t from = start;;) {
      auto found = segment->find_timestamp(timestamp, from);
      if (!found) return unreadable(found.error());
      if (!*found) break;
      auto batch = load_batch(*segment, **found, bytes);
      if (!batch) return unreadable(batch.error());
      auto record = find_record(*batch, timestamp, start);
      if (!record) return unreadable(record.error());
      if (*record) return *record;
      from = (*found)->last_offset + 1;  // the record that carried the timestamp is compacted away or before the start
    }
  }
  return std::optional<TimestampOffset>();
}

wire::Outcome<std::optional<TimestampOffset>> Log::offset_of_max_timestamp() {
  auto& s = *state_;
  std::shared_ptr<Segment> best;
  TimestampPosition max;
  {
    MutexLock lock(s.lock);
    if (s.failure) return wire::refuse(ErrorCode::kafka_storage_error, s.failure->message);
    for (auto& [base, segment] : s.segments) {
      auto candidate = segment->max_timestamp();
      if (candidate.timestamp > max.timestamp) {
        max = candidate;
        best = segment;
      }
    }
  }
  if (!best) return std::optional<TimestampOffset>();
  auto found = best->find(max.offset, best->size());
  if (!found) return unreadable(found.error());
  if (!*found) return std::optional<TimestampOffset>();
  Bytes bytes;
  auto batch = load_batch(*best, **found, bytes);
  if (!batch) return unreadable(batch.error());
  auto record = find_record(*batch, max.timestamp, 0);
  if (!record) return unreadable(record.error());
  return *record;
}

}  // namespace meerkat::storage
