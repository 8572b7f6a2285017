// Checks of values that are more than a range or a set.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace meerkat::config {

/// compression.gzip.level: 1 to 9, or -1 for zlib's own choice.
Status check_gzip_level(std::string_view value);

/// A Kafka version: "3.9", "3.9-IV0", "3.9.1", "0.10.2.0", ….
Status check_version(std::string_view value);

/// "*" or a list of partition:broker pairs.
Status check_throttled_replicas(std::string_view value);

/// The release and internal version that a version names: "3.9" → "3.9-IV0", "2.8" → "2.8-IV1", "0.9.0.1" → "0.9.0".
/// "" for a version that Kafka 3.9.1 does not know.
std::string full_version(std::string_view value);

}  // namespace meerkat::config
