// Files and directories. All disk access of the broker goes through FileSystem, so that tests can inject faults,
// drop what was not fsynced, tear writes, and count system calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace meerkat {

/// Where bytes of a file may come from. `page_cache`: for threads that must not wait for the disk.
enum class ReadFrom { disk, page_cache };

/// An open file. Thread-safe for positional reads; writes need the owner's own order. Closed by the destructor.
class File {
 public:
  virtual ~File() = default;
  virtual const std::string& path() const = 0;
  /// Reads up to out.size() bytes at `offset`; fewer only at the end of the file.
  virtual Result<size_t> pread(MutableBytes out, int64_t offset) const = 0;
  /// The same without waiting for the disk: EAGAIN if that is needed. May wait where the page cache cannot be asked.
  virtual Result<size_t> pread_cached(MutableBytes out, int64_t offset) const { return pread(out, offset); }
  Result<size_t> pread(MutableBytes out, int64_t offset, ReadFrom from) const {
    return from == ReadFrom::disk ? pread(out, offset) : pread_cached(out, offset);
  }
  /// Writes all of it at `offset`, or fails (a failed write may have left a part behind).
  virtual Status pwrite(ByteView data, int64_t offset) = 0;
  virtual Status truncate(int64_t size) = 0;
  virtual Result<int64_t> size() const = 0;
  /// fdatasync.
  virtual Status sync() = 0;
  /// The descriptor, for sendfile; -1 where there is none (in-memory files of tests).
  virtual int fd() const = 0;
};

enum class OpenMode { read, read_write, create };  // create: read and write, made if missing

/// The operations on names. One real one for the process; tests bring their own.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status remove_all(const std::string& path) = 0;
  virtual Status make_directory(const std::string& path) = 0;  // and its parents; no error if there
  /// fsync of a directory: makes creations, renames and removals in it durable.
  virtual Status sync_directory(const std::string& path) = 0;
  struct Entry {
    std::string name;
    bool directory = false;
  };
  virtual Result<std::vector<Entry>> list(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Modification time in wall milliseconds.
  virtual Result<int64_t> modified_ms(const std::string& path) = 0;
  virtual Status set_modified_ms(const std::string& path, int64_t wall_ms) = 0;
  virtual Result<int64_t> file_size(const std::string& path) = 0;
  struct Space {
    int64_t total = 0;   // bytes of the file system
    int64_t usable = 0;  // free for unprivileged users
  };
  virtual Result<Space> space(const std::string& path) = 0;

  /// The machine's file system; lives for ever.
  static FileSystem& system();
};

/// Replaces `path` by `content` so that after a crash either the old or the new is there whole:
/// write `path.tmp`, fsync, rename, fsync of the directory.
Status write_atomically(FileSystem& fs, const std::string& path, ByteView content);
/// The whole content of a file.
Result<Bytes> read_file(FileSystem& fs, const std::string& path);

}  // namespace meerkat
