#include "group/offset_book.h"

#include <cassert>

namespace meerkat::group {

namespace {
/// The log offset of what has not been acknowledged yet.
constexpr int64_t kOnItsWay = -1;
}  // namespace

const OffsetBook::Stored* OffsetBook::find(std::string_view topic, int32_t partition) const {
  auto found = topics_.find(topic);
  if (found == topics_.end()) return nullptr;
  auto it = found->second.find(partition);
  return it == found->second.end() ? nullptr : &it->second;
}

size_t OffsetBook::size() const {
  size_t n = 0;
  for (const auto& [topic, partitions] : topics_) n += partitions.size();
  return n;
}

bool OffsetBook::has_pending(const TopicPartition& partition) const {
  if (pending_.contains(partition)) return true;
  for (const auto& [producer, offsets] : transactional_) {
    if (offsets.contains(partition)) return true;
  }
  return false;
}

void OffsetBook::begin(const std::vector<OffsetCommit>& commits) {
  for (const auto& commit : commits) ++pending_[commit.partition];
}

void OffsetBook::finish(const std::vector<OffsetCommit>& commits, int64_t log_offset) {
  for (const auto& commit : commits) {
    // Removed meanwhile: the tombstone lies behind this record.
    if (!pending_.contains(commit.partition)) continue;
    put(commit.partition, commit.value, log_offset);
    drop_pending(commit.partition);
  }
}

void OffsetBook::fail(const std::vector<OffsetCommit>& commits) {
  for (const auto& commit : commits) drop_pending(commit.partition);
}

void OffsetBook::drop_pending(const TopicPartition& partition) {
  auto it = pending_.find(partition);
  if (it != pending_.end() && --it->second == 0) pending_.erase(it);
}

void OffsetBook::put(const TopicPartition& partition, CommittedOffset value, int64_t log_offset) {
  Stored& stored = topics_[partition.topic][partition.partition];
  if (stored.log_offset <= log_offset) stored = {std::move(value), log_offset};
}

std::vector<TopicPartition> OffsetBook::remove(const std::vector<TopicPartition>& partitions) {
  std::vector<TopicPartition> removed;
  for (const auto& partition : partitions) {
    pending_.erase(partition);
    for (auto it = transactional_.begin(); it != transactional_.end();) {
      it->second.erase(partition);
      it = it->second.empty() ? transactional_.erase(it) : std::next(it);
    }
    auto topic = topics_.find(partition.topic);
    if (topic == topics_.end() || topic->second.erase(partition.partition) == 0) continue;
    if (topic->second.empty()) topics_.erase(topic);
    removed.push_back(partition);
  }
  return removed;
}

std::vector<TopicPartition> OffsetBook::remove_all() {
  std::vector<TopicPartition> removed;
  for (const auto& [topic, partitions] : topics_) {
    for (const auto& [partition, stored] : partitions) removed.push_back({topic, partition});
  }
  topics_.clear();
  pending_.clear();
  transactional_.clear();
  return removed;
}

std::vector<TopicPartition> OffsetBook::remove_if(
    const std::function<bool(const std::string&, int32_t, const CommittedOffset&)>& expired) {
  std::vector<TopicPartition> removed;
  for (auto topic = topics_.begin(); topic != topics_.end();) {
    std::erase_if(topic->second, [&](const auto& entry) {
      const auto& [partition, stored] = entry;
      TopicPartition tp{topic->first, partition};
      if (pending_.contains(tp) || !expired(topic->first, partition, stored.value)) return false;
      removed.push_back(std::move(tp));
      return true;
    });
    topic = topic->second.empty() ? topics_.erase(topic) : std::next(topic);
  }
  return removed;
}

void OffsetBook::put_transactional(int64_t producer_id, const TopicPartition& partition, CommittedOffset value,
                                   int64_t log_offset) {
  transactional_[producer_id][partition] = {std::move(value), log_offset};
}

void OffsetBook::begin_transactional(int64_t producer_id, const std::vector<OffsetCommit>& commits) {
  for (const auto& commit : commits) put_transactional(producer_id, commit.partition, commit.value, kOnItsWay);
}

void OffsetBook::finish_transactional(int64_t producer_id, const std::vector<OffsetCommit>& commits,
                                      int64_t log_offset) {
  auto found = transactional_.find(producer_id);
  if (found == transactional_.end()) return;
  for (const auto& commit : commits) {
    auto it = found->second.find(commit.partition);
    if (it != found->second.end() && it->second.value == commit.value) it->second.log_offset = log_offset;
  }
}

void OffsetBook::fail_transactional(int64_t producer_id, const std::vector<OffsetCommit>& commits) {
  auto found = transactional_.find(producer_id);
  if (found == transactional_.end()) return;
  for (const auto& commit : commits) {
    auto it = found->second.find(commit.partition);
    if (it != found->second.end() && it->second.value == commit.value) found->second.erase(it);
  }
  if (found->second.empty()) transactional_.erase(found);
}

bool OffsetBook::complete_transaction(int64_t producer_id, bool commit) {
  auto found = transactional_.find(producer_id);
  if (found == transactional_.end()) return false;
  if (commit) {
    for (auto& [partition, stored] : found->second) {
      const Stored* present = find(partition.topic, partition.partition);
      const bool unknown = stored.log_offset == kOnItsWay;
      put(partition, std::move(stored.value), unknown && present != nullptr ? present->log_offset : stored.log_offset);
    }
  }
  transactional_.erase(found);
  return true;
}

}  // namespace meerkat::group
