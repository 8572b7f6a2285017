#include "group/lag.h"

#include <algorithm>

#include "record/batch.h"
#include "record/record.h"
#include "replica/partition.h"

namespace meerkat::group {

std::optional<PartitionEnd> ReplicaEnds::end(const TopicPartition& partition, int64_t offset) {
  const auto map = replicas_.partitions.current();
  auto hosted = replica::hosted_partition(replicas_, *map, partition.topic, partition.partition);
  if (!hosted) return std::nullopt;
  auto log = (*hosted)->readable_log(false);
  if (!log) return std::nullopt;
  PartitionEnd end;
  end.high_watermark = (*log)->high_watermark();
  const int64_t from = std::max(offset, (*log)->log_start_offset());
  if (from >= end.high_watermark) return end;
  constexpr int32_t kOneBatch = 1;  // a batch comes whole whatever its size
  auto bytes = (*log)->read_bytes(from, kOneBatch, storage::ReadBound::high_watermark);
  if (!bytes) return end;
  record::AnyBatch batch;
  record::BatchRun run(*bytes);
  while (run.next(batch)) {
    record::RecordReader reader(batch);
    record::RecordView record;
    while (reader.next(record) == record::Next::record) {
      if (record.offset < from) continue;
      if (record.timestamp >= 0) end.unread_since_ms = record.timestamp;
      return end;
    }
  }
  return end;
}

std::vector<GroupLag> lags_of(const std::vector<GroupOffset>& offsets, PartitionEnds& ends, int64_t now_ms) {
  std::vector<GroupLag> lags;
  for (const GroupOffset& offset : offsets) {
    const auto end = ends.end(offset.partition, offset.committed);
    if (!end) continue;
    GroupLag lag{offset, end->high_watermark, std::max<int64_t>(end->high_watermark - offset.committed, 0), 0};
    if (lag.records > 0 && end->unread_since_ms) {
      lag.seconds = static_cast<double>(std::max<int64_t>(now_ms - *end->unread_since_ms, 0)) / 1000;
    }
    lags.push_back(std::move(lag));
  }
  return lags;
}

}  // namespace meerkat::group
