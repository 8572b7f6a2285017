#include "config/flags.h"

#include <gflags/gflags.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "config/broker_configs.h"

namespace meerkat::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Flags : public ::testing::Test {
 protected:
  // Before the saver below is made, or it would not know the flags.
  static void SetUpTestSuite() { register_flags(); }

  static Result<CommandLine> parse(std::vector<std::string> args) {
    args.insert(args.begin(), "meerkat-broker");
    std::vector<char*> pointers;
    for (auto& a : args) pointers.push_back(a.data());
    pointers.push_back(nullptr);
    int argc = static_cast<int>(args.size());
    char** argv = pointers.data();
    return parse_command_line(&argc, &argv);
  }

  static std::string file(const std::string& content) {
    std::string path = ::testing::TempDir() + "meerkat_flags_test";
    std::ofstream(path) << content;
    return path;
  }

  gflags::FlagSaver saver_;  // flags are the process's; each test starts afresh
};

TEST_F(Flags, OnlyWhatIsSetIsAnEntry) {
  auto line = parse({});
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->entries.empty());
  line = parse({"--broker_id=3", "--log-dirs=/a,/b", "--delete_topic_enable=false", "--noauto_create_topics_enable",
                "--num_partitions=1", "--log_dir=/c"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->entries, (Entries{{"broker.id", "3"},
                                    {"log.dirs", "/a,/b"},
                                    {"delete.topic.enable", "false"},
                                    {"auto.create.topics.enable", "false"},
                                    {"num.partitions", "1"},
                                    {"log.dir", "/c"}}));
}

TEST_F(Flags, WinOverProperties) {
  auto line = parse(
      {"--properties=" + file("broker.id=1\nnum.partitions=4\nlistener.name.x.max.connections=5\n"), "--broker_id=2"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->entries,
            (Entries{{"broker.id", "2"}, {"num.partitions", "4"}, {"listener.name.x.max.connections", "5"}}));
}

TEST_F(Flags, Flagfile) {
  auto line = parse({"--flagfile=" + file("# a comment\n--broker_id=6\n--num_partitions=7\n"), "--num_partitions=8"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->entries, (Entries{{"broker.id", "6"}, {"num.partitions", "8"}}));
}

TEST_F(Flags, Errors) {
  auto missing = parse({"--properties=/nowhere/x"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("/nowhere/x"));
  auto stray = parse({"server.properties"});
  ASSERT_FALSE(stray);
  EXPECT_THAT(stray.error().message, HasSubstr("unexpected argument server.properties"));
}

TEST_F(Flags, HelpAndVersion) {
  auto help = parse({"--help"});
  ASSERT_TRUE(help);
  EXPECT_TRUE(help->help);
  EXPECT_FALSE(help->version);
}

TEST_F(Flags, HelpNamesEveryListedFlagUnderItsHeading) {
  std::string text = help_text();
  for (const auto& group : broker_config_groups()) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(group.title) + "\n"));
    for (const auto& row : group.rows) {
      std::string flag = "--" + flag_name(row.name) + "=";
      if (row.visibility == Visibility::listed || row.visibility == Visibility::plugin) {
        EXPECT_THAT(text, HasSubstr(flag));
      } else {
        EXPECT_THAT(text, Not(HasSubstr(flag)));
      }
    }
  }
}

TEST_F(Flags, MarkdownHasARowAKey) {
  std::string text = markdown();
  EXPECT_THAT(text, HasSubstr("| `num.partitions` | int | `1` | `[1,...]` | at start |"));
  EXPECT_THAT(text, HasSubstr("| `retention.ms` | long | `604800000` | `[-1,...]` | `log.retention.ms` |"));
}

TEST_F(Flags, TheDocumentIsUpToDate) {
  std::ifstream file("docs/configs.md");  // tests run from the project's top folder
  ASSERT_TRUE(file) << "no docs/configs.md here; run from the project's top folder";
  std::string content{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(content, markdown()) << "run `make docs`";
}

}  // namespace
}  // namespace meerkat::config
