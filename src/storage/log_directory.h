// One of log.dirs: what its sub-directories are called, its checkpoints and its marks.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "base/topic_partition.h"
#include "base/uuid.h"

namespace meerkat::storage {

enum class DirKind {
  log,      // topic-0
  deleted,  // topic-0.<32 hex>-delete: waits for removal
  future,   // topic-0.<32 hex>-future: being copied from another log directory
  stray,    // topic-0.<32 hex>-stray: set aside, not served
  ignored,  // not a partition's, but known
};

struct PartitionDir {
  DirKind kind = DirKind::log;
  TopicPartition tp;
};

/// What a directory in log.dirs is; nothing if it has no business there.
std::optional<PartitionDir> parse_partition_dir(const std::string& name);
/// `topic-0.<32 hex>-delete`, the topic cut so that the name fits the file system.
std::string marked_dir_name(const TopicPartition& tp, const Uuid& id, const char* suffix);

/// Whether the directory was closed cleanly. Takes the mark away, durably: from now on it counts as unclean.
Result<bool> take_clean_mark(FileSystem& fs, const std::string& log_dir);
/// Says that the directory is closed cleanly.
Status leave_clean_mark(FileSystem& fs, const std::string& log_dir);

}  // namespace meerkat::storage
