// Which partition a record goes to.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace meerkat::client {

/// The hash of Kafka's Java client (murmur2 with its seed), by which all clients agree on a key's partition.
int32_t murmur2(ByteView data);

/// The partition of a key among `partitions`, as the Java client's default partitioner has it.
inline int32_t partition_of_key(ByteView key, int32_t partitions) { return (murmur2(key) & 0x7fffffff) % partitions; }

/// How a record that names no partition gets one.
enum class Partitioner {
  automatic,    // by the key's hash; without a key sticky
  round_robin,  // one after the other, keys or not
  random,       // any, keys or not
};

/// Any partition.
int32_t random_partition(int32_t partitions);

/// Records without a key: stays with one partition until a batch of it was closed, then takes another at random
/// (KIP-480), so that batches fill. Not thread-safe.
class StickyPartitioner {
 public:
  /// `partitions` is at least 1.
  int32_t partition(int32_t partitions);
  /// The batch of the current partition was closed.
  void batch_closed() { current_.reset(); }

 private:
  std::optional<int32_t> current_;
};

}  // namespace meerkat::client
