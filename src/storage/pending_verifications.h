// Transactions whose first batch waits for the coordinator to confirm that the partition belongs to them (KIP-890).
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"

namespace meerkat::storage {

/// Names one verification of one producer; an append shows it. A guard that was handed out before the transaction ended
/// fits no more, so that a late confirmation opens no transaction that nobody would end. 0: none.
struct VerificationGuard {
  uint64_t id = 0;
  bool operator==(const VerificationGuard&) const = default;
};

/// One entry a producer. Not thread-safe: the log's lock guards it.
class PendingVerifications {
 public:
  /// Joins the producer's verification, or begins one. Several batches may wait: the lowest sequence number of the
  /// newest epoch is kept.
  VerificationGuard begin(int64_t producer_id, int16_t epoch, int32_t sequence, int64_t now_ms) {
    auto [it, is_new] = entries_.try_emplace(producer_id, Entry{{}, now_ms, epoch, sequence});
    Entry& entry = it->second;
    if (is_new) entry.guard.id = ++last_id_;
    if (epoch > entry.epoch || (epoch == entry.epoch && sequence < entry.lowest_sequence)) {
      entry.epoch = epoch;
      entry.lowest_sequence = sequence;
    }
    return entry.guard;
  }
  /// Whether `guard` is that of the verification which the producer has begun.
  bool fits(int64_t producer_id, VerificationGuard guard) const {
    const auto it = entries_.find(producer_id);
    return it != entries_.end() && it->second.guard == guard;
  }
  /// A batch with a lower sequence number waits, too, and has to come first: else it could never follow.
  bool must_wait(int64_t producer_id, int32_t sequence) const {
    const auto it = entries_.find(producer_id);
    return it != entries_.end() && sequence > it->second.lowest_sequence;
  }
  /// The transaction has begun in the log, or has ended.
  void end(int64_t producer_id) { entries_.erase(producer_id); }
  /// Forgets what was begun before `now_ms` less `age_ms` and never confirmed.
  void expire(int64_t now_ms, int64_t age_ms) {
    absl::erase_if(entries_, [&](const auto& item) { return now_ms - item.second.begun_ms >= age_ms; });
  }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    VerificationGuard guard;
    int64_t begun_ms = 0;  // wall
    int16_t epoch = -1;
    int32_t lowest_sequence = -1;
  };
  absl::flat_hash_map<int64_t, Entry> entries_;
  uint64_t last_id_ = 0;
};

}  // namespace meerkat::storage
