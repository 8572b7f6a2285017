// A file of fixed-size entries that only grows: what offset and time indexes have in common. No mmap: the newest
// entries wait in memory until a chunk of them is worth a system call, older ones are read by pread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/result.h"
#include "storage/open_files.h"

namespace meerkat::storage {

/// Thread-safe; one writer at a time. Entries are numbered from 0.
class EntryFile {
 public:
  static constexpr size_t kMaxEntrySize = 12;
  using Entry = std::array<uint8_t, kMaxEntrySize>;
  using Predicate = std::function<bool(const uint8_t* entry)>;

  /// `count`: entries that are in the file already.
  EntryFile(OpenFiles& pool, std::string path, size_t entry_size, int64_t count);

  int64_t count() const;
  /// Adds an entry. A failure to write a full chunk is not the caller's matter: the entries stay in memory and the
  /// next append tries again.
  void append(const uint8_t* entry);
  Result<Entry> at(int64_t index) const;
  /// The number of entries at the front for which `before` holds (it must hold for a prefix only).
  Result<int64_t> partition_point(const Predicate& before) const;
  /// Drops the entries from `count` on.
  Status truncate(int64_t count);
  /// Writes out what is in memory, and cuts the file to exactly its entries.
  Status write_out();
  /// write_out(), then fsync.
  Status sync();
  void close() { file_.close(); }
  std::string path() const { return file_.path(); }
  void set_path(std::string path) { file_.set_path(std::move(path)); }
  Status rename(std::string path) { return file_.rename(std::move(path)); }

 private:
  struct Page {
    int64_t first = 0;  // number of its first entry
    int64_t count = 0;
    Bytes bytes;
  };
  Status write_tail() REQUIRES(mutex_);
  Result<std::shared_ptr<const Page>> page(int64_t number, int64_t stored) const;
  const uint8_t* tail_entry(int64_t index) const REQUIRES(mutex_) {
    return tail_.data() + static_cast<size_t>(index - stored_) * entry_size_;
  }

  const size_t entry_size_;
  mutable PooledFile file_;
  mutable Mutex mutex_;
  int64_t stored_ GUARDED_BY(mutex_);  // entries in the file
  Bytes tail_ GUARDED_BY(mutex_);      // entries behind those
  mutable std::shared_ptr<const Page> last_page_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::storage
