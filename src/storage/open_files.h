// Keeps the number of open descriptors bounded, however many segments and indexes there are.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"

namespace meerkat::storage {

class OpenFiles;

/// A file that is opened when it is first used, and that may be closed again in between. Thread-safe. Whoever holds
/// the File that get() returned keeps it open.
class PooledFile {
 public:
  /// `mode` is used at each opening: create for files that may not exist yet.
  PooledFile(OpenFiles& pool, std::string path, OpenMode mode);
  ~PooledFile();
  PooledFile(const PooledFile&) = delete;
  PooledFile& operator=(const PooledFile&) = delete;

  Result<std::shared_ptr<File>> get();
  /// Lets go of the descriptor until the next get().
  void close();
  std::string path() const;
  /// The file's directory has been renamed; the open descriptor stays good.
  void set_path(std::string path);
  /// Renames the file if it exists; nobody opens it in between.
  Status rename(std::string path);
  FileSystem& fs() const;

 private:
  friend class OpenFiles;
  /// Second chance: false if it was used since the last call, else closes it.
  bool close_if_idle();

  OpenFiles& pool_;
  const OpenMode mode_;
  mutable Mutex mutex_;
  std::string path_ GUARDED_BY(mutex_);
  std::shared_ptr<File> file_ GUARDED_BY(mutex_);
  bool used_ GUARDED_BY(mutex_) = false;
  int slot_ = -1;  // index in pool_.open_; guarded by pool_.mutex_
};

/// The pool: closes the files that were not used lately when more than `limit` are open. Outlives its files.
class OpenFiles {
 public:
  OpenFiles(FileSystem& fs, int limit) : fs_(fs), limit_(limit < 4 ? 4 : limit) {}
  /// Half of the descriptors the process may have; the rest is for connections.
  static int default_limit();
  FileSystem& fs() const { return fs_; }
  int open_count() const;

 private:
  friend class PooledFile;
  void admit(PooledFile& file);
  void forget(PooledFile& file);
  /// Closes idle files until at most `keep` are open, or none is idle after two rounds.
  void evict(size_t keep) REQUIRES(mutex_);
  void shrink();

  FileSystem& fs_;
  const int limit_;
  mutable Mutex mutex_;
  std::vector<PooledFile*> open_ GUARDED_BY(mutex_);
  size_t hand_ GUARDED_BY(mutex_) = 0;
};

}  // namespace meerkat::storage
