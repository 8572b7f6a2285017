// How far the groups coordinated here are behind, in records and in time: the coordinator knows what is committed, the
// replicas know the ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "replica/context.h"

namespace meerkat::group {

/// What a group has committed.
struct GroupOffset {
  std::string group;
  TopicPartition partition;
  int64_t committed = -1;
};

/// What a replica knows of a partition.
struct PartitionEnd {
  int64_t high_watermark = -1;
  /// The timestamp of the first record at or behind the offset asked about; nothing if there is none yet.
  std::optional<int64_t> unread_since_ms;
};

/// Asks the replicas of this broker. A seam for tests.
class PartitionEnds {
 public:
  virtual ~PartitionEnds() = default;
  /// Nothing if the partition has no replica here. May read the disk.
  virtual std::optional<PartitionEnd> end(const TopicPartition& partition, int64_t offset) = 0;
};

/// The real one: replicas that this broker leads or follows. A follower's end is at most a fetch behind the leader's.
class ReplicaEnds : public PartitionEnds {
 public:
  /// `replicas` outlives this.
  explicit ReplicaEnds(replica::ReplicaContext& replicas) : replicas_(replicas) {}
  std::optional<PartitionEnd> end(const TopicPartition& partition, int64_t offset) override;

 private:
  replica::ReplicaContext& replicas_;
};

/// Of one group and partition.
struct GroupLag {
  GroupOffset offset;
  int64_t end = -1;     // high watermark
  int64_t records = 0;  // still to be read
  double seconds = 0;   // the age of the oldest of them; 0 if there is none
};

/// The lag of each offset whose partition has a replica here. `now_ms`: wall.
std::vector<GroupLag> lags_of(const std::vector<GroupOffset>& offsets, PartitionEnds& ends, int64_t now_ms);

}  // namespace meerkat::group
