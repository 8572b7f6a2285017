#include "broker/session_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace meerkat::broker {
namespace {

class SessionFileTest : public testing::Test {
 protected:
  SessionFileTest() {
    char name[] = "/tmp/session-file-XXXXXX";
    root_ = mkdtemp(name);
    for (const char* dir : {"a", "b"}) std::filesystem::create_directory(root_ / dir);
  }
  ~SessionFileTest() override { std::filesystem::remove_all(root_); }

  SessionFile file() { return SessionFile(FileSystem::system(), {root_ / "a", root_ / "b"}); }
  std::filesystem::path path(const char* dir) { return root_ / dir / SessionFile::kName; }

  std::filesystem::path root_;
  zk::SessionId id_{int64_t(0x8001'0000'0000'00ffULL), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xff}};
};

TEST_F(SessionFileTest, TheNextProcessKnowsTheSession) {
  EXPECT_EQ(file().read("zk:2181/x"), std::nullopt);
  file().write("zk:2181/x", id_);
  EXPECT_EQ(file().read("zk:2181/x"), id_);
  EXPECT_EQ(file().read("zk:2181/y"), std::nullopt) << "another cluster's";
  struct stat status;
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(SessionFileTest, AnyOfTheDirectoriesIsEnough) {
  file().write("zk", id_);
  std::filesystem::remove_all(root_ / "a");
  EXPECT_EQ(file().read("zk"), id_);
}

TEST_F(SessionFileTest, NothingIsLeftAfterACleanEnd) {
  file().write("zk", id_);
  file().remove();
  EXPECT_FALSE(std::filesystem::exists(path("a")));
  EXPECT_FALSE(std::filesystem::exists(path("b")));
  file().remove();
}

TEST_F(SessionFileTest, WhatIsNotUnderstoodIsPassedOver) {
  const std::string password(32, 'a');
  for (const std::string& text : {std::string(), std::string("0\nzk\n"), "1\nzk\nff\n" + password + "\n",
                                  "0\nzk\nxyz\n" + password + "\n", "0\nzk\nff\n" + password.substr(1) + "\n",
                                  "0\nzk\nff\n" + password.substr(1) + "g\n", "0\nzk\n0\n" + password + "\n"}) {
    std::ofstream(path("a")) << text;
    EXPECT_EQ(file().read("zk"), std::nullopt) << text;
  }
  std::ofstream(path("a")) << "0\nzk\nff\n" + password + "\n";
  EXPECT_EQ(file().read("zk")->id, 0xff);
}

}  // namespace
}  // namespace meerkat::broker
