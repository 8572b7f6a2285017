#include "storage/transaction_index.h"

#include <algorithm>

namespace meerkat::storage {
namespace {

constexpr int16_t kVersion = 0;

void encode(const AbortedTxn& txn, uint8_t* at) {
  store_be<int16_t>(at, kVersion);
  store_be<int64_t>(at + 2, txn.producer_id);
  store_be<int64_t>(at + 10, txn.first_offset);
  store_be<int64_t>(at + 18, txn.last_offset);
  store_be<int64_t>(at + 26, txn.last_stable_offset);
}

}  // namespace

Status TransactionIndex::load(int64_t base_offset) {
  MutexLock lock(mutex_);
  entries_.clear();
  stored_ = 0;
  file_exists_ = fs_.exists(path_);
  if (!file_exists_) return {};
  auto content = read_file(fs_, path_);
  if (!content) return content.failure();
  if (content->size() % kEntrySize != 0) return fail(path_ + ": size is no multiple of an entry's");
  for (size_t at = 0; at < content->size(); at += kEntrySize) {
    const uint8_t* p = content->data() + at;
    AbortedTxn txn{load_be<int64_t>(p + 2), load_be<int64_t>(p + 10), load_be<int64_t>(p + 18),
                   load_be<int64_t>(p + 26)};
    bool rises = entries_.empty() || txn.last_offset > entries_.back().last_offset;
    if (load_be<int16_t>(p) != kVersion || txn.last_offset < base_offset || txn.first_offset > txn.last_offset ||
        !rises) {
      entries_.clear();
      return fail(path_ + ": entry at byte " + std::to_string(at) + " makes no sense");
    }
    entries_.push_back(txn);
  }
  stored_ = entries_.size();
  return {};
}

Status TransactionIndex::append(const AbortedTxn& txn) {
  MutexLock lock(mutex_);
  entries_.push_back(txn);
  return write_new();
}

Status TransactionIndex::write_new() {
  if (stored_ == entries_.size()) return {};
  auto file = fs_.open(path_, OpenMode::create);
  if (!file) return file.failure();
  Bytes bytes((entries_.size() - stored_) * kEntrySize);
  for (size_t i = stored_; i < entries_.size(); ++i) encode(entries_[i], bytes.data() + (i - stored_) * kEntrySize);
  if (auto done = (*file)->pwrite(bytes, static_cast<int64_t>(stored_ * kEntrySize)); !done) return done;
  stored_ = entries_.size();
  file_exists_ = true;
  return {};
}

bool TransactionIndex::collect(int64_t from, int64_t to, std::vector<AbortedTxn>& out) const {
  MutexLock lock(mutex_);
  for (auto& txn : entries_) {
    if (txn.last_offset >= from && txn.first_offset < to) out.push_back(txn);
    if (txn.last_stable_offset >= to) return true;
  }
  return false;
}

Status TransactionIndex::truncate_to_offset(int64_t offset) {
  MutexLock lock(mutex_);
  auto keep = std::find_if(entries_.begin(), entries_.end(), [&](auto& txn) { return txn.last_offset >= offset; });
  entries_.erase(keep, entries_.end());
  stored_ = std::min(stored_, entries_.size());
  if (!file_exists_) return {};
  auto file = fs_.open(path_, OpenMode::create);
  if (!file) return file.failure();
  return (*file)->truncate(static_cast<int64_t>(stored_ * kEntrySize));
}

Status TransactionIndex::sync() {
  MutexLock lock(mutex_);
  if (auto done = write_new(); !done) return done;
  if (!file_exists_) return {};
  auto file = fs_.open(path_, OpenMode::read_write);
  if (!file) return file.failure();
  return (*file)->sync();
}

std::vector<AbortedTxn> TransactionIndex::all() const {
  MutexLock lock(mutex_);
  return entries_;
}

bool TransactionIndex::exists() const {
  MutexLock lock(mutex_);
  return file_exists_;
}

std::string TransactionIndex::path() const {
  MutexLock lock(mutex_);
  return path_;
}

void TransactionIndex::set_path(std::string path) {
  MutexLock lock(mutex_);
  path_ = std::move(path);
}

Status TransactionIndex::rename(std::string path) {
  MutexLock lock(mutex_);
  if (fs_.exists(path_)) {
    if (auto done = fs_.rename(path_, path); !done) return done;
  }
  path_ = std::move(path);
  return {};
}

}  // namespace meerkat::storage
