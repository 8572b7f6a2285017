// The files recovery-point-, replication-, log-start- and cleaner-offset-checkpoint of a log directory.
#pragma once

#include <map>
#include <string>

#include "base/file.h"
#include "base/topic_partition.h"

namespace meerkat::storage {

inline constexpr const char* kRecoveryPointFile = "recovery-point-offset-checkpoint";
inline constexpr const char* kHighWatermarkFile = "replication-offset-checkpoint";
inline constexpr const char* kLogStartFile = "log-start-offset-checkpoint";
inline constexpr const char* kCleanerFile = "cleaner-offset-checkpoint";

using PartitionOffsets = std::map<TopicPartition, int64_t>;

/// Missing files and files that cannot be read count as empty; the latter leave a warning in the log.
PartitionOffsets read_offset_checkpoint(FileSystem& fs, const std::string& path);
/// Atomic and durable.
Status write_offset_checkpoint(FileSystem& fs, const std::string& path, const PartitionOffsets& offsets);

}  // namespace meerkat::storage
