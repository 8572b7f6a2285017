// Up to where each compacted log is clean: the file cleaner-offset-checkpoint of each log directory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/topic_partition.h"
#include "storage/offset_checkpoint.h"

namespace meerkat::storage {

/// Thread-safe; the methods that change something block on the disk. A change that cannot be written for want of room
/// is kept and written with the next; other failures go to `on_io_error`.
class CleanerCheckpoints {
 public:
  using OnIoError = std::function<void(const std::string& dir, const Error& cause)>;

  CleanerCheckpoints(FileSystem& fs, const std::vector<std::string>& dirs, OnIoError on_io_error);

  std::optional<int64_t> get(const TopicPartition& tp, const std::string& dir) const;
  void set(const TopicPartition& tp, const std::string& dir, int64_t offset);
  /// Lowers it to `offset` if it is higher.
  void lower(const TopicPartition& tp, const std::string& dir, int64_t offset);
  void remove(const TopicPartition& tp, const std::string& dir);
  void move(const TopicPartition& tp, const std::string& from, const std::string& to);

 private:
  using Change = std::function<bool(PartitionOffsets&)>;
  /// Applies a change that tells whether it changed anything, and writes the file if so.
  void update(const std::string& dir, const Change& change);

  FileSystem& fs_;
  const OnIoError on_io_error_;
  mutable std::mutex mutex_;  // held over writing
  std::map<std::string, PartitionOffsets> offsets_;
};

}  // namespace meerkat::storage
