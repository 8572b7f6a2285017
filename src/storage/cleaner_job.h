// One cleaning of one log: the map of its dirty part, then segment after segment rewritten by it (design of Kafka's
// log cleaner; KIP-58, KIP-354, KIP-534).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/cleaner_log.h"
#include "storage/cleaner_map.h"
#include "storage/cleaner_plan.h"
#include "storage/cleaner_rewrite.h"
#include "storage/log.h"

namespace meerkat::storage {

struct CleaningStats {
  int64_t bytes_read = 0;     // of segments that were rewritten
  int64_t bytes_written = 0;  // of what took their place
  int64_t keys = 0;
  double map_used = 0;     // share of the room for keys
  int64_t end_offset = 0;  // the log is clean up to here
};

/// Belongs to one thread.
class CleaningJob {
 public:
  /// Called after each chunk with the bytes read or written; waits as the throttle asks. False: stop.
  using Pace = std::function<bool(int64_t bytes)>;

  CleaningJob(std::shared_ptr<Log> log, OffsetMap& map, size_t io_buffer_size, Pace pace)
      : log_(std::move(log)), map_(map), io_buffer_size_(io_buffer_size), pace_(std::move(pace)) {}

  /// Error codes: ECANCELED when stopped or overtaken by a change of the log; 0 when a batch cannot be read, or the map
  /// is too small for one; an errno when the disk fails. Nothing half done is left in any case but the last.
  Result<CleaningStats> run(const CleaningPlan& plan);

 private:
  Status build_map(const CleaningPlan& plan);
  /// Reads a segment into the map. Whether the map is full.
  Result<bool> map_segment(Segment& segment, int64_t from, int64_t next_base, CleanedTransactions& transactions);
  /// How many records the dirty part has at most, up to what the map can hold.
  Result<size_t> count_records(const std::vector<std::shared_ptr<Segment>>& dirty, int64_t from);
  Status clean_group(const std::vector<std::shared_ptr<Segment>>& group, int64_t legacy_horizon_ms,
                     BatchRewriter& rewriter);
  Status clean_into(Segment& cleaned, Segment& source, bool keep_legacy_tombstones, BatchRewriter& rewriter);
  Status add(Segment& cleaned, ByteView batch);
  Status write_out(Segment& cleaned);
  Status go_on(int64_t bytes);

  LogCompaction log_;
  OffsetMap& map_;
  const size_t io_buffer_size_;
  const Pace pace_;
  CleaningStats stats_;
  Bytes pending_;  // batches to be written
  Bytes rewritten_;
};

}  // namespace meerkat::storage
