#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "record/codecs.h"

namespace meerkat::record {

namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; zlib's sign for the gzip wrapper

struct Deflater {
  z_stream stream{};
  std::optional<int> level;  // as initialised

  ~Deflater() {
    if (level) deflateEnd(&stream);
  }
  void start(int wanted) {
    if (level == wanted) {
      deflateReset(&stream);
      return;
    }
    if (level) deflateEnd(&stream);
    stream = {};
    level = deflateInit2(&stream, wanted, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK
                ? std::optional(wanted)
                : std::nullopt;
    assert(level);
  }
  bool worth_keeping() const { return level.has_value(); }
};

struct Inflater {
  z_stream stream{};
  bool ready = false;

  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
  bool start() {
    ready = ready ? inflateReset(&stream) == Z_OK : inflateInit2(&stream, kGzipWindow) == Z_OK;
    return ready;
  }
  bool worth_keeping() const { return ready; }
};

uInt step(size_t n) { return static_cast<uInt>(std::min<size_t>(n, std::numeric_limits<uInt>::max())); }

/// Reads one gzip member after the other, as Java's GZIPInputStream does; bytes after the last one that begin no
/// member are ignored.
class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(ByteView input) : rest_(input) {
    started_ = inflater_->start();
    done_ = false;
  }

  Result<size_t> read(MutableBytes out) override {
    if (!started_) return fail("gzip: no memory");
    z_stream& z = inflater_->stream;
    size_t produced = 0;
    while (produced < out.size() && !done_) {
      uInt in_step = step(rest_.size());
      uInt out_step = step(out.size() - produced);
      z.next_in = const_cast<Bytef*>(rest_.data());
      z.avail_in = in_step;
      z.next_out = out.data() + produced;
      z.avail_out = out_step;
      int rc = inflate(&z, Z_NO_FLUSH);
      size_t consumed = in_step - z.avail_in;
      rest_ = rest_.subspan(consumed);
      size_t gained = out_step - z.avail_out;
      produced += gained;
      if (rc == Z_STREAM_END) {
        done_ = rest_.size() < 2 || rest_[0] != 0x1f || rest_[1] != 0x8b;
        if (!done_) inflateReset(&z);
      } else if (rc != Z_OK || (consumed == 0 && gained == 0)) {
        return fail(rest_.empty() ? "gzip: the data ends too early" : "gzip: damaged data");
      }
    }
    return produced;
  }

 private:
  Reused<Inflater> inflater_;
  ByteView rest_;
  bool started_;
  bool done_;
};

}  // namespace

void gzip_compress(std::optional<int> level, ByteView input, Bytes& out) {
  Reused<Deflater> deflater;
  deflater->start(std::clamp(level.value_or(Z_DEFAULT_COMPRESSION), -1, 9));
  z_stream& z = deflater->stream;
  size_t start = out.size();
  size_t produced = 0;
  out.resize(start + deflateBound(&z, input.size()));
  for (int rc = Z_OK; rc != Z_STREAM_END;) {
    uInt in_step = step(input.size());
    uInt out_step = step(out.size() - start - produced);
    z.next_in = const_cast<Bytef*>(input.data());
    z.avail_in = in_step;
    z.next_out = out.data() + start + produced;
    z.avail_out = out_step;
    rc = deflate(&z, in_step == input.size() ? Z_FINISH : Z_NO_FLUSH);
    assert(rc == Z_OK || rc == Z_STREAM_END);
    input = input.subspan(in_step - z.avail_in);
    produced += out_step - z.avail_out;
  }
  out.resize(start + produced);
}

std::unique_ptr<Decompressor> gzip_decompressor(ByteView input) { return std::make_unique<GzipDecompressor>(input); }

}  // namespace meerkat::record
