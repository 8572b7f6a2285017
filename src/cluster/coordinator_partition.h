// Which partition of an internal topic belongs to a group or a transactional id.
#pragma once

#include <cstdint>
#include <string_view>

namespace meerkat::cluster {

/// Java's String.hashCode() of UTF-8 text: over UTF-16 code units.
int32_t java_string_hash(std::string_view utf8);

/// The hash's absolute value (0 for the smallest int) modulo `partitions`, which is at least 1.
inline int32_t coordinator_partition(std::string_view key, int32_t partitions) {
  const int32_t hash = java_string_hash(key);
  return hash == INT32_MIN ? 0 : (hash < 0 ? -hash : hash) % partitions;
}

}  // namespace meerkat::cluster
