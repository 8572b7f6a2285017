#include "replica/partition_map.h"

namespace meerkat::replica {

const std::shared_ptr<Partition>* HostedPartitions::find(std::string_view topic, int32_t partition) const {
  return by_name_.find(PartitionName{topic, partition});
}

const std::shared_ptr<Partition>* HostedPartitions::find(const Uuid& topic, int32_t partition) const {
  return by_id_.find(PartitionId{topic, partition});
}

void PartitionMap::update(std::span<const std::shared_ptr<Partition>> set,
                          std::span<const std::shared_ptr<Partition>> removed) {
  if (set.empty() && removed.empty()) return;
  const auto before = current_.load();
  decltype(HostedPartitions::by_name_)::Editor names(before->by_name_);
  decltype(HostedPartitions::by_id_)::Editor ids(before->by_id_);
  for (const auto& p : removed) {
    names.erase(p->name());
    if (const Uuid id = p->topic_id(); !id.is_zero()) ids.erase(PartitionId{id, p->name().partition});
  }
  for (const auto& p : set) {
    names.set(p->name(), p);
    if (const Uuid id = p->topic_id(); !id.is_zero()) ids.set(PartitionId{id, p->name().partition}, p);
  }
  auto next = std::make_shared<HostedPartitions>();
  next->by_name_ = std::move(names).finish();
  next->by_id_ = std::move(ids).finish();
  current_.store(std::move(next));
}

}  // namespace meerkat::replica
