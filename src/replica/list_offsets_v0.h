// ListOffsets v0: several offsets, taken from where segments begin rather than from timestamps of records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/file.h"
#include "replica/partition.h"

namespace meerkat::replica {

/// Up to `max_count` offsets, falling: the starts of segments last written at or before `timestamp` (-1: all, and the
/// log end; -2: only the first). A consumer sees the high watermark in place of what lies above it. Lists the
/// directory.
wire::Outcome<std::vector<int64_t>> offsets_before(const Partition& partition, int64_t timestamp, int32_t max_count,
                                                   bool from_consumer, bool only_leader,
                                                   FileSystem& fs = FileSystem::system());

}  // namespace meerkat::replica
