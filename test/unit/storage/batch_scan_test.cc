#include "storage/batch_scan.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <random>
#include <string>
#include <vector>

#include "record/builder.h"

namespace meerkat::storage {
namespace {

/// A file of batches of all sizes, large enough to be read ahead; a few are larger than what is read at a time.
class LargeFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/meerkat-scan-XXXXXX";
    const int descriptor = mkstemp(name);
    ASSERT_GE(descriptor, 0);
    ::close(descriptor);
    path_ = name;
    file_ = *FileSystem::system().open(path_, OpenMode::read_write);
    std::mt19937 random(7);
    while (size_ < ReadAhead::kWorthwhile) {
      const size_t length = random() % 50 == 0 ? 2'000'000 : random() % 100'000;
      Bytes value(length, static_cast<uint8_t>(positions_.size()));
      record::BatchBuilder builder;
      builder.append(1'700'000'000'000, std::nullopt, value);
      const Bytes batch = builder.build();
      ASSERT_TRUE(file_->pwrite(batch, size_).ok());
      positions_.push_back(size_);
      size_ += static_cast<int64_t>(batch.size());
    }
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  /// Where whole batches with a good checksum were found.
  std::vector<int64_t> scan(int64_t to, Scan* end) {
    std::vector<int64_t> found;
    FullScan scan(*file_, 0, to);
    for (;;) {
      *end = scan.next();
      if (*end != Scan::batch) break;
      EXPECT_TRUE(scan.batch().crc_ok()) << "at " << scan.position();
      found.push_back(scan.position());
    }
    return found;
  }

  std::string path_;
  std::shared_ptr<File> file_;
  std::vector<int64_t> positions_;
  int64_t size_ = 0;
};

TEST_F(LargeFile, IsFoundWhole) {
  Scan end;
  EXPECT_EQ(scan(size_, &end), positions_);
  EXPECT_EQ(end, Scan::end);
}

TEST_F(LargeFile, EndsBeforeATornBatch) {
  Scan end;
  const auto found = scan(size_ - 1, &end);
  EXPECT_EQ(found, std::vector<int64_t>(positions_.begin(), positions_.end() - 1));
  EXPECT_EQ(end, Scan::corrupt);
}

TEST_F(LargeFile, MayBeShorterThanItWas) {
  ASSERT_TRUE(file_->truncate(positions_.back() + 5).ok());
  Scan end;
  const auto found = scan(size_, &end);
  EXPECT_EQ(found, std::vector<int64_t>(positions_.begin(), positions_.end() - 1));
  EXPECT_EQ(end, Scan::corrupt);
}

TEST_F(LargeFile, NeedNotBeReadToItsEnd) {
  FullScan scan(*file_, 0, size_);
  EXPECT_EQ(scan.next(), Scan::batch);
}

}  // namespace
}  // namespace meerkat::storage
