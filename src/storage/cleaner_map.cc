#include "storage/cleaner_map.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <random>

namespace meerkat::storage {
namespace {

struct Secret {
  uint64_t key[2];
  Secret() {
    std::random_device random;
    for (auto& half : key) half = (static_cast<uint64_t>(random()) << 32) | random();
  }
};

const uint64_t* secret() {
  static const Secret kSecret;
  return kSecret.key;
}

uint64_t load_le(const uint8_t* at) {
  uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

struct SipState {
  uint64_t v0, v1, v2, v3;
  void rounds(int n) {
    for (int i = 0; i < n; ++i) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }
  uint64_t sum() const { return v0 ^ v1 ^ v2 ^ v3; }
};

}  // namespace

void siphash128(const uint64_t key[2], ByteView data, uint64_t out[2]) {
  SipState s{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee, key[0] ^ 0x6c7967656e657261,
             key[1] ^ 0x7465646279746573};
  const uint8_t* at = data.data();
  size_t whole = data.size() / 8;
  for (size_t i = 0; i < whole; ++i, at += 8) {
    uint64_t word = load_le(at);
    s.v3 ^= word;
    s.rounds(2);
    s.v0 ^= word;
  }
  uint64_t last = static_cast<uint64_t>(data.size()) << 56;
  for (size_t i = 0; i < data.size() % 8; ++i) last |= static_cast<uint64_t>(at[i]) << (8 * i);
  s.v3 ^= last;
  s.rounds(2);
  s.v0 ^= last;
  s.v2 ^= 0xee;
  s.rounds(4);
  out[0] = s.sum();
  s.v1 ^= 0xdd;
  s.rounds(4);
  out[1] = s.sum();
}

OffsetMap::OffsetMap(size_t max_bytes, double load)
    : max_slots_(std::max<size_t>(max_bytes / kSlotSize, 2)), load_(std::clamp(load, 0.01, 0.99)) {}

void OffsetMap::reset(size_t keys) {
  auto wanted = static_cast<size_t>(static_cast<double>(keys) / load_) + 2;
  size_t slots = std::min(std::max<size_t>(wanted, 2), max_slots_);
  if (slots_.size() != slots) release();
  slots_.assign(slots, Slot{});
  limit_ = slots == max_slots_ ? capacity() : std::min(usable(slots), slots - 1);
  limit_ = std::max<size_t>(std::min(limit_, slots - 1), 1);
  size_ = 0;
  latest_offset_ = -1;
}

void OffsetMap::release() {
  slots_ = std::vector<Slot>();
  size_ = limit_ = 0;
}

size_t OffsetMap::find(const uint64_t hash[2]) const {
  size_t at = hash[0] % slots_.size();
  for (;;) {
    auto& slot = slots_[at];
    if (slot.offset_plus_one == 0 || (slot.hash[0] == hash[0] && slot.hash[1] == hash[1])) return at;
    if (++at == slots_.size()) at = 0;
  }
}

bool OffsetMap::put(ByteView key, int64_t offset) {
  assert(!slots_.empty() && offset >= 0);
  uint64_t hash[2];
  siphash128(secret(), key, hash);
  auto& slot = slots_[find(hash)];
  if (slot.offset_plus_one == 0) {
    if (size_ >= limit_) return false;
    ++size_;
    slot.hash[0] = hash[0];
    slot.hash[1] = hash[1];
  }
  slot.offset_plus_one = offset + 1;
  return true;
}

int64_t OffsetMap::get(ByteView key) const {
  if (slots_.empty()) return -1;
  uint64_t hash[2];
  siphash128(secret(), key, hash);
  return slots_[find(hash)].offset_plus_one - 1;
}

}  // namespace meerkat::storage
