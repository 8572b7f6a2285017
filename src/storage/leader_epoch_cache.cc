#include "storage/leader_epoch_cache.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>

#include "storage/text_checkpoint.h"

namespace meerkat::storage {
namespace {

Result<std::vector<EpochEntry>> parse(ByteView content) {
  auto lines = parse_checkpoint(content, 2);
  if (!lines) return lines.failure();
  std::vector<EpochEntry> entries;
  for (auto& line : *lines) {
    auto epoch = parse_number(line[0]), start = parse_number(line[1]);
    if (!epoch) return epoch.failure();
    if (!start) return start.failure();
    EpochEntry entry{static_cast<int32_t>(*epoch), *start};
    if (entry.epoch < 0 || entry.start_offset < 0 ||
        (!entries.empty() &&
         (entry.epoch <= entries.back().epoch || entry.start_offset < entries.back().start_offset))) {
      return fail("epochs and start offsets do not rise at epoch " + line[0]);
    }
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace

bool LeaderEpochCache::load() {
  entries_.clear();
  auto content = read_file(fs_, path());
  if (!content && content.error().code == ENOENT) return false;
  auto entries = content ? parse(*content) : Result<std::vector<EpochEntry>>(content.failure());
  if (!entries) {
    LOG(WARNING) << path() << " cannot be used: " << entries.error().message << "; rebuilding it from the log";
    return false;
  }
  entries_ = std::move(entries).value();
  dirty_ = false;
  return true;
}

void LeaderEpochCache::clear() {
  if (entries_.empty()) return;
  entries_.clear();
  dirty_ = true;
}

bool LeaderEpochCache::assign(int32_t epoch, int64_t start_offset) {
  if (epoch < 0 || start_offset < 0 || epoch <= latest_epoch()) return false;
  std::erase_if(entries_, [&](const EpochEntry& e) { return e.start_offset >= start_offset; });
  entries_.push_back({epoch, start_offset});
  dirty_ = true;
  return true;
}

EpochEntry LeaderEpochCache::end_offset_for(int32_t epoch, int64_t log_end_offset) const {
  if (epoch < 0 || entries_.empty() || epoch > latest_epoch()) return {};
  if (epoch == latest_epoch()) return {epoch, log_end_offset};
  auto next = std::upper_bound(entries_.begin(), entries_.end(), epoch,
                               [](int32_t wanted, const EpochEntry& e) { return wanted < e.epoch; });
  if (next == entries_.begin()) return {epoch, next->start_offset};
  return {std::prev(next)->epoch, next->start_offset};
}

int32_t LeaderEpochCache::epoch_for_offset(int64_t offset) const {
  auto next = std::upper_bound(entries_.begin(), entries_.end(), offset,
                               [](int64_t wanted, const EpochEntry& e) { return wanted < e.start_offset; });
  return next == entries_.begin() ? -1 : std::prev(next)->epoch;
}

bool LeaderEpochCache::truncate_from_end(int64_t offset) {
  bool changed = std::erase_if(entries_, [&](const EpochEntry& e) { return e.start_offset >= offset; }) > 0;
  dirty_ |= changed;
  return changed;
}

bool LeaderEpochCache::truncate_from_start(int64_t offset) {
  auto next = std::upper_bound(entries_.begin(), entries_.end(), offset,
                               [](int64_t wanted, const EpochEntry& e) { return wanted < e.start_offset; });
  if (next == entries_.begin()) return false;
  auto current = std::prev(next);
  if (current == entries_.begin() && current->start_offset == offset) return false;
  current->start_offset = offset;
  entries_.erase(entries_.begin(), current);
  dirty_ = true;
  return true;
}

std::string LeaderEpochCache::text() const {
  std::vector<std::string> lines;
  for (auto& e : entries_) lines.push_back(std::to_string(e.epoch) + " " + std::to_string(e.start_offset));
  return print_checkpoint(lines);
}

Status LeaderEpochCache::write() {
  auto temporary = path() + ".tmp";
  {
    auto file = fs_.open(temporary, OpenMode::create);
    if (!file) return file.failure();
    auto content = text();
    if (auto done = (*file)->truncate(0); !done) return done;
    if (auto done = (*file)->pwrite(as_bytes(content), 0); !done) return done;
  }
  if (auto done = fs_.rename(temporary, path()); !done) return done;
  dirty_ = false;
  return {};
}

}  // namespace meerkat::storage
