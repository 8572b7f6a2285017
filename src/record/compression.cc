#include "record/compression.h"

#include <algorithm>
#include <cassert>

#include "record/codecs.h"

namespace meerkat::record {

void compress(Codec codec, std::optional<int> level, int8_t magic, ByteView input, Bytes& out) {
  switch (codec) {
    case Codec::none:
      out.insert(out.end(), input.begin(), input.end());
      return;
    case Codec::gzip:
      return gzip_compress(level, input, out);
    case Codec::snappy:
      return snappy_compress(input, out);
    case Codec::lz4:
      return lz4_compress(level, magic == kMagic0, input, out);
    case Codec::zstd:
      return zstd_compress(level, input, out);
  }
  assert(false);
}

std::unique_ptr<Decompressor> Decompressor::open(Codec codec, int8_t magic, ByteView input) {
  switch (codec) {
    case Codec::gzip:
      return gzip_decompressor(input);
    case Codec::snappy:
      return snappy_decompressor(input);
    case Codec::lz4:
      return lz4_decompressor(magic == kMagic0, input);
    case Codec::zstd:
      return zstd_decompressor(input);
    case Codec::none:
      break;
  }
  assert(false);
  return nullptr;
}

Status decompress(Codec codec, int8_t magic, ByteView input, size_t limit, Bytes& out) {
  auto source = Decompressor::open(codec, magic, input);
  size_t start = out.size();
  size_t produced = 0;
  size_t room = std::clamp<size_t>(input.size() * 4, 4096, size_t{1} << 20);
  while (true) {
    room = std::min(std::max(room, produced * 2), limit);
    // One byte beyond the limit tells data that ends there from data that goes on.
    out.resize(start + room + (room == limit ? 1 : 0));
    auto got = source->read(MutableBytes(out).subspan(start + produced));
    if (!got) return got.failure();
    produced += *got;
    if (produced > limit) {
      return fail(std::string(name(codec)) + ": the data decompresses to more than " + std::to_string(limit) +
                  " bytes");
    }
    if (start + produced < out.size()) break;
  }
  out.resize(start + produced);
  return {};
}

}  // namespace meerkat::record
