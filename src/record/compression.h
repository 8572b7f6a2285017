// The codecs of record batches. Compressing gives what Kafka's clients read; decompressing takes everything they write:
// snappy raw or in xerial's blocks, lz4 frames with the wrong header checksum that magic 0 is full of.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "record/format.h"

namespace meerkat::record {

/// Appends `input`, compressed, to `out`. `level` nothing is the codec's default; snappy and none have no levels.
/// lz4 for magic 0 gets the header checksum that old clients expect.
void compress(Codec codec, std::optional<int> level, int8_t magic, ByteView input, Bytes& out);

/// Gives the decompressed bytes of one batch piece by piece, so that a small input that grows without measure costs
/// a bounded amount of memory. The input must outlive it. Contexts of the libraries are kept for reuse by thread.
class Decompressor {
 public:
  /// `codec` is known and not none.
  static std::unique_ptr<Decompressor> open(Codec codec, int8_t magic, ByteView input);
  virtual ~Decompressor() = default;
  /// Fills as much of `out` (not empty) as there is; 0 at the end of the data. An error if the data is damaged or
  /// ends too early.
  virtual Result<size_t> read(MutableBytes out) = 0;
};

/// Decompresses all of `input` onto the end of `out`, but refuses to grow it by more than `limit` bytes.
Status decompress(Codec codec, int8_t magic, ByteView input, size_t limit, Bytes& out);

}  // namespace meerkat::record
