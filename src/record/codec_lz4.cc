#include <lz4frame.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "record/codecs.h"

namespace meerkat::record {

namespace {

constexpr uint32_t kFrameMagic = 0x184d2204;  // little-endian in the frame
constexpr size_t kDescriptorAt = 4;

/// XXH32 with seed 0 of fewer than 16 bytes: all that a frame's header ever needs.
uint32_t xxh32_short(ByteView data) {
  constexpr uint32_t kPrime1 = 2654435761U, kPrime2 = 2246822519U, kPrime3 = 3266489917U, kPrime4 = 668265263U,
                     kPrime5 = 374761393U;
  assert(data.size() < 16);
  uint32_t hash = kPrime5 + static_cast<uint32_t>(data.size());
  for (; data.size() >= 4; data = data.subspan(4)) {
    uint32_t word;
    std::memcpy(&word, data.data(), 4);
    hash = std::rotl(hash + word * kPrime3, 17) * kPrime4;
  }
  for (uint8_t byte : data) hash = std::rotl(hash + byte * kPrime5, 11) * kPrime1;
  hash = (hash ^ (hash >> 15)) * kPrime2;
  hash = (hash ^ (hash >> 13)) * kPrime3;
  return hash ^ (hash >> 16);
}

uint8_t header_checksum(ByteView hashed) { return static_cast<uint8_t>(xxh32_short(hashed) >> 8); }

struct Decoder {
  LZ4F_dctx* context = nullptr;
  Decoder() { LZ4F_createDecompressionContext(&context, LZ4F_VERSION); }
  ~Decoder() { LZ4F_freeDecompressionContext(context); }
  bool worth_keeping() const { return context != nullptr; }
};

/// Reads one frame of independent blocks, the only kind that Kafka's clients read and write.
class Lz4Decompressor final : public Decompressor {
 public:
  Lz4Decompressor(bool broken_checksum, ByteView input) : rest_(input) {
    if (decoder_->context != nullptr) LZ4F_resetDecompressionContext(decoder_->context);
    check_header(broken_checksum);
  }

  Result<size_t> read(MutableBytes out) override {
    if (decoder_->context == nullptr) return fail("lz4: no memory");
    if (!header_ok_) return fail("lz4: damaged or unsupported frame header");
    size_t produced = 0;
    while (produced < out.size() && !done_) {
      ByteView& in = header_.empty() ? rest_ : header_;
      size_t out_step = out.size() - produced;
      size_t in_step = in.size();
      size_t rc = LZ4F_decompress(decoder_->context, out.data() + produced, &out_step, in.data(), &in_step, nullptr);
      if (LZ4F_isError(rc)) return fail(std::string("lz4: ") + LZ4F_getErrorName(rc));
      in = in.subspan(in_step);
      produced += out_step;
      done_ = rc == 0;
      if (in_step == 0 && out_step == 0 && !done_ && rest_.empty()) return fail("lz4: the data ends too early");
    }
    return produced;
  }

 private:
  /// Old clients hash the magic number too; their header is handed to the library with the checksum it expects.
  void check_header(bool broken_checksum) {
    if (rest_.size() < 7) return;
    uint32_t magic;
    std::memcpy(&magic, rest_.data(), 4);
    uint8_t flags = rest_[4];
    uint8_t block = rest_[5];
    bool version_1 = flags >> 6 == 1;
    bool independent = flags & 0x20;
    bool has_content_size = flags & 0x08;
    size_t checksum_at = kDescriptorAt + 2 + (has_content_size ? 8 : 0);
    if (magic != kFrameMagic || !version_1 || !independent || (flags & 0x03) != 0) return;
    if ((block & 0x8f) != 0 || block >> 4 < 4 || rest_.size() <= checksum_at) return;
    header_ok_ = true;
    if (!broken_checksum) return;
    std::copy_n(rest_.begin(), checksum_at, mended_.begin());
    mended_[checksum_at] = header_checksum(ByteView(mended_).subspan(kDescriptorAt, checksum_at - kDescriptorAt));
    header_ = ByteView(mended_).first(checksum_at + 1);
    rest_ = rest_.subspan(checksum_at + 1);
  }

  Reused<Decoder> decoder_;
  std::array<uint8_t, 16> mended_{};
  ByteView header_;  // what is left to read of mended_
  ByteView rest_;
  bool header_ok_ = false;
  bool done_ = false;
};

/// Kafka's default (9) means the fast compressor; other levels the one that searches harder.
constexpr int kKafkaDefaultLevel = 9;

}  // namespace

void lz4_compress(std::optional<int> level, bool broken_checksum, ByteView input, Bytes& out) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.compressionLevel = level && *level != kKafkaDefaultLevel ? std::clamp(*level, 1, 12) : 0;
  size_t start = out.size();
  size_t bound = LZ4F_compressFrameBound(input.size(), &preferences);
  out.resize(start + bound);
  size_t size = LZ4F_compressFrame(out.data() + start, bound, input.data(), input.size(), &preferences);
  assert(!LZ4F_isError(size));
  out.resize(start + size);
  if (broken_checksum) out[start + 6] = header_checksum(ByteView(out).subspan(start, 6));
}

std::unique_ptr<Decompressor> lz4_decompressor(bool broken_checksum, ByteView input) {
  return std::make_unique<Lz4Decompressor>(broken_checksum, input);
}

}  // namespace meerkat::record
