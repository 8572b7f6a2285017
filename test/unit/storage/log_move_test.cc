// Copies of logs that take their place in another directory, and what a crash in between leaves.
#include "test/unit/storage/log_fixture.h"

namespace meerkat::storage {
namespace {

using Lines = std::vector<std::string>;

class LogMove : public LogTest {
 protected:
  LogMove() {
    manager_.reset();
    dirs_ = {"/a", "/b"};
    config_.file_delete_delay_ms = 100;
    open();
  }
  /// A copy of t-0 beside it, with all its records.
  Log& copy_all() {
    auto& from = log();
    other_ = from.parent_dir() == "/a" ? "/b" : "/a";
    auto copy = manager_->create_future({"t", 0}, other_);
    EXPECT_TRUE(copy.ok());
    auto bytes = from.read_bytes(0, 1 << 20, ReadBound::log_end);
    EXPECT_TRUE((*copy)->append_as_follower(*bytes).ok());
    return **copy;
  }
  std::vector<std::string> directories() {
    std::vector<std::string> result;
    for (auto& dir : dirs_) {
      auto entries = fs_.list(dir);
      for (auto& entry : *entries) {
        if (!entry.directory) continue;
        auto dot = entry.name.find('.');
        auto mark = dot == std::string::npos ? "" : entry.name.substr(entry.name.rfind('-'));
        result.push_back(dir + "/" + entry.name.substr(0, dot) + mark);
      }
    }
    return result;
  }
  std::string other_;
};

TEST_F(LogMove, TheCopyTakesTheLogsPlace) {
  auto id = Uuid::random();
  ASSERT_TRUE(log().assign_topic_id(id).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(log(), {.values = {"v" + std::to_string(i)}}).ok());
  auto& copy = copy_all();
  EXPECT_EQ(manager_->future({"t", 0}).get(), &copy);
  EXPECT_EQ(manager_->get({"t", 0})->parent_dir(), "/a");
  EXPECT_EQ(directories(), (Lines{"/a/t-0", "/b/t-0-future"}));
  EXPECT_FALSE(manager_->create_future({"t", 0}, "/b").ok()) << "there is one";

  auto promoted = manager_->promote_future({"t", 0});
  ASSERT_TRUE(promoted.ok());
  EXPECT_EQ(manager_->get({"t", 0}), *promoted);
  EXPECT_EQ(manager_->future({"t", 0}), nullptr);
  EXPECT_EQ(directories(), (Lines{"/a/t-0-delete", "/b/t-0"}));
  EXPECT_EQ((*promoted)->topic_id(), id);
  EXPECT_FALSE(append(*log_).ok()) << "the old one takes nothing any more";
  ASSERT_TRUE(append(log(), {.values = {"after"}}).ok());
  scheduler_.advance(100);
  EXPECT_EQ(directories(), (Lines{"/b/t-0"}));
  reopen_cleanly();
  EXPECT_EQ(read_all(log(), 0), (Lines{"0=v0", "1=v1", "2=v2", "3=after"}));
  EXPECT_EQ(log().parent_dir(), "/b");
}

TEST_F(LogMove, ACopySurvivesARestartAndCanBeDropped) {
  ASSERT_TRUE(append(log()).ok());
  copy_all();
  reopen_after_kill();
  auto copy = manager_->future({"t", 0});
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->log_end_offset(), 1);
  EXPECT_EQ(copy->parent_dir(), other_);
  manager_->drop_future({"t", 0});
  EXPECT_EQ(manager_->future({"t", 0}), nullptr);
  scheduler_.advance(60'000);
  EXPECT_EQ(directories(), (Lines{"/a/t-0"}));
  copy_all();
  log_.reset();
  ASSERT_TRUE(manager_->remove({"t", 0}).ok());
  EXPECT_EQ(manager_->future({"t", 0}), nullptr) << "a copy goes with its log";
}

TEST_F(LogMove, ACrashBetweenTheRenamesIsMended) {
  ASSERT_TRUE(append(log(), {.values = {"x"}}).ok());
  auto path = copy_all().path();
  // The copy has its new name, the old log still has its own; or the old one is gone already.
  ASSERT_TRUE(fs_.rename(path, other_ + "/t-0").ok());
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 0), (Lines{"0=x"}));
  EXPECT_EQ(manager_->all().size(), 1u);
  scheduler_.advance(60'000);
  EXPECT_EQ(directories().size(), 1u);

  path = copy_all().path();
  auto old = log().path();
  ASSERT_TRUE(fs_.rename(old, old + ".00000000000000000000000000000000-delete").ok());
  reopen_after_kill();
  EXPECT_EQ(read_all(log(), 0), (Lines{"0=x"}));
  EXPECT_EQ(log().parent_dir(), other_);
}

TEST_F(LogMove, ANewLogGoesWhereItIsWanted) {
  for (auto* topic : {"one", "two", "three"}) {
    manager_->prefer_dir({topic, 0}, "/b");
    EXPECT_EQ(log(topic).parent_dir(), "/b");
  }
  EXPECT_EQ(log("four").parent_dir(), "/a") << "else the one with the fewest";
}

}  // namespace
}  // namespace meerkat::storage
