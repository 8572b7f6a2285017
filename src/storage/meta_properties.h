// The file meta.properties, which ties a log directory to a broker and a cluster.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"

namespace meerkat::storage {

struct MetaProperties {
  int32_t broker_id = -1;    // -1: not set
  std::string cluster_id;    // empty: not set
  std::string directory_id;  // only when a migration has been enabled; empty: not set
};

/// Nothing if there is no file; an error if there is one that cannot be read or has another version than 0.
Result<std::optional<MetaProperties>> read_meta_properties(FileSystem& fs, const std::string& log_dir);
/// Atomic and durable; in the form that java.util.Properties writes.
Status write_meta_properties(FileSystem& fs, Clock& clock, const std::string& log_dir, const MetaProperties& meta);

}  // namespace meerkat::storage
