#include <zstd.h>

#include <cassert>

#include "record/codecs.h"

namespace meerkat::record {

namespace {

/// Contexts that grew beyond this for one batch (a frame may ask for a window of 128 MiB) are not kept.
constexpr size_t kKeptContext = size_t{16} << 20;

struct Encoder {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ~Encoder() { ZSTD_freeCCtx(context); }
  bool worth_keeping() const { return ZSTD_sizeof_CCtx(context) <= kKeptContext; }
};

struct Decoder {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ~Decoder() { ZSTD_freeDCtx(context); }
  bool worth_keeping() const { return ZSTD_sizeof_DCtx(context) <= kKeptContext; }
};

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(ByteView input) : in_{input.data(), input.size(), 0} {
    ZSTD_DCtx_reset(decoder_->context, ZSTD_reset_session_only);
  }

  Result<size_t> read(MutableBytes out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size) {
      if (in_.pos == in_.size && wanted_ == 0) break;
      size_t in_before = in_.pos;
      size_t out_before = to.pos;
      size_t rc = ZSTD_decompressStream(decoder_->context, &to, &in_);
      if (ZSTD_isError(rc)) return fail(std::string("zstd: ") + ZSTD_getErrorName(rc));
      wanted_ = rc;
      if (in_.pos == in_before && to.pos == out_before) return fail("zstd: the data ends too early");
    }
    return to.pos;
  }

 private:
  Reused<Decoder> decoder_;
  ZSTD_inBuffer in_;
  size_t wanted_ = 1;  // 0 between frames
};

}  // namespace

void zstd_compress(std::optional<int> level, ByteView input, Bytes& out) {
  Reused<Encoder> encoder;
  ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_compressionLevel, level.value_or(ZSTD_CLEVEL_DEFAULT));
  size_t start = out.size();
  size_t bound = ZSTD_compressBound(input.size());
  out.resize(start + bound);
  size_t size = ZSTD_compress2(encoder->context, out.data() + start, bound, input.data(), input.size());
  assert(!ZSTD_isError(size));
  out.resize(start + size);
}

std::unique_ptr<Decompressor> zstd_decompressor(ByteView input) { return std::make_unique<ZstdDecompressor>(input); }

}  // namespace meerkat::record
