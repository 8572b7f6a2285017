#include "net/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <random>

#include "test/fakes/blocking_client.h"
#include "test/fakes/faulty_file_system.h"

namespace meerkat::net {
namespace {

using fakes::BlockingClient;
using Outcome = Output::Outcome;

// Takes as many bytes a turn as the test says.
class FakeTransport : public Transport {
 public:
  Bytes sent;
  size_t room = SIZE_MAX;
  int error = EAGAIN;
  std::vector<std::string> calls;

  ssize_t readv(const iovec*, int) override { return 0; }
  ssize_t writev(const iovec* from, int count, bool more) override {
    calls.push_back(more ? "more" : "write");
    size_t n = 0;
    for (int i = 0; i < count; ++i) n += take({static_cast<const uint8_t*>(from[i].iov_base), from[i].iov_len});
    return result(n);
  }
  ssize_t sendfile(int file, int64_t offset, size_t length) override {
    calls.push_back("file");
    Bytes bytes(std::min(length, room));
    const ssize_t got = ::pread(file, bytes.data(), bytes.size(), offset);
    if (got == 0 && !bytes.empty()) return 0;
    bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return result(take(bytes));
  }

 private:
  size_t take(ByteView bytes) {
    const size_t n = std::min(bytes.size(), room);
    sent.insert(sent.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
    room -= n;
    return n;
  }
  ssize_t result(size_t n) {
    if (n > 0) return static_cast<ssize_t>(n);
    errno = error;
    return -1;
  }
};

class FakeColdReads : public ColdReads {
 public:
  bool cold = false;
  bool resident(const FileRange&) const override { return !cold; }
  Read read_now(const FileRange& range, MutableBytes out) const override {
    if (cold) return Read::cold;
    return range.file->pread(out, range.offset).ok() ? Read::done : Read::failed;
  }
  void prefetch(FileRange, Task) override {}
};

Bytes pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 13 + i / 256);
  return bytes;
}

class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/meerkat-output-XXXXXX";
    path_ = ::mkdtemp(name);
    real_ = open(FileSystem::system(), path_ + "/log");
    memory_ = open(memory_files_, path_ + "/log");
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  std::shared_ptr<File> open(FileSystem& fs, const std::string& path) {
    EXPECT_TRUE(fs.make_directory(path_).ok());
    auto file = fs.open(path, OpenMode::create);
    EXPECT_TRUE(file.ok());
    EXPECT_TRUE((*file)->pwrite(content_, 0).ok());
    return *file;
  }

  std::string path_;
  const Bytes content_ = pattern(3'000'000);
  fakes::FaultyFileSystem memory_files_;
  std::shared_ptr<File> real_, memory_;
  FakeTransport to_;
  Output output_;
};

Chain chain_of(const std::string& text) {
  Chain chain;
  chain.append(Bytes(text.begin(), text.end()));
  return chain;
}

TEST_F(OutputTest, GathersAnswersInOneWrite) {
  output_.push(chain_of("one"));
  output_.push(Chain());
  output_.push(chain_of("three"));
  EXPECT_EQ(output_.pending(), 4 + 3 + 4 + 4 + 5);
  EXPECT_EQ(output_.write(to_, nullptr), Outcome::done);
  EXPECT_EQ(to_.calls.size(), 1u);
  EXPECT_EQ(to_.sent, (Bytes{0, 0, 0, 3, 'o', 'n', 'e', 0, 0, 0, 0, 0, 0, 0, 5, 't', 'h', 'r', 'e', 'e'}));
  EXPECT_TRUE(output_.empty());
  EXPECT_EQ(output_.pending(), 0);
}

TEST_F(OutputTest, AnyMixOfPartsSurvivesPartialWrites) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    FakeTransport to;
    Output output;
    Bytes expected;
    for (int m = 0; m < 5; ++m) {
      Chain chain;
      for (int parts = static_cast<int>(random() % 6); parts-- > 0;) {
        const auto length = static_cast<int64_t>(random() % (random() % 3 == 0 ? 300'000 : 2000) + 1);
        const auto offset = static_cast<int64_t>(random() % 1000);
        const ByteView bytes = ByteView(content_).subspan(offset, length);
        switch (random() % 4) {
          case 0:
            chain.append(Bytes(bytes.begin(), bytes.end()));
            break;
          case 1:
            chain.append(SharedView{nullptr, bytes});
            break;
          case 2:
            chain.append(FileRange{real_, offset, length});
            break;
          case 3:
            chain.append(FileRange{memory_, offset, length});
            break;
        }
      }
      const Bytes framed = BlockingClient::framed(chain.flatten());
      expected.insert(expected.end(), framed.begin(), framed.end());
      output.push(std::move(chain));
    }
    EXPECT_EQ(output.pending(), static_cast<int64_t>(expected.size()));
    for (int turns = 0; !output.empty(); ++turns) {
      ASSERT_LT(turns, 100'000);
      to.room = random() % (round % 2 ? 100'000 : 5000);
      const Outcome outcome = output.write(to, nullptr);
      ASSERT_TRUE(outcome == Outcome::done || outcome == Outcome::blocked || outcome == Outcome::turn);
      ASSERT_EQ(output.pending(), static_cast<int64_t>(expected.size() - to.sent.size()));
    }
    ASSERT_EQ(to.sent, expected) << "round " << round;
  }
}

TEST_F(OutputTest, HeaderAndFileLeaveTogetherAndSmallRangesAreCopied) {
  Chain chain = chain_of("head");
  chain.append(FileRange{real_, 0, 100'000});
  output_.push(std::move(chain));
  EXPECT_EQ(output_.write(to_, nullptr), Outcome::done);
  EXPECT_EQ(to_.calls, (std::vector<std::string>{"more", "file"}));

  to_.calls.clear();
  Chain small = chain_of("head");
  small.append(FileRange{real_, 5, 500});
  small.append(Bytes{1, 2});
  small.append(FileRange{real_, 900, 500});
  output_.push(std::move(small));
  EXPECT_EQ(output_.write(to_, nullptr), Outcome::done);
  EXPECT_EQ(to_.calls, (std::vector<std::string>{"write"}));
}

TEST_F(OutputTest, ATurnHasAnEnd) {
  Chain chain;
  for (int i = 0; i < 4; ++i) chain.append(FileRange{real_, 0, 1'000'000});
  output_.push(std::move(chain));
  int turns = 0;
  for (Outcome outcome = Outcome::turn; outcome == Outcome::turn; ++turns) {
    outcome = output_.write(to_, nullptr);
    EXPECT_LE(output_.written(), Output::kTurn + Output::kLeftOver);
  }
  EXPECT_EQ(turns, 4);
  EXPECT_TRUE(output_.empty());
}

TEST_F(OutputTest, StopsAtAColdRangeAndGoesOnWhenItIsWarm) {
  FakeColdReads cold;
  for (const int64_t length : {500, 2'500'000}) {
    cold.cold = true;
    to_.sent.clear();
    Chain chain = chain_of("head");
    chain.append(FileRange{real_, 77, length});
    const Bytes expected = BlockingClient::framed(chain.flatten());
    output_.push(std::move(chain));
    EXPECT_EQ(output_.write(to_, &cold), Outcome::cold);
    EXPECT_EQ(to_.sent.size(), 8u);  // what is before it has left
    EXPECT_EQ(output_.cold_range().offset, 77);
    EXPECT_EQ(output_.cold_range().length, std::min<int64_t>(length, 2 * Output::kTurn));
    EXPECT_EQ(output_.write(to_, &cold), Outcome::cold);
    cold.cold = false;
    while (output_.write(to_, &cold) == Outcome::turn) continue;
    EXPECT_EQ(to_.sent, expected);
  }
}

TEST_F(OutputTest, AFileThatIsTooShortIsReported) {
  for (const auto& file : {real_, memory_}) {
    for (const int64_t length : {500, 100'000}) {
      Output output;
      Chain chain;
      chain.append(FileRange{file, 2'999'900, length});
      output.push(std::move(chain));
      Outcome outcome;
      do {  // a short sendfile may be the socket's doing: the next one tells
        outcome = output.write(to_, nullptr);
      } while (outcome == Outcome::turn || outcome == Outcome::blocked);
      EXPECT_EQ(outcome, Outcome::unreadable);
      EXPECT_NE(output.error().find(file->path()), std::string::npos) << output.error();
    }
  }
}

TEST_F(OutputTest, AFailedWriteIsReported) {
  output_.push(chain_of("one"));
  to_.room = 0;
  to_.error = EPIPE;
  EXPECT_EQ(output_.write(to_, nullptr), Outcome::broken);
  EXPECT_EQ(output_.error(), std::strerror(EPIPE));
}

TEST(PoolColdReads, PrefetchBringsARangeIntoThePageCache) {
  char name[] = "/tmp/meerkat-cold-XXXXXX";
  const std::string path = std::string(::mkdtemp(name)) + "/file";
  auto file = FileSystem::system().open(path, OpenMode::create);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->pwrite(pattern(1 << 20), 0).ok());
  event::Pool pool("disk", 1);
  PoolColdReads cold(pool);
  EXPECT_TRUE(cold.resident({*file, 0, 1 << 20}));  // just written
  EXPECT_TRUE(cold.resident({*file, 0, 0}));
  // Dropped from the cache, where the file system lets us.
  ASSERT_TRUE((*file)->sync().ok());
  ::posix_fadvise((*file)->fd(), 0, 0, POSIX_FADV_DONTNEED);
  std::promise<void> done;
  cold.prefetch({*file, 0, 1 << 20}, [&] { done.set_value(); });
  done.get_future().wait();
  EXPECT_TRUE(cold.resident({*file, 0, 1 << 20}));
  Bytes out(5000);
  EXPECT_EQ(cold.read_now({*file, 100, 5000}, out), ColdReads::Read::done);
  EXPECT_TRUE(std::equal(out.begin(), out.end(), pattern(1 << 20).begin() + 100));
  EXPECT_EQ(cold.read_now({*file, (1 << 20) - 10, 5000}, out), ColdReads::Read::failed);
  std::filesystem::remove_all(std::filesystem::path(path).parent_path());
}

}  // namespace
}  // namespace meerkat::net
