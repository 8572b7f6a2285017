#include "config/properties.h"

#include <gtest/gtest.h>

namespace meerkat::config {
namespace {

struct Case {
  const char* text;
  Entries expected;
};

TEST(Properties, ReadsJavasFormat) {
  const Case cases[] = {
      {"a=1\nb=2", {{"a", "1"}, {"b", "2"}}},
      {"a = 1", {{"a", "1"}}},
      {"a:1", {{"a", "1"}}},
      {"a 1", {{"a", "1"}}},
      {"a \t= \t1 ", {{"a", "1 "}}},
      {"  a=1", {{"a", "1"}}},
      {"# a=1\n! b=2\n   # c=3\nd=4", {{"d", "4"}}},
      {"\n\r\n \t\na=1\r\nb=2\rc=3", {{"a", "1"}, {"b", "2"}, {"c", "3"}}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"=1", {{"", "1"}}},
      {"a=1\na=2", {{"a", "2"}}},
      {"a=b=c:d", {{"a", "b=c:d"}}},
      {"a==b", {{"a", "=b"}}},
      {"a=1,\\\n   2,\\\n\t3", {{"a", "1,2,3"}}},
      {"a=1\\\\\nb=2", {{"a", "1\\"}, {"b", "2"}}},
      {"a=1\\\n# no comment", {{"a", "1# no comment"}}},
      {"a=1\\", {{"a", "1"}}},
      {"a\\=b\\:c\\ d=1", {{"a=b:c d", "1"}}},
      {"a=\\t\\n\\r\\f\\q\\\\", {{"a", "\t\n\r\fq\\"}}},
      {"a=\\u0041\\u00e4\\u20ac", {{"a", "A\xc3\xa4\xe2\x82\xac"}}},
      {"a=\\ud83d\\ude00", {{"a", "\xf0\x9f\x98\x80"}}},
      {"a=\xc3\xa4", {{"a", "\xc3\xa4"}}},
      {"", {}},
  };
  for (const auto& c : cases) {
    auto parsed = parse_properties(c.text);
    ASSERT_TRUE(parsed) << c.text;
    EXPECT_EQ(*parsed, c.expected) << c.text;
  }
}

TEST(Properties, RefusesBrokenUnicodeEscapes) {
  for (const char* text : {"a=\\u12", "a=\\u12g4", "\\u=1"}) EXPECT_FALSE(parse_properties(text)) << text;
}

TEST(Properties, PrintsWhatItReadsBack) {
  Entries entries = {{"a b", " x=y "}, {"c:d", "1\n2\\3"}, {"#e", "!"}, {"", "\t"}};
  std::string text = print_properties(entries, "made\nby a test");
  EXPECT_TRUE(text.starts_with("# made\n# by a test\n"));
  auto parsed = parse_properties(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, entries);
}

TEST(Properties, NamesAFileThatIsNotThere) {
  auto read = read_properties("/nowhere/server.properties");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("/nowhere/server.properties"), std::string::npos);
}

}  // namespace
}  // namespace meerkat::config
