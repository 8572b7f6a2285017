// The committed offsets of one group, and those on their way.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/topic_partition.h"

namespace meerkat::group {

/// A position that a group has stored.
struct CommittedOffset {
  int64_t offset = -1;
  int32_t leader_epoch = -1;  // -1: none given
  std::string metadata;
  int64_t commit_timestamp_ms = -1;            // wall
  std::optional<int64_t> expire_timestamp_ms;  // wall; from a retention time in OffsetCommit v2 to v4
  bool operator==(const CommittedOffset&) const = default;
};

/// One partition of a commit.
struct OffsetCommit {
  TopicPartition partition;
  CommittedOffset value;
};

/// Plain data, no I/O, no clock. A commit is begun before its records are appended and finished or failed afterwards;
/// in between the old position is what readers get. Of two commits the one that lies later in the log wins, whatever
/// the order in which they are finished.
class OffsetBook {
 public:
  /// The position of a partition as the log has it.
  struct Stored {
    CommittedOffset value;
    int64_t log_offset = -1;  // of the batch it was read from or appended with
  };
  using Partitions = std::map<int32_t, Stored>;
  using Topics = std::map<std::string, Partitions, std::less<>>;

  const Topics& topics() const { return topics_; }
  const Stored* find(std::string_view topic, int32_t partition) const;
  size_t size() const;
  /// No position and none on its way.
  bool empty() const { return topics_.empty() && pending_.empty() && transactional_.empty(); }
  /// A commit of the partition is on its way, or waits for the end of a transaction (KIP-447: such are unstable).
  bool has_pending(const TopicPartition& partition) const;

  void begin(const std::vector<OffsetCommit>& commits);
  void finish(const std::vector<OffsetCommit>& commits, int64_t log_offset);
  void fail(const std::vector<OffsetCommit>& commits);

  /// What is read from the log while a partition is loaded.
  void put(const TopicPartition& partition, CommittedOffset value, int64_t log_offset);
  /// Forgets positions, also those on their way. Returns the ones that were there.
  std::vector<TopicPartition> remove(const std::vector<TopicPartition>& partitions);
  std::vector<TopicPartition> remove_all();
  /// Removes and returns the positions that `expired(topic, partition, value)` names, but for those with a commit on
  /// its way.
  std::vector<TopicPartition> remove_if(
      const std::function<bool(const std::string&, int32_t, const CommittedOffset&)>& expired);

  // ---- Transactions: positions appended in a transaction take effect with its commit marker.
  void put_transactional(int64_t producer_id, const TopicPartition& partition, CommittedOffset value,
                         int64_t log_offset);
  /// Likewise for those that are on their way to the log; pending from the beginning, as the marker may be acknowledged
  /// before they are.
  void begin_transactional(int64_t producer_id, const std::vector<OffsetCommit>& commits);
  void finish_transactional(int64_t producer_id, const std::vector<OffsetCommit>& commits, int64_t log_offset);
  void fail_transactional(int64_t producer_id, const std::vector<OffsetCommit>& commits);
  /// The transaction of `producer_id` is over. Whether it held anything here.
  bool complete_transaction(int64_t producer_id, bool commit);

 private:
  void drop_pending(const TopicPartition& partition);

  Topics topics_;
  std::map<TopicPartition, int> pending_;  // commits on their way
  std::map<int64_t, std::map<TopicPartition, Stored>> transactional_;
};

}  // namespace meerkat::group
