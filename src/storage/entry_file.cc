#include "storage/entry_file.h"

#include <algorithm>
#include <cassert>

namespace meerkat::storage {
namespace {

constexpr size_t kChunk = 1024;  // bytes of entries that wait in memory before they are written
constexpr size_t kPage = 4096;   // bytes that a search reads at once

}  // namespace

EntryFile::EntryFile(OpenFiles& pool, std::string path, size_t entry_size, int64_t count)
    : entry_size_(entry_size), file_(pool, std::move(path), OpenMode::create), stored_(count) {
  assert(entry_size <= kMaxEntrySize);
}

int64_t EntryFile::count() const {
  MutexLock lock(mutex_);
  return stored_ + static_cast<int64_t>(tail_.size() / entry_size_);
}

void EntryFile::append(const uint8_t* entry) {
  MutexLock lock(mutex_);
  tail_.insert(tail_.end(), entry, entry + entry_size_);
  if (tail_.size() >= kChunk) [[maybe_unused]]
    auto written = write_tail();
}

Status EntryFile::write_tail() {
  if (tail_.empty()) return {};
  auto file = file_.get();
  if (!file) return file.failure();
  if (auto done = (*file)->pwrite(tail_, stored_ * static_cast<int64_t>(entry_size_)); !done) return done;
  stored_ += static_cast<int64_t>(tail_.size() / entry_size_);
  tail_.clear();
  return {};
}

Status EntryFile::write_out() {
  MutexLock lock(mutex_);
  if (auto done = write_tail(); !done) return done;
  auto file = file_.get();
  if (!file) return file.failure();
  auto size = (*file)->size();
  if (!size) return size.failure();
  int64_t expected = stored_ * static_cast<int64_t>(entry_size_);
  if (*size == expected) return {};
  return (*file)->truncate(expected);
}

Status EntryFile::sync() {
  if (auto done = write_out(); !done) return done;
  auto file = file_.get();
  if (!file) return file.failure();
  return (*file)->sync();
}

Status EntryFile::truncate(int64_t count) {
  MutexLock lock(mutex_);
  last_page_.reset();
  if (count >= stored_) {
    tail_.resize(std::min(tail_.size(), static_cast<size_t>(count - stored_) * entry_size_));
    return {};
  }
  tail_.clear();
  stored_ = count;
  auto file = file_.get();
  if (!file) return file.failure();
  return (*file)->truncate(count * static_cast<int64_t>(entry_size_));
}

Result<EntryFile::Entry> EntryFile::at(int64_t index) const {
  Entry entry{};
  {
    MutexLock lock(mutex_);
    if (index >= stored_) {
      if (tail_.size() < static_cast<size_t>(index - stored_ + 1) * entry_size_) return fail("no such index entry");
      std::copy_n(tail_entry(index), entry_size_, entry.begin());
      return entry;
    }
  }
  auto file = file_.get();
  if (!file) return file.failure();
  auto got = (*file)->pread(MutableBytes(entry).subspan(0, entry_size_), index * static_cast<int64_t>(entry_size_));
  if (!got) return got.failure();
  if (*got != entry_size_) return fail("index " + file_.path() + " is shorter than its entries");
  return entry;
}

Result<std::shared_ptr<const EntryFile::Page>> EntryFile::page(int64_t number, int64_t stored) const {
  auto per_page = static_cast<int64_t>(kPage / entry_size_);
  auto fresh = std::make_shared<Page>();
  fresh->first = number * per_page;
  fresh->count = std::min(per_page, stored - fresh->first);
  fresh->bytes.resize(static_cast<size_t>(fresh->count) * entry_size_);
  auto file = file_.get();
  if (!file) return file.failure();
  auto got = (*file)->pread(fresh->bytes, fresh->first * static_cast<int64_t>(entry_size_));
  if (!got) return got.failure();
  if (*got != fresh->bytes.size()) return fail("index " + file_.path() + " is shorter than its entries");
  std::shared_ptr<const Page> page = std::move(fresh);
  MutexLock lock(mutex_);
  last_page_ = page;
  return page;
}

Result<int64_t> EntryFile::partition_point(const Predicate& before) const {
  int64_t stored = 0;
  std::shared_ptr<const Page> known;
  auto search = [&](const uint8_t* entries, int64_t count) {
    int64_t low = 0, high = count;
    while (low < high) {
      int64_t middle = (low + high) / 2;
      if (before(entries + static_cast<size_t>(middle) * entry_size_)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  {
    MutexLock lock(mutex_);
    stored = stored_;
    known = last_page_;
    if (stored == 0 || (!tail_.empty() && before(tail_.data()))) {
      return stored + search(tail_.data(), static_cast<int64_t>(tail_.size() / entry_size_));
    }
  }
  auto per_page = static_cast<int64_t>(kPage / entry_size_);
  int64_t low = 0, high = (stored + per_page - 1) / per_page;  // the page we want is the last whose first is `before`
  auto first_of = [](const Page& p) { return p.bytes.data(); };
  // A sequential reader finds itself in the page of the last search or in the next one.
  if (known && known->first + known->count <= stored) {
    int64_t number = known->first / per_page;
    if (before(first_of(*known))) {
      auto* last = known->bytes.data() + static_cast<size_t>(known->count - 1) * entry_size_;
      if (!before(last)) return known->first + search(known->bytes.data(), known->count);
      low = known->count == per_page ? std::min(number + 1, high - 1) : number;
      if (low != number) {
        auto next = page(low, stored);
        if (!next) return next.failure();
        auto* next_last = (*next)->bytes.data() + static_cast<size_t>((*next)->count - 1) * entry_size_;
        if (!before(first_of(**next))) return (*next)->first;
        if ((*next)->first + (*next)->count == stored || !before(next_last)) {
          return (*next)->first + search((*next)->bytes.data(), (*next)->count);
        }
      }
    } else {
      high = std::max<int64_t>(number, 1);
    }
  }
  while (high - low > 1) {
    int64_t middle = (low + high) / 2;
    auto entry = at(middle * per_page);
    if (!entry) return entry.failure();
    (before(entry->data()) ? low : high) = middle;
  }
  auto found = page(low, stored);
  if (!found) return found.failure();
  return (*found)->first + search((*found)->bytes.data(), (*found)->count);
}

}  // namespace meerkat::storage
