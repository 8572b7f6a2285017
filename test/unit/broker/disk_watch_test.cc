#include "broker/disk_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/mutex.h"

namespace meerkat::broker {
namespace {

/// Files whose sync() does not return while the disk is held.
class HeldDisk : public File {
 public:
  explicit HeldDisk(std::shared_ptr<File> file, std::atomic<bool>& held, std::atomic<int>& waiting)
      : file_(std::move(file)), held_(held), waiting_(waiting) {}
  const std::string& path() const override { return file_->path(); }
  Result<size_t> pread(MutableBytes out, int64_t offset) const override { return file_->pread(out, offset); }
  Status pwrite(ByteView data, int64_t offset) override { return file_->pwrite(data, offset); }
  Status truncate(int64_t size) override { return file_->truncate(size); }
  Result<int64_t> size() const override { return file_->size(); }
  int fd() const override { return file_->fd(); }
  Status sync() override {
    ++waiting_;
    while (held_) std::this_thread::yield();
    --waiting_;
    return {};
  }

 private:
  std::shared_ptr<File> file_;
  std::atomic<bool>& held_;
  std::atomic<int>& waiting_;
};

class HeldDisks : public FileSystem {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = system().open(path, mode);
    if (!file) return file;
    return std::shared_ptr<File>(std::make_shared<HeldDisk>(*file, held, waiting));
  }
  Status rename(const std::string& from, const std::string& to) override { return system().rename(from, to); }
  Status remove(const std::string& path) override { return system().remove(path); }
  Status remove_all(const std::string& path) override { return system().remove_all(path); }
  Status make_directory(const std::string& path) override { return system().make_directory(path); }
  Status sync_directory(const std::string& path) override { return system().sync_directory(path); }
  Result<std::vector<Entry>> list(const std::string& path) override { return system().list(path); }
  bool exists(const std::string& path) override { return system().exists(path); }
  Result<int64_t> modified_ms(const std::string& path) override { return system().modified_ms(path); }
  Status set_modified_ms(const std::string& path, int64_t ms) override { return system().set_modified_ms(path, ms); }
  Result<int64_t> file_size(const std::string& path) override { return system().file_size(path); }
  Result<Space> space(const std::string& path) override { return system().space(path); }

  std::atomic<bool> held{false};
  std::atomic<int> waiting{0};
};

TEST(DiskWatch, AWriteThatDoesNotEndIsAStallUntilItEnds) {
  char name[] = "/tmp/disk-watch-XXXXXX";
  const std::string dir = mkdtemp(name);
  HeldDisks disks;
  ManualClock clock;
  {
    DiskWatch watch({{dir}, 10'000}, disks, clock);
    disks.held = true;
    watch.start();
    while (disks.waiting == 0) std::this_thread::yield();
    EXPECT_EQ(watch.stalled(), "");
    clock.advance_ms(10'000);
    EXPECT_EQ(watch.stalled(), "") << "it may take as long as the limit";
    clock.advance_ms(1);
    EXPECT_EQ(watch.stalled(), dir);
    disks.held = false;
    while (!watch.stalled().empty()) std::this_thread::yield();
  }
  EXPECT_FALSE(std::filesystem::exists(dir + "/" + DiskWatch::kFileName)) << "nothing is left behind";
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace meerkat::broker
