#include "client/command_line.h"

#include <gtest/gtest.h>

namespace meerkat::client {
namespace {

TEST(RepeatedFlags, AreTakenOutInBothSpellings) {
  std::vector<std::string> words = {"tool",         "--config",  "a=1",     "--topic", "t",
                                    "--config=b=2", "--max_x=3", "--max-x", "4"};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(words.size());
  auto taken = take_repeated_flags(&argc, argv.data(), {"config", "max-x"});
  EXPECT_EQ(taken["config"], (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(taken["max-x"], (std::vector<std::string>{"3", "4"}));
  ASSERT_EQ(argc, 3);
  EXPECT_STREQ(argv[1], "--topic");
  EXPECT_STREQ(argv[2], "t");
  EXPECT_EQ(argv[3], nullptr);
}

TEST(Pairs, WantAKeyAndAnEqualsSign) {
  auto good = parse_pairs({"a=1", "b=x=y", "c="});
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, (std::map<std::string, std::string>{{"a", "1"}, {"b", "x=y"}, {"c", ""}}));
  EXPECT_FALSE(parse_pairs({"a"}));
  EXPECT_FALSE(parse_pairs({"=1"}));
}

TEST(Servers, AreHostAndPort) {
  auto servers = parse_servers("a:9092,[::1]:19092");
  ASSERT_TRUE(servers);
  EXPECT_EQ(*servers, (std::vector<HostPort>{{"a", 9092}, {"::1", 19092}}));
  for (const char* bad : {"", "a", "a:", "a:0", "a:70000", "a:9092,b"}) EXPECT_FALSE(parse_servers(bad)) << bad;
}

}  // namespace
}  // namespace meerkat::client
