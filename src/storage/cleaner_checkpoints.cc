#include "storage/cleaner_checkpoints.h"

#include <glog/logging.h>

#include <cerrno>

namespace meerkat::storage {

CleanerCheckpoints::CleanerCheckpoints(FileSystem& fs, const std::vector<std::string>& dirs, OnIoError on_io_error)
    : fs_(fs), on_io_error_(std::move(on_io_error)) {
  for (auto& dir : dirs) offsets_[dir] = read_offset_checkpoint(fs, dir + "/" + kCleanerFile);
}

std::optional<int64_t> CleanerCheckpoints::get(const TopicPartition& tp, const std::string& dir) const {
  std::lock_guard lock(mutex_);
  auto of_dir = offsets_.find(dir);
  if (of_dir == offsets_.end()) return std::nullopt;
  auto it = of_dir->second.find(tp);
  return it == of_dir->second.end() ? std::nullopt : std::optional<int64_t>(it->second);
}

void CleanerCheckpoints::update(const std::string& dir, const Change& change) {
  Status done;
  {
    std::lock_guard lock(mutex_);
    auto& offsets = offsets_[dir];
    if (!change(offsets)) return;
    done = write_offset_checkpoint(fs_, dir + "/" + kCleanerFile, offsets);
  }
  if (done) return;
  if (done.error().code == ENOSPC || done.error().code == EDQUOT) {
    LOG_EVERY_N(WARNING, 20) << done.error().message << "; it will be written with the next cleaning";
    return;
  }
  on_io_error_(dir, done.error());
}

void CleanerCheckpoints::set(const TopicPartition& tp, const std::string& dir, int64_t offset) {
  update(dir, [&](PartitionOffsets& offsets) {
    offsets[tp] = offset;
    return true;
  });
}

void CleanerCheckpoints::lower(const TopicPartition& tp, const std::string& dir, int64_t offset) {
  update(dir, [&](PartitionOffsets& offsets) {
    auto it = offsets.find(tp);
    if (it == offsets.end() || it->second <= offset) return false;
    it->second = offset;
    return true;
  });
}

void CleanerCheckpoints::remove(const TopicPartition& tp, const std::string& dir) {
  update(dir, [&](PartitionOffsets& offsets) { return offsets.erase(tp) > 0; });
}

void CleanerCheckpoints::move(const TopicPartition& tp, const std::string& from, const std::string& to) {
  auto offset = get(tp, from);
  if (!offset) return;
  remove(tp, from);
  set(tp, to, *offset);
}

}  // namespace meerkat::storage
