#include "replica/list_offsets_v0.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace meerkat::replica {

using wire::ErrorCode;
using wire::Outcome;

namespace {

/// The log end, as if it were a segment's start: newer than any time that can be asked for.
constexpr int64_t kNow = std::numeric_limits<int64_t>::max();

struct Start {
  int64_t offset = 0;
  int64_t modified_ms = 0;
};

/// The segments of a partition directory, by rising offset.
Result<std::vector<Start>> segment_starts(FileSystem& fs, const storage::Log& log) {
  constexpr std::string_view kSuffix = ".log";
  const std::string dir = log.path();
  auto entries = fs.list(dir);
  if (!entries) return entries.failure();
  std::vector<Start> starts;
  for (const auto& entry : *entries) {
    const std::string_view name = entry.name;
    if (!name.ends_with(kSuffix)) continue;
    Start start;
    const char* end = name.data() + name.size() - kSuffix.size();
    if (std::from_chars(name.data(), end, start.offset).ptr != end) continue;
    auto modified = fs.modified_ms(dir + "/" + entry.name);
    if (!modified) continue;  // deleted by retention just now
    start.modified_ms = *modified;
    starts.push_back(start);
  }
  std::sort(starts.begin(), starts.end(), [](const Start& a, const Start& b) { return a.offset < b.offset; });
  return starts;
}

}  // namespace

Outcome<std::vector<int64_t>> offsets_before(const Partition& partition, int64_t timestamp, int32_t max_count,
                                             bool from_consumer, bool only_leader, FileSystem& fs) {
  auto log = partition.readable_log(only_leader);
  if (!log) return log.failure();
  auto starts = segment_starts(fs, **log);
  if (!starts) return wire::refuse(ErrorCode::kafka_storage_error, starts.error().message);
  const int64_t log_start = (*log)->log_start_offset();
  const int64_t log_end = (*log)->log_end_offset();
  for (auto& start : *starts) start.offset = std::max(start.offset, log_start);
  if (starts->empty() || starts->back().offset < log_end) {
    starts->push_back({log_end, kNow});
  }

  size_t count = starts->size();
  if (timestamp == -2) {
    count = 1;
  } else if (timestamp >= 0) {
    while (count > 0 && (*starts)[count - 1].modified_ms > timestamp) --count;
  }
  std::vector<int64_t> offsets;
  for (size_t i = count; i > 0 && static_cast<int64_t>(offsets.size()) < max_count; --i) {
    offsets.push_back((*starts)[i - 1].offset);
  }
  const int64_t high_watermark = (*log)->high_watermark();
  if (from_consumer && !offsets.empty() && offsets.front() > high_watermark) {
    std::erase_if(offsets, [&](int64_t offset) { return offset > high_watermark; });
    offsets.insert(offsets.begin(), high_watermark);
  }
  return offsets;
}

}  // namespace meerkat::replica
