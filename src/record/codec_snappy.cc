#include <snappy.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "record/codecs.h"
#include "record/scratch.h"

namespace meerkat::record {

namespace {

/// Java's framing of snappy: this magic, two version numbers, then blocks with their lengths in front.
constexpr std::array<uint8_t, 8> kMagic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr size_t kHeaderSize = 16;
constexpr size_t kBlockSize = 32 * 1024;

bool starts_frame(ByteView bytes) {
  return bytes.size() >= kHeaderSize && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

/// A snappy element of three bytes gives at most 64, so a block that promises more than this is damaged.
constexpr size_t most_from(size_t compressed) { return compressed * 22 + 64; }

class SnappyDecompressor final : public Decompressor {
 public:
  explicit SnappyDecompressor(ByteView input) : rest_(input), framed_(starts_frame(input)) {
    if (framed_) rest_ = rest_.subspan(kHeaderSize);
  }

  Result<size_t> read(MutableBytes out) override {
    size_t produced = 0;
    while (produced < out.size()) {
      if (block_.empty()) {
        ByteView compressed;
        if (auto found = next_block(compressed); !found) return found.failure();
        if (compressed.empty()) break;
        size_t size = 0;
        const char* from = as_text(compressed).data();
        if (!snappy::GetUncompressedLength(from, compressed.size(), &size) || size > most_from(compressed.size())) {
          return fail("snappy: damaged block");
        }
        bool direct = size <= out.size() - produced;
        if (!direct) kept_.buffer().resize(size);
        uint8_t* to = direct ? out.data() + produced : kept_.buffer().data();
        if (!snappy::RawUncompress(from, compressed.size(), reinterpret_cast<char*>(to))) {
          return fail("snappy: damaged block");
        }
        if (direct) {
          produced += size;
          continue;
        }
        block_ = kept_.buffer();
      }
      size_t n = std::min(block_.size(), out.size() - produced);
      std::memcpy(out.data() + produced, block_.data(), n);
      block_ = block_.subspan(n);
      produced += n;
    }
    return produced;
  }

 private:
  /// Empty at the end of the data.
  Status next_block(ByteView& out) {
    out = {};
    if (!framed_) {
      if (rest_.empty() && !raw_taken_) return fail("snappy: no data");
      raw_taken_ = true;
      std::swap(out, rest_);
      return {};
    }
    while (starts_frame(rest_)) rest_ = rest_.subspan(kHeaderSize);  // streams written one after the other
    if (rest_.empty()) return {};
    if (rest_.size() < 4) return fail("snappy: the data ends too early");
    auto size = load_be<int32_t>(rest_.data());
    rest_ = rest_.subspan(4);
    if (size <= 0 || static_cast<size_t>(size) > rest_.size()) return fail("snappy: wrong length of a block");
    out = rest_.first(static_cast<size_t>(size));
    rest_ = rest_.subspan(static_cast<size_t>(size));
    return {};
  }

  ByteView rest_;
  bool framed_;
  bool raw_taken_ = false;
  ScratchLease kept_;  // a block that did not fit into what the reader asked for
  ByteView block_;     // what is left of it
};

}  // namespace

void snappy_compress(ByteView input, Bytes& out) {
  size_t at = out.size();
  out.resize(at + kHeaderSize);
  std::copy(kMagic.begin(), kMagic.end(), out.begin() + static_cast<ptrdiff_t>(at));
  store_be<int32_t>(out.data() + at + 8, 1);   // version
  store_be<int32_t>(out.data() + at + 12, 1);  // oldest version that can read it
  while (!input.empty()) {
    ByteView block = input.first(std::min(input.size(), kBlockSize));
    input = input.subspan(block.size());
    at = out.size();
    out.resize(at + 4 + snappy::MaxCompressedLength(block.size()));
    size_t size = 0;
    snappy::RawCompress(as_text(block).data(), block.size(), reinterpret_cast<char*>(out.data() + at + 4), &size);
    store_be<int32_t>(out.data() + at, static_cast<int32_t>(size));
    out.resize(at + 4 + size);
  }
}

std::unique_ptr<Decompressor> snappy_decompressor(ByteView input) {
  return std::make_unique<SnappyDecompressor>(input);
}

}  // namespace meerkat::record
