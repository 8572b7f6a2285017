#include "base/file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/chain.h"
#include "base/gathered_write.h"
#include "test/fakes/faulty_file_system.h"

namespace meerkat {
namespace {

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    std::string pattern = ::testing::TempDir() + "meerkat-file-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { std::filesystem::remove_all(dir_); }
  std::string at(const std::string& name) const { return dir_ + "/" + name; }

  FileSystem& fs_ = FileSystem::system();
  std::string dir_;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  auto file = fs_.open(at("a"), OpenMode::create);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->pwrite(as_bytes("hello world"), 0).ok());
  ASSERT_TRUE((*file)->pwrite(as_bytes("W"), 6).ok());
  Bytes out(20);
  auto got = (*file)->pread(out, 6);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(as_text(ByteView(out).subspan(0, *got)), "World");
  EXPECT_EQ(*(*file)->size(), 11);
  ASSERT_TRUE((*file)->truncate(5).ok());
  ASSERT_TRUE((*file)->sync().ok());
  EXPECT_EQ(as_text(*read_file(fs_, at("a"))), "hello");
  EXPECT_EQ(*fs_.file_size(at("a")), 5);
}

TEST_F(FileTest, AnOpenFileOutlivesItsName) {
  ASSERT_TRUE(write_atomically(fs_, at("a"), as_bytes("x")).ok());
  auto file = fs_.open(at("a"), OpenMode::read);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(fs_.remove(at("a")).ok());
  Bytes out(1);
  EXPECT_EQ(*(*file)->pread(out, 0), 1u);
  EXPECT_FALSE(fs_.exists(at("a")));
}

TEST_F(FileTest, ErrorsNamePathAndCause) {
  auto missing = at("no/such/file");
  struct Case {
    const char* name;
    std::function<Error()> run;
  } cases[] = {
      {"open", [&] { return fs_.open(missing, OpenMode::read).error(); }},
      {"create", [&] { return fs_.open(missing, OpenMode::create).error(); }},
      {"read", [&] { return read_file(fs_, missing).error(); }},
      {"rename", [&] { return fs_.rename(missing, at("b")).error(); }},
      {"remove", [&] { return fs_.remove(missing).error(); }},
      {"list", [&] { return fs_.list(missing).error(); }},
      {"time", [&] { return fs_.modified_ms(missing).error(); }},
      {"size", [&] { return fs_.file_size(missing).error(); }},
      {"sync", [&] { return fs_.sync_directory(missing).error(); }},
      {"write_atomically", [&] { return write_atomically(fs_, missing, {}).error(); }},
  };
  for (auto& c : cases) {
    auto error = c.run();
    EXPECT_EQ(error.code, ENOENT) << c.name;
    EXPECT_NE(error.message.find(missing), std::string::npos) << c.name << ": " << error.message;
    EXPECT_NE(error.message.find("No such file or directory"), std::string::npos) << c.name << ": " << error.message;
  }
}

TEST_F(FileTest, ListsFilesAndDirectoriesByName) {
  ASSERT_TRUE(fs_.make_directory(at("d/e")).ok());
  ASSERT_TRUE(fs_.make_directory(at("d")).ok());
  ASSERT_TRUE(write_atomically(fs_, at("c"), as_bytes("1")).ok());
  auto entries = fs_.list(dir_);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].name, "c");
  EXPECT_FALSE((*entries)[0].directory);
  EXPECT_EQ((*entries)[1].name, "d");
  EXPECT_TRUE((*entries)[1].directory);
  ASSERT_TRUE(fs_.remove_all(at("d")).ok());
  EXPECT_FALSE(fs_.exists(at("d/e")));
}

TEST_F(FileTest, SetsAndReadsModificationTimes) {
  ASSERT_TRUE(write_atomically(fs_, at("a"), as_bytes("x")).ok());
  ASSERT_TRUE(fs_.set_modified_ms(at("a"), 1'600'000'000'123).ok());
  EXPECT_EQ(*fs_.modified_ms(at("a")), 1'600'000'000'123);
}

TEST_F(FileTest, ChainFlattensAllKindsOfParts) {
  ASSERT_TRUE(write_atomically(fs_, at("a"), as_bytes("0123456789")).ok());
  auto shared = std::make_shared<std::string>("view");
  Chain chain;
  chain.tail() = {'b'};
  chain.tail().push_back('c');
  chain.append(SharedView{shared, as_bytes(*shared)});
  chain.append(FileRange{*fs_.open(at("a"), OpenMode::read), 3, 4});
  chain.append(FileRange{});
  chain.tail().push_back('!');
  EXPECT_EQ(chain.parts().size(), 4u);
  EXPECT_EQ(chain.size(), 11);
  EXPECT_EQ(as_text(chain.flatten()), "bcview3456!");
}

// Whatever the moment of the crash, the old or the new content is there, whole.
TEST_F(FileTest, WritesPiecesBehindOneAnother) {
  auto file = fs_.open(at("pieces"), OpenMode::create);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->pwrite(as_bytes("head"), 0).ok());
  // More than one system call takes, an empty one among them.
  std::vector<std::string> texts;
  std::string expected = "head";
  for (int i = 0; i < 150; ++i) {
    texts.push_back(i == 70 ? "" : std::to_string(i) + ";");
    expected += texts.back();
  }
  std::vector<ByteView> pieces;
  for (const auto& text : texts) pieces.push_back(as_bytes(text));
  ASSERT_TRUE(write_gathered(**file, pieces, 4).ok());
  const auto content = read_file(fs_, at("pieces"));
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(as_text(*content), expected);
}

TEST(WriteAtomically, IsAllOrNothingInEveryCrash) {
  std::string old(3000, 'o'), fresh(5000, 'n');
  int kept_old = 0, got_new = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    fakes::FaultyFileSystem fs;
    ASSERT_TRUE(fs.make_directory("/d").ok());
    ASSERT_TRUE(fs.sync_directory("/").ok());
    ASSERT_TRUE(write_atomically(fs, "/d/f", as_bytes(old)).ok());
    fs.die_at(static_cast<int64_t>(1 + seed % 8));
    bool finished = write_atomically(fs, "/d/f", as_bytes(fresh)).ok();
    fs.crash(seed);
    auto content = read_file(fs, "/d/f");
    ASSERT_TRUE(content.ok()) << seed;
    auto text = as_text(*content);
    ASSERT_TRUE(text == old || text == fresh) << seed;
    if (finished) {
      ASSERT_EQ(text, fresh) << seed;
    }
    ++(text == old ? kept_old : got_new);
  }
  EXPECT_GT(kept_old, 0);
  EXPECT_GT(got_new, 0);
}

TEST(FaultyFileSystem, ForgetsWhatWasNotSynced) {
  bool lost_bytes = false, lost_name = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    fakes::FaultyFileSystem fs;
    ASSERT_TRUE(fs.make_directory("/d").ok());
    ASSERT_TRUE(fs.sync_directory("/").ok());
    auto file = *fs.open("/d/f", OpenMode::create);
    ASSERT_TRUE(file->pwrite(as_bytes("durable"), 0).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(fs.sync_directory("/d").ok());
    ASSERT_TRUE(file->pwrite(as_bytes("volatile"), 7).ok());
    ASSERT_TRUE(fs.open("/d/g", OpenMode::create).ok());
    fs.crash(seed);
    auto content = fs.content("/d/f");
    ASSERT_EQ(as_text(content).substr(0, 7), "durable");
    lost_bytes |= content.size() < 15;
    lost_name |= !fs.exists("/d/g");
    EXPECT_FALSE(file->pwrite(as_bytes("x"), 0).ok()) << "a file of before the crash is dead";
  }
  EXPECT_TRUE(lost_bytes);
  EXPECT_TRUE(lost_name);
}

TEST(FaultyFileSystem, FailsAtTheNthChangeAndWhenFull) {
  fakes::FaultyFileSystem fs;
  ASSERT_TRUE(fs.make_directory("/d").ok());
  auto file = *fs.open("/d/f", OpenMode::create);
  fs.fail_at(2, EIO);
  EXPECT_TRUE(file->pwrite(as_bytes("abc"), 0).ok());
  EXPECT_EQ(file->sync().error().code, EIO);
  EXPECT_TRUE(file->sync().ok());
  fs.set_capacity(5);
  EXPECT_EQ(file->pwrite(as_bytes("defgh"), 3).error().code, ENOSPC);
  EXPECT_EQ(*file->size(), 5) << "a full disk takes what fits";
}

}  // namespace
}  // namespace meerkat
