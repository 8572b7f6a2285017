#include "storage/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace meerkat::storage {

PooledFile::PooledFile(OpenFiles& pool, std::string path, OpenMode mode)
    : pool_(pool), mode_(mode), path_(std::move(path)) {}

PooledFile::~PooledFile() { pool_.forget(*this); }

Result<std::shared_ptr<File>> PooledFile::get() {
  std::shared_ptr<File> file;
  for (int attempt = 0;; ++attempt) {
    {
      MutexLock lock(mutex_);
      used_ = true;
      if (file_) return file_;
      auto opened = pool_.fs().open(path_, mode_);
      if (opened) {
        file = file_ = *opened;
      } else if (attempt > 0 || (opened.error().code != EMFILE && opened.error().code != ENFILE)) {
        return opened;
      }
    }
    // The pool's lock comes before the files': it is never taken while one of those is held.
    if (file) {
      pool_.admit(*this);
      return file;
    }
    pool_.shrink();
  }
}

void PooledFile::close() {
  std::shared_ptr<File> closing;
  MutexLock lock(mutex_);
  closing.swap(file_);
}

std::string PooledFile::path() const {
  MutexLock lock(mutex_);
  return path_;
}

void PooledFile::set_path(std::string path) {
  MutexLock lock(mutex_);
  path_ = std::move(path);
}

Status PooledFile::rename(std::string path) {
  MutexLock lock(mutex_);
  if (pool_.fs().exists(path_)) {
    if (auto done = pool_.fs().rename(path_, path); !done) return done;
  }
  path_ = std::move(path);
  return {};
}

FileSystem& PooledFile::fs() const { return pool_.fs(); }

bool PooledFile::close_if_idle() {
  std::shared_ptr<File> closing;
  MutexLock lock(mutex_);
  if (used_ && file_) {
    used_ = false;
    return false;
  }
  closing.swap(file_);
  return true;
}

int OpenFiles::default_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur / 2, 1 << 20));
}

int OpenFiles::open_count() const {
  MutexLock lock(mutex_);
  return static_cast<int>(open_.size());
}

void OpenFiles::admit(PooledFile& file) {
  MutexLock lock(mutex_);
  if (open_.size() >= static_cast<size_t>(limit_)) evict(static_cast<size_t>(limit_) - 1);
  if (file.slot_ >= 0) return;
  file.slot_ = static_cast<int>(open_.size());
  open_.push_back(&file);
}

void OpenFiles::forget(PooledFile& file) {
  MutexLock lock(mutex_);
  if (file.slot_ < 0) return;
  open_.back()->slot_ = file.slot_;
  std::swap(open_[static_cast<size_t>(file.slot_)], open_.back());
  open_.pop_back();
  file.slot_ = -1;
}

void OpenFiles::shrink() {
  MutexLock lock(mutex_);
  evict(open_.size() / 2);
}

void OpenFiles::evict(size_t keep) {
  for (size_t looked = 0, rounds = 2 * open_.size(); open_.size() > keep && looked < rounds; ++looked) {
    if (hand_ >= open_.size()) hand_ = 0;
    PooledFile& candidate = *open_[hand_];
    if (!candidate.close_if_idle()) {
      ++hand_;
      continue;
    }
    candidate.slot_ = -1;
    open_[hand_] = open_.back();
    if (open_[hand_] != &candidate) open_[hand_]->slot_ = static_cast<int>(hand_);
    open_.pop_back();
  }
}

}  // namespace meerkat::storage
