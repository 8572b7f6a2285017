// Reading from a log: finding the range of a file that answers a fetch.
#include <algorithm>
#include <cerrno>

#include "storage/log.h"
#include "storage/log_state.h"

namespace meerkat::storage {

using wire::ErrorCode;

namespace {

Fail<wire::Failure> out_of_range(const TopicPartition& tp, int64_t offset, int64_t start, int64_t end) {
  return wire::refuse(ErrorCode::offset_out_of_range, "offset " + std::to_string(offset) + " of " + tp.to_string() +
                                                          " is outside of [" + std::to_string(start) + ", " +
                                                          std::to_string(end) + "]");
}

/// How much of a segment a read gives.
struct Extent {
  int64_t length = 0;
  bool too_large = false;            // the first batch does not fit, and is cut off
  std::optional<int64_t> next_base;  // base offset of the batch behind the extent, if it was cut there
};

/// Cuts [position, position + available) down to `max_bytes`, at a batch boundary if the index knows one.
Result<Extent> cut(Segment& segment, const File& file, int64_t position, int64_t available, int32_t max_bytes,
                   bool min_one_message, ReadFrom source) {
  if (available <= max_bytes) return Extent{available, false, std::nullopt};
  if (auto boundary = segment.batch_boundary(position, position + max_bytes)) {
    const int64_t length = *boundary - position;
    uint8_t header[record::kHeaderUpToMagic];
    const auto got = file.pread(header, *boundary, source);
    // Not in the page cache: the index is taken at its word. The asking has begun to bring it in, for the next read.
    if (!got && got.error().code == EAGAIN) return Extent{length, false, std::nullopt};
    if (got && *got == sizeof header && header[record::kMagicAt] == record::kMagic2) {
      return Extent{length, false, load_be<int64_t>(header + record::kOffsetAt)};
    }
  }
  record::AnyBatch first;
  uint8_t header[record::kMaxHeaderSize];
  auto got = file.pread(header, position, source);
  if (!got) return got.failure();
  if (record::peek(ByteView(header, *got), first) != record::Peek::ok) {
    return fail("no valid batch at position " + std::to_string(position) + " of " + file.path());
  }
  if (first.size <= max_bytes) return Extent{max_bytes, false, std::nullopt};
  if (!min_one_message) return Extent{std::max(max_bytes, 0), true, std::nullopt};
  return Extent{std::min<int64_t>(first.size, available), false, std::nullopt};
}

}  // namespace

wire::Outcome<ReadResult> Log::read(int64_t offset, int32_t max_bytes, ReadBound bound, bool min_one_message,
                                    ReadFrom source) {
  auto& s = *state_;
  IoErrors errors(s);
  ReadResult result;
  std::shared_ptr<Segment> segment;
  int64_t limit = 0;                      // offsets from here on are not to be seen
  int64_t size = 0;                       // of the segment
  std::optional<int64_t> start_position;  // of the batch that contains `offset`
  std::optional<int64_t> end_position;    // of the batch that contains `limit`
  auto failed = [&](const Error& error) -> wire::Outcome<ReadResult> {
    if (source == ReadFrom::page_cache && error.code == EAGAIN) {
      result.cold = true;
      return result;
    }
    {
      MutexLock lock(s.lock);
      auto it = s.segments.find(segment->base_offset());
      if (it != s.segments.end() && it->second == segment) return errors.refuse(error);
    }
    return read(offset, max_bytes, bound, min_one_message, source);  // retention took the segment away meanwhile
  };

  for (int64_t wanted = offset;;) {
    {
      MutexLock lock(s.lock);
      result.log_start_offset = s.log_start_offset;
      result.log_end_offset = s.log_end_offset;
      result.high_watermark = s.high_watermark;
      result.last_stable_offset = s.last_stable_offset;
      if (s.failure) return wire::refuse(ErrorCode::kafka_storage_error, s.failure->message);
      if (offset < s.log_start_offset || offset > s.log_end_offset) {
        return out_of_range(s.tp, offset, s.log_start_offset, s.log_end_offset);
      }
      limit = bound == ReadBound::log_end          ? result.log_end_offset
              : bound == ReadBound::high_watermark ? result.high_watermark
                                                   : result.last_stable_offset;
      if (wanted >= limit) return result;
      auto it = s.floor(wanted);
      segment = it->second;
      size = segment->size();
      start_position = s.recent.find(wanted, *segment);
      auto next = std::next(it);
      bool ends_here = next == s.segments.end() || limit < next->first;
      if (!ends_here || limit == s.log_end_offset) {
        end_position = size;
      } else {
        end_position = s.recent.find(limit, *segment);
      }
    }
    if (!end_position) {
      auto found = segment->find(limit, size, source);
      if (!found) return failed(found.error());
      end_position = *found ? (*found)->position : size;
      MutexLock lock(s.lock);
      if (*found && (*found)->base_offset == limit) s.recent.add(limit, *segment, *end_position);
    }
    if (!start_position) {
      auto found = segment->find(wanted, *end_position, source);
      if (!found) return failed(found.error());
      if (*found) start_position = (*found)->position;
    }
    if (start_position) break;
    // Nothing at or behind `wanted` is left in this segment: compaction has emptied its end.
    MutexLock lock(s.lock);
    auto next = s.segments.upper_bound(segment->base_offset());
    if (next == s.segments.end()) return result;
    wanted = next->first;
  }
  if (*end_position <= *start_position) return result;

  auto file = segment->file();
  if (!file) return failed(file.error());
  auto extent =
      cut(*segment, **file, *start_position, *end_position - *start_position, max_bytes, min_one_message, source);
  if (!extent) return failed(extent.error());
  result.first_batch_too_large = extent->too_large;
  if (extent->length > 0) result.records = FileRange{*file, *start_position, extent->length};
  if (extent->next_base || bound == ReadBound::last_stable) {
    MutexLock lock(s.lock);
    if (extent->next_base) s.recent.add(*extent->next_base, *segment, *start_position + extent->length);
    if (bound == ReadBound::last_stable && extent->length > 0) {
      int64_t upper = extent->next_base.value_or(limit);
      std::vector<AbortedTxn> aborted;
      for (auto it = s.floor(offset); it != s.segments.end(); ++it) {
        if (it->second->txn_index().collect(offset, upper, aborted)) break;
      }
      for (auto& txn : aborted) result.aborted.push_back({txn.producer_id, txn.first_offset});
    }
  }
  return result;
}

int64_t Log::readable_bytes(int64_t offset, ReadBound bound, int64_t enough) const {
  auto& s = *state_;
  MutexLock lock(s.lock);
  int64_t limit = bound == ReadBound::log_end          ? s.log_end_offset
                  : bound == ReadBound::high_watermark ? s.high_watermark
                                                       : s.last_stable_offset;
  if (offset >= limit) return 0;
  auto& active = s.active();
  if (offset < active.base_offset()) return enough;
  auto from = s.recent.find(offset, active);
  if (!from) return enough;  // far behind: there is much
  auto to = limit == s.log_end_offset ? std::optional<int64_t>(active.size()) : s.recent.find(limit, active);
  return std::clamp<int64_t>(to.value_or(active.size()) - *from, 1, std::max<int64_t>(enough, 1));
}

wire::Outcome<Bytes> Log::read_bytes(int64_t offset, int32_t max_bytes, ReadBound bound) {
  auto found = read(offset, max_bytes, bound, true);
  if (!found) return found.failure();
  Bytes bytes(static_cast<size_t>(found->records.length));
  if (bytes.empty()) return bytes;
  auto got = found->records.file->pread(bytes, found->records.offset);
  if (!got) return wire::refuse(ErrorCode::kafka_storage_error, got.error().message);
  record::BatchRun run(ByteView(bytes).subspan(0, *got));
  record::AnyBatch batch;
  while (run.next(batch)) {
  }
  bytes.resize(run.consumed());
  return bytes;
}

}  // namespace meerkat::storage
