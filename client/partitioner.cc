#include "client/partitioner.h"

#include <random>

namespace meerkat::client {

int32_t murmur2(ByteView data) {
  constexpr uint32_t kSeed = 0x9747b28c, kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  const size_t length = data.size();
  uint32_t h = kSeed ^ static_cast<uint32_t>(length);
  size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    uint32_t k = data[i] | uint32_t{data[i + 1]} << 8 | uint32_t{data[i + 2]} << 16 | uint32_t{data[i + 3]} << 24;
    k *= kMultiplier;
    k ^= k >> kShift;
    k *= kMultiplier;
    h *= kMultiplier;
    h ^= k;
  }
  uint32_t tail = 0;
  for (size_t k = length; k > i; --k) tail = tail << 8 | data[k - 1];
  if (i < length) {
    h ^= tail;
    h *= kMultiplier;
  }
  h ^= h >> 13;
  h *= kMultiplier;
  h ^= h >> 15;
  return static_cast<int32_t>(h);
}

int32_t random_partition(int32_t partitions) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int32_t>(0, partitions - 1)(random);
}

int32_t StickyPartitioner::partition(int32_t partitions) {
  if (!current_ || *current_ >= partitions) current_ = random_partition(partitions);
  return *current_;
}

}  // namespace meerkat::client
