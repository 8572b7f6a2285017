// The file partition.metadata, which ties a partition's directory to a topic id (KIP-516).
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "base/uuid.h"

namespace meerkat::storage {

/// The topic id in `dir`; nothing if there is no file, or one that cannot be read (which leaves a warning).
std::optional<Uuid> read_partition_metadata(FileSystem& fs, const std::string& dir);
/// Atomic; not fsynced, since the id comes again with the next LeaderAndIsr.
Status write_partition_metadata(FileSystem& fs, const std::string& dir, const Uuid& topic_id);

}  // namespace meerkat::storage
