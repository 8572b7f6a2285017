// The .lock of a log directory: one broker a directory, whether ours or Java's.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace meerkat::storage {

/// Held from acquire() to destruction. A POSIX record lock, as Java's FileLock takes it; since those do not exclude
/// each other within a process, this process also keeps a list of its own.
class DirectoryLock {
 public:
  /// An error that names the directory if another broker holds it.
  static Result<std::unique_ptr<DirectoryLock>> acquire(FileSystem& fs, const std::string& log_dir);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  DirectoryLock(FileSystem& fs, std::string path, std::shared_ptr<File> file)
      : fs_(fs), path_(std::move(path)), file_(std::move(file)) {}
  FileSystem& fs_;
  std::string path_;
  std::shared_ptr<File> file_;
};

}  // namespace meerkat::storage
