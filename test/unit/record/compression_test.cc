#include "record/compression.h"

#include <gtest/gtest.h>
#include <snappy.h>

namespace meerkat::record {
namespace {

constexpr Codec kCodecs[] = {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr size_t kPlenty = size_t{64} << 20;

Bytes text(size_t n) {
  Bytes bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>("the quick brown fox"[i * i % 19] + i / 5000);
  return bytes;
}

Bytes compressed(Codec codec, ByteView input, int8_t magic = kMagic2, std::optional<int> level = std::nullopt) {
  Bytes out;
  compress(codec, level, magic, input, out);
  return out;
}

TEST(Compression, RoundTrips) {
  for (Codec codec : kCodecs) {
    for (size_t n : {0UL, 1UL, 100UL, 32767UL, 32768UL, 65537UL, 3000000UL}) {
      for (int8_t magic : {kMagic0, kMagic1, kMagic2}) {
        Bytes input = text(n);
        Bytes out = {1, 2, 3};  // what is there stays
        Status done = decompress(codec, magic, compressed(codec, input, magic), kPlenty, out);
        // A snappy stream of no blocks and an lz4 frame of none are fine too.
        ASSERT_TRUE(done.ok()) << name(codec) << " " << n << ": " << done.error().message;
        ASSERT_EQ(out.size(), n + 3);
        EXPECT_TRUE(std::equal(input.begin(), input.end(), out.begin() + 3));
      }
    }
  }
}

TEST(Compression, TakesEveryLevelThatKafkaAllows) {
  struct {
    Codec codec;
    int least, most;
  } const ranges[] = {{Codec::gzip, 1, 9}, {Codec::lz4, 1, 17}, {Codec::zstd, -5, 22}};
  Bytes input = text(10000);
  for (const auto& r : ranges) {
    for (int level = r.least; level <= r.most; ++level) {
      Bytes out;
      ASSERT_TRUE(decompress(r.codec, kMagic2, compressed(r.codec, input, kMagic2, level), kPlenty, out).ok());
      EXPECT_EQ(out, input) << name(r.codec) << " " << level;
    }
  }
  EXPECT_LT(compressed(Codec::zstd, text(100000), kMagic2, 19).size(),
            compressed(Codec::zstd, text(100000), kMagic2, 1).size());
}

TEST(Compression, GivesPiecesOfAnySize) {
  Bytes input = text(200000);
  for (Codec codec : kCodecs) {
    Bytes packed = compressed(codec, input);
    for (size_t step : {1000UL, 32768UL, 70001UL}) {
      auto source = Decompressor::open(codec, kMagic2, packed);
      Bytes all;
      Bytes piece(step);
      while (true) {
        auto got = source->read(piece);
        ASSERT_TRUE(got.ok()) << got.error().message;
        all.insert(all.end(), piece.begin(), piece.begin() + static_cast<ptrdiff_t>(*got));
        if (*got < step) break;
      }
      EXPECT_EQ(all, input) << name(codec) << " " << step;
    }
  }
}

TEST(Compression, RefusesWhatIsCutShort) {
  Bytes input = text(50000);
  for (Codec codec : kCodecs) {
    Bytes packed = compressed(codec, input);
    for (size_t n = 0; n < packed.size(); n += 1 + packed.size() / 200) {
      Bytes cut(packed.begin(), packed.begin() + static_cast<ptrdiff_t>(n));
      Bytes out;
      Status done = decompress(codec, kMagic2, cut, kPlenty, out);
      // Snappy's frame has no end mark: cut between blocks it only holds less.
      EXPECT_TRUE(!done.ok() || (codec == Codec::snappy && out.size() < input.size())) << name(codec) << " " << n;
    }
  }
}

TEST(Compression, RefusesNonsense) {
  for (Codec codec : kCodecs) {
    Bytes out;
    EXPECT_FALSE(decompress(codec, kMagic2, as_bytes("this is not compressed at all"), kPlenty, out).ok());
    EXPECT_FALSE(decompress(codec, kMagic2, {}, kPlenty, out).ok());
  }
}

TEST(Compression, StopsAtTheLimit) {
  Bytes zeros(3000000);
  for (Codec codec : kCodecs) {
    Bytes packed = compressed(codec, zeros);
    Bytes out;
    EXPECT_FALSE(decompress(codec, kMagic2, packed, zeros.size() - 1, out).ok()) << name(codec);
    EXPECT_LE(out.capacity(), 2 * zeros.size());
    out.clear();
    EXPECT_TRUE(decompress(codec, kMagic2, packed, zeros.size(), out).ok()) << name(codec);
  }
}

TEST(Compression, SnappyIsReadRawAndInConcatenatedFrames) {
  Bytes input = text(1000);
  std::string raw;
  snappy::Compress(as_text(input).data(), input.size(), &raw);
  Bytes out;
  ASSERT_TRUE(decompress(Codec::snappy, kMagic2, as_bytes(raw), kPlenty, out).ok());
  EXPECT_EQ(out, input);

  Bytes twice = compressed(Codec::snappy, input);
  Bytes once = twice;
  twice.insert(twice.end(), once.begin(), once.end());
  out.clear();
  ASSERT_TRUE(decompress(Codec::snappy, kMagic2, twice, kPlenty, out).ok());
  EXPECT_EQ(out.size(), 2 * input.size());
}

TEST(Compression, SnappyBlocksMayNotPromiseMoreThanTheyCanHold) {
  const uint8_t bomb[] = {0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x41};  // says 4 GiB
  Bytes out;
  EXPECT_FALSE(decompress(Codec::snappy, kMagic2, bomb, size_t{1} << 40, out).ok());
  EXPECT_LT(out.capacity(), size_t{1} << 20);
}

TEST(Compression, Lz4HeaderChecksumCountsFromMagic1On) {
  Bytes input = text(1000);
  Bytes right = compressed(Codec::lz4, input, kMagic2);
  Bytes broken = compressed(Codec::lz4, input, kMagic0);
  EXPECT_NE(right[6], broken[6]);
  Bytes out;
  EXPECT_FALSE(decompress(Codec::lz4, kMagic1, broken, kPlenty, out).ok());
  out.clear();
  EXPECT_TRUE(decompress(Codec::lz4, kMagic0, broken, kPlenty, out).ok());
  EXPECT_EQ(out, input);
  out.clear();
  EXPECT_TRUE(decompress(Codec::lz4, kMagic0, right, kPlenty, out).ok());
  EXPECT_EQ(out, input);
}

TEST(Compression, GzipMembersFollowEachOther) {
  Bytes input = text(1000);
  Bytes twice = compressed(Codec::gzip, input);
  Bytes once = twice;
  twice.insert(twice.end(), once.begin(), once.end());
  twice.push_back(0);  // padding is no member
  Bytes out;
  ASSERT_TRUE(decompress(Codec::gzip, kMagic2, twice, kPlenty, out).ok());
  EXPECT_EQ(out.size(), 2 * input.size());
}

}  // namespace
}  // namespace meerkat::record
