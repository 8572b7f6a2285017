#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace meerkat {
namespace {

Fail<Error> failed(const char* action, const std::string& path, int code) {
  return fail(std::string("cannot ") + action + " " + path + ": " + std::generic_category().message(code), code);
}

/// Repeats a system call that a signal interrupted.
template <class Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

class PosixFile : public File {
 public:
  PosixFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PosixFile() override { ::close(fd_); }

  const std::string& path() const override { return path_; }

  Result<size_t> pread(MutableBytes out, int64_t offset) const override {
    size_t done = 0;
    while (done < out.size()) {
      ssize_t n = retry(
          [&] { return ::pread(fd_, out.data() + done, out.size() - done, offset + static_cast<int64_t>(done)); });
      if (n < 0) return failed("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Result<size_t> pread_cached(MutableBytes out, int64_t offset) const override {
    size_t done = 0;
    while (done < out.size()) {
      const iovec to{out.data() + done, out.size() - done};
      const ssize_t n = retry([&] { return ::preadv2(fd_, &to, 1, offset + static_cast<int64_t>(done), RWF_NOWAIT); });
      if (n < 0 && errno == EOPNOTSUPP) return pread(out, offset);
      if (n < 0) return failed("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Status pwrite(ByteView data, int64_t offset) override {
    while (!data.empty()) {
      ssize_t n = retry([&] { return ::pwrite(fd_, data.data(), data.size(), offset); });
      if (n < 0) return failed("write to", path_, errno);
      data = data.subspan(static_cast<size_t>(n));
      offset += n;
    }
    return {};
  }

  Status truncate(int64_t size) override {
    if (retry([&] { return ::ftruncate(fd_, size); }) < 0) return failed("truncate", path_, errno);
    return {};
  }

  Result<int64_t> size() const override {
    struct stat st;
    if (::fstat(fd_, &st) < 0) return failed("examine", path_, errno);
    return static_cast<int64_t>(st.st_size);
  }

  Status sync() override {
    if (retry([&] { return ::fdatasync(fd_); }) < 0) return failed("fsync", path_, errno);
    return {};
  }

  int fd() const override { return fd_; }

 private:
  std::string path_;
  int fd_;
};

class PosixFileSystem : public FileSystem {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    if (mode == OpenMode::read) flags |= O_RDONLY;
    if (mode == OpenMode::read_write) flags |= O_RDWR;
    if (mode == OpenMode::create) flags |= O_RDWR | O_CREAT;
    int fd = retry([&] { return ::open(path.c_str(), flags, 0644); });
    if (fd < 0) return failed("open", path, errno);
    return std::shared_ptr<File>(std::make_shared<PosixFile>(path, fd));
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) return failed("rename", from + " to " + to, errno);
    return {};
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) < 0) return failed("remove", path, errno);
    return {};
  }

  Status remove_all(const std::string& path) override {
    std::error_code code;
    std::filesystem::remove_all(path, code);
    if (code) return failed("remove", path, code.value());
    return {};
  }

  Status make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0755) == 0) return {};
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code) return failed("make directory", path, code.value());
    return {};
  }

  Status sync_directory(const std::string& path) override {
    int fd = retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return failed("open directory", path, errno);
    int result = retry([&] { return ::fsync(fd); });
    int code = errno;
    ::close(fd);
    if (result < 0) return failed("fsync directory", path, code);
    return {};
  }

  Result<std::vector<Entry>> list(const std::string& path) override {
    const int fd = retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return failed("list", path, errno);
    std::vector<Entry> entries;
    // Not opendir(): thousands of small directories are listed at a start, and it allocates 32 KB for each.
    alignas(dirent64) std::array<char, 4096> buffer;
    ssize_t got = 0;
    while ((got = ::getdents64(fd, buffer.data(), buffer.size())) > 0) {
      for (ssize_t at = 0; at < got;) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
        at += entry->d_reclen;
        std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        bool directory = entry->d_type == DT_DIR;
        if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
          struct stat st;
          directory = ::fstatat(fd, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
        }
        entries.push_back({std::move(name), directory});
      }
    }
    const int code = errno;
    ::close(fd);
    if (got < 0) return failed("list", path, code);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
  }

  bool exists(const std::string& path) override {
    struct stat st;
    return ::stat(path.c_str(), &st) == 0;
  }

  Result<int64_t> modified_ms(const std::string& path) override {
    struct stat st;
    if (::stat(path.c_str(), &st) < 0) return failed("examine", path, errno);
    return int64_t{st.st_mtim.tv_sec} * 1000 + st.st_mtim.tv_nsec / 1'000'000;
  }

  Status set_modified_ms(const std::string& path, int64_t wall_ms) override {
    timespec times[2] = {{0, UTIME_OMIT}, {wall_ms / 1000, (wall_ms % 1000) * 1'000'000}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) < 0) return failed("set the time of", path, errno);
    return {};
  }

  Result<int64_t> file_size(const std::string& path) override {
    struct stat st;
    if (::stat(path.c_str(), &st) < 0) return failed("examine", path, errno);
    return static_cast<int64_t>(st.st_size);
  }

  Result<Space> space(const std::string& path) override {
    struct statvfs st;
    if (::statvfs(path.c_str(), &st) < 0) return failed("examine the file system of", path, errno);
    auto block = static_cast<int64_t>(st.f_frsize);
    return Space{static_cast<int64_t>(st.f_blocks) * block, static_cast<int64_t>(st.f_bavail) * block};
  }
};

}  // namespace

FileSystem& FileSystem::system() {
  static auto* fs = new PosixFileSystem;  // never destroyed: files may outlive main()
  return *fs;
}

Status write_atomically(FileSystem& fs, const std::string& path, ByteView content) {
  std::string temporary = path + ".tmp";
  {
    auto file = fs.open(temporary, OpenMode::create);
    if (!file) return file.failure();
    if (auto done = (*file)->truncate(0); !done) return done;
    if (auto done = (*file)->pwrite(content, 0); !done) return done;
    if (auto done = (*file)->sync(); !done) return done;
  }
  if (auto done = fs.rename(temporary, path); !done) return done;
  auto slash = path.rfind('/');
  return fs.sync_directory(slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1)));
}

Result<Bytes> read_file(FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::read);
  if (!file) return file.failure();
  auto size = (*file)->size();
  if (!size) return size.failure();
  Bytes content(static_cast<size_t>(*size));
  auto got = (*file)->pread(content, 0);
  if (!got) return got.failure();
  content.resize(*got);
  return content;
}

}  // namespace meerkat
