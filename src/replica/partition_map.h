// All partitions that this broker hosts, by name and by topic id. Read on every request, written by the state thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/topic_partition.h"
#include "base/uuid.h"
#include "cluster/persistent_map.h"
#include "cluster/snapshot.h"
#include "replica/partition.h"

namespace meerkat::replica {

/// A partition's name that borrows the topic.
struct PartitionName {
  std::string_view topic;
  int32_t partition = 0;
};

/// A partition by its topic's id.
struct PartitionId {
  Uuid topic;
  int32_t partition = 0;
  bool operator==(const PartitionId&) const = default;
  template <class H>
  friend H AbslHashValue(H h, const PartitionId& id) {
    return H::combine(std::move(h), id.topic, id.partition);
  }
};

/// One version of the map. Pointers it gives live as long as it does.
class HostedPartitions {
 public:
  /// The partition, or null if it is not hosted here. An offline one is found.
  const std::shared_ptr<Partition>* find(std::string_view topic, int32_t partition) const;
  const std::shared_ptr<Partition>* find(const Uuid& topic, int32_t partition) const;
  size_t size() const { return by_name_.size(); }
  template <class F>
  void for_each(F&& visit) const {
    by_name_.for_each([&](const TopicPartition&, const std::shared_ptr<Partition>& p) { visit(p); });
  }

 private:
  friend class PartitionMap;
  struct Hash {
    using is_transparent = void;
    size_t operator()(const TopicPartition& tp) const { return (*this)(PartitionName{tp.topic, tp.partition}); }
    size_t operator()(const PartitionName& name) const { return absl::HashOf(name.topic, name.partition); }
  };
  struct Eq {
    using is_transparent = void;
    bool operator()(const TopicPartition& a, const TopicPartition& b) const { return a == b; }
    bool operator()(const TopicPartition& a, const PartitionName& b) const {
      return a.partition == b.partition && a.topic == b.topic;
    }
  };
  cluster::PersistentMap<TopicPartition, std::shared_ptr<Partition>, Hash, Eq> by_name_;
  cluster::PersistentMap<PartitionId, std::shared_ptr<Partition>> by_id_;
};

class PartitionMap {
 public:
  PartitionMap() : current_(std::make_shared<HostedPartitions>()) {}

  /// The current version: take it once a request. Any thread.
  std::shared_ptr<const HostedPartitions> current() const { return current_.load(); }

  /// State thread: adds partitions (also again, when their topic id became known) and removes some, in one step.
  void update(std::span<const std::shared_ptr<Partition>> set, std::span<const std::shared_ptr<Partition>> removed);

 private:
  cluster::Snapshot<HostedPartitions> current_;
};

}  // namespace meerkat::replica
