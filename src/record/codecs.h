// Private to the record room: one pair of functions a codec, behind record/compression.h.
#pragma once

#include <memory>
#include <optional>

#include "record/compression.h"

namespace meerkat::record {

/// A library context that is expensive to make: taken from the calling thread's slot, or made; put back at the end.
template <class Context>
class Reused {
 public:
  Reused() : context_(slot() ? std::move(slot()) : std::make_unique<Context>()) {}
  Reused(const Reused&) = delete;
  Reused& operator=(const Reused&) = delete;
  ~Reused() {
    if (context_->worth_keeping()) slot() = std::move(context_);
  }
  Context* operator->() { return context_.get(); }

 private:
  static std::unique_ptr<Context>& slot() {
    thread_local std::unique_ptr<Context> kept;
    return kept;
  }
  std::unique_ptr<Context> context_;
};

void gzip_compress(std::optional<int> level, ByteView input, Bytes& out);
std::unique_ptr<Decompressor> gzip_decompressor(ByteView input);

void snappy_compress(ByteView input, Bytes& out);
std::unique_ptr<Decompressor> snappy_decompressor(ByteView input);

/// `broken_checksum`: the header checksum as clients of magic 0 compute it (KAFKA-3160); reading then ignores it.
void lz4_compress(std::optional<int> level, bool broken_checksum, ByteView input, Bytes& out);
std::unique_ptr<Decompressor> lz4_decompressor(bool broken_checksum, ByteView input);

void zstd_compress(std::optional<int> level, ByteView input, Bytes& out);
std::unique_ptr<Decompressor> zstd_decompressor(ByteView input);

}  // namespace meerkat::record
