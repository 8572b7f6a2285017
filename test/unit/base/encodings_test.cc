// Varints, base64 and ids, against tables of our own and against the oracle's vectors.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/uuid.h"
#include "base/varint.h"
#include "test/fakes/corpus.h"

namespace meerkat {
namespace {

Bytes uvarint(uint32_t value) {
  Bytes out(kMaxUvarintSize);
  out.resize(static_cast<size_t>(write_uvarint(out.data(), value) - out.data()));
  return out;
}

TEST(Uvarint, Table) {
  const std::pair<uint32_t, std::string> kCases[] = {{0, "00"},
                                                     {1, "01"},
                                                     {127, "7f"},
                                                     {128, "8001"},
                                                     {300, "ac02"},
                                                     {16383, "ff7f"},
                                                     {16384, "808001"},
                                                     {1u << 28, "8080808001"},
                                                     {0xffffffff, "ffffffff0f"}};
  for (const auto& [value, hex] : kCases) {
    Bytes bytes = uvarint(value);
    EXPECT_EQ(test::to_hex(bytes), hex);
    EXPECT_EQ(uvarint_size(value), bytes.size());
    uint32_t again = 0;
    EXPECT_EQ(read_uvarint(bytes.data(), bytes.data() + bytes.size(), again), bytes.data() + bytes.size());
    EXPECT_EQ(again, value);
    EXPECT_EQ(read_uvarint(bytes.data(), bytes.data() + bytes.size() - 1, again), nullptr);
  }
}

TEST(Uvarint, RefusesSixBytesAndDropsWhatDoesNotFit) {
  uint32_t value = 0;
  Bytes six = test::from_hex("808080808001");
  EXPECT_EQ(read_uvarint(six.data(), six.data() + six.size(), value), nullptr);
  Bytes wide = test::from_hex("ffffffff7f");
  EXPECT_NE(read_uvarint(wide.data(), wide.data() + wide.size(), value), nullptr);
  EXPECT_EQ(value, 0xffffffffu);
}

TEST(Base64, Table) {
  const std::pair<std::string, std::string> kCases[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xff\xfe", "///+"}};
  for (const auto& [plain, text] : kCases) {
    EXPECT_EQ(to_base64(as_bytes(plain)), text);
    ASSERT_TRUE(from_base64(text).has_value()) << text;
    EXPECT_EQ(as_text(*from_base64(text)), plain);
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Zm9v=", "Z===", "Zm-v", "====", "Z=9v"})
    EXPECT_FALSE(from_base64(bad).has_value()) << bad;
}

TEST(VectorsCorpus, UvarintsAndIds) {
  auto lines = test::corpus_lines("vectors");
  SKIP_WITHOUT_CORPUS(lines);
  int seen = 0;
  for (const auto& line : lines) {
    if (line["fn"] == "unsignedVarint") {
      EXPECT_EQ(test::to_hex(uvarint(line["value"].get<uint32_t>())), line["result"]);
      ++seen;
    } else if (line["fn"] == "uuid") {
      Bytes bytes = test::from_hex(line["bytes"].get<std::string>());
      Uuid id;
      std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
      EXPECT_EQ(id.to_string(), line["result"]);
      EXPECT_EQ(Uuid::parse(line["result"].get<std::string>()), id);
      ++seen;
    }
  }
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace meerkat
