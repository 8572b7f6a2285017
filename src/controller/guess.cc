#include "controller/guess.h"

namespace meerkat::controller {

std::optional<Leadership> guess_leadership(const cluster::MetadataImage& image, const TopicPartition& tp,
                                           const Uuid& topic_id) {
  const cluster::TopicInfo* topic = image.topic(tp.topic);
  if (topic == nullptr || topic_id.is_zero() || topic->id != topic_id) return std::nullopt;
  const cluster::PartitionInfo* partition = topic->partition(tp.partition);
  if (partition == nullptr || partition->zk_version < 0) return std::nullopt;
  if (partition->isr.size() == 1 && partition->replicas.size() > 1) return std::nullopt;
  Leadership out;
  out.leader = partition->leader;
  out.leader_epoch = partition->leader_epoch;
  out.isr = partition->isr;
  out.controller_epoch = partition->controller_epoch;
  out.partition_epoch = partition->zk_version;
  return out;
}

}  // namespace meerkat::controller
