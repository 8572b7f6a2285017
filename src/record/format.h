// Names for the constants of Kafka's record formats: codecs, timestamp types, and where each field lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace meerkat::record {

/// Bits 0-2 of a batch's attributes. Values 5-7 are not assigned; they can be read from foreign bytes.
enum class Codec : uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Whether foreign bytes named a codec that exists.
constexpr bool is_known(Codec c) { return c <= Codec::zstd; }
/// "none", "gzip", "snappy", "lz4", "zstd"; "unknown" for the rest.
std::string_view name(Codec c);

/// Who set a batch's timestamps (KIP-32). Magic 0 has none.
enum class TimestampType : int8_t { none = -1, create_time = 0, log_append_time = 1 };

constexpr int64_t kNoTimestamp = -1;
constexpr int64_t kNoProducerId = -1;
constexpr int16_t kNoProducerEpoch = -1;
constexpr int32_t kNoSequence = -1;
constexpr int32_t kNoLeaderEpoch = -1;

constexpr int8_t kMagic0 = 0;
constexpr int8_t kMagic1 = 1;
constexpr int8_t kMagic2 = 2;

/// What all formats share: int64 offset, int32 size of the rest; the magic byte lies at 16 in each.
constexpr size_t kOffsetAt = 0;
constexpr size_t kSizeAt = 8;
constexpr size_t kLogOverhead = 12;
constexpr size_t kMagicAt = 16;
constexpr size_t kHeaderUpToMagic = 17;

/// Magic 2: positions from the start of the batch.
namespace v2 {
constexpr size_t kLeaderEpochAt = 12;
constexpr size_t kCrcAt = 17;
constexpr size_t kAttributesAt = 21;
constexpr size_t kLastOffsetDeltaAt = 23;
constexpr size_t kBaseTimestampAt = 27;
constexpr size_t kMaxTimestampAt = 35;
constexpr size_t kProducerIdAt = 43;
constexpr size_t kProducerEpochAt = 51;
constexpr size_t kBaseSequenceAt = 53;
constexpr size_t kCountAt = 57;
constexpr size_t kHeaderSize = 61;

constexpr int16_t kCodecMask = 0x07;
constexpr int16_t kLogAppendTimeBit = 0x08;
constexpr int16_t kTransactionalBit = 0x10;
constexpr int16_t kControlBit = 0x20;
constexpr int16_t kDeleteHorizonBit = 0x40;
}  // namespace v2

/// Magic 0 and 1: positions from the start of the entry (offset and size included).
namespace legacy {
constexpr size_t kCrcAt = 12;
constexpr size_t kAttributesAt = 17;
constexpr size_t kTimestampAt = 18;  // magic 1 only
/// Where the key's length lies; everything before it is header.
constexpr size_t key_size_at(int8_t magic) { return magic == kMagic0 ? 18 : 26; }
/// The smallest entry: null key, null value.
constexpr size_t min_size(int8_t magic) { return key_size_at(magic) + 8; }
}  // namespace legacy

/// The smallest value of the size field that any format allows (magic 0 with null key and value).
constexpr int32_t kMinSizeField = 14;

/// Sums and differences of numbers that foreign bytes chose: they wrap, as Kafka's do, instead of overflowing.
constexpr int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
constexpr int64_t wrapping_sub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

/// Sequence numbers wrap from 2147483647 to 0 (KIP-98).
constexpr int32_t sequence_after(int32_t base, int32_t increment) {
  return static_cast<int32_t>((static_cast<int64_t>(base) + increment) & 0x7fffffff);
}

}  // namespace meerkat::record
