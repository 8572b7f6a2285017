#include "cluster/metadata_image.h"

#include <algorithm>

#include "wire/messages/06_update_metadata.h"

namespace meerkat::cluster {

using wire::UpdateMetadataRequest;

const BrokerEndpoint* BrokerInfo::endpoint(std::string_view listener) const {
  for (const auto& e : endpoints) {
    if (e.listener == listener) return &e;
  }
  return nullptr;
}

namespace {

bool index_less(const std::shared_ptr<const PartitionInfo>& p, int32_t index) { return p->index < index; }

// Before v3 a broker had one endpoint a security protocol, and the listener was named after it.
std::string listener_of(const UpdateMetadataRequest::UpdateMetadataEndpoint& e) {
  if (!e.listener.empty()) return e.listener;
  static constexpr std::string_view kNames[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
  const bool known = e.security_protocol >= 0 && e.security_protocol < 4;
  return std::string(known ? kNames[e.security_protocol] : kNames[0]);
}

std::shared_ptr<const BrokerInfo> to_broker(const UpdateMetadataRequest::UpdateMetadataBroker& from) {
  auto broker = std::make_shared<BrokerInfo>();
  broker->id = from.id;
  broker->rack = from.rack && !from.rack->empty() ? from.rack : std::nullopt;
  for (const auto& e : from.endpoints) {
    broker->endpoints.push_back({listener_of(e), e.security_protocol, e.host, e.port});
  }
  if (from.endpoints.empty() && !from.v0_host.empty()) {
    broker->endpoints.push_back({"PLAINTEXT", 0, from.v0_host, from.v0_port});
  }
  return broker;
}

std::shared_ptr<const PartitionInfo> to_partition(const UpdateMetadataRequest::UpdateMetadataPartitionState& from) {
  auto p = std::make_shared<PartitionInfo>();
  p->index = from.partition_index;
  p->controller_epoch = from.controller_epoch;
  p->leader = from.leader;
  p->leader_epoch = from.leader_epoch;
  p->zk_version = from.zk_version;
  p->isr = from.isr;
  p->replicas = from.replicas;
  p->offline_replicas = from.offline_replicas;
  return p;
}

}  // namespace

const PartitionInfo* TopicInfo::partition(int32_t index) const {
  // Without gaps a partition stands at its own number.
  if (index >= 0 && static_cast<size_t>(index) < partitions.size() && partitions[index]->index == index) {
    return partitions[index].get();
  }
  auto it = std::lower_bound(partitions.begin(), partitions.end(), index, index_less);
  return it != partitions.end() && (*it)->index == index ? it->get() : nullptr;
}

const BrokerInfo* MetadataImage::broker(int32_t id) const {
  auto it =
      std::lower_bound(brokers_->begin(), brokers_->end(), id, [](const auto& b, int32_t i) { return b->id < i; });
  return it != brokers_->end() && (*it)->id == id ? it->get() : nullptr;
}

const TopicInfo* MetadataImage::topic(std::string_view name) const {
  const auto* found = topics_.find(name);
  return found ? found->get() : nullptr;
}

std::shared_ptr<const TopicInfo> MetadataImage::shared_topic(std::string_view name) const {
  const auto* found = topics_.find(name);
  return found ? *found : nullptr;
}

const TopicInfo* MetadataImage::topic(const Uuid& id) const {
  const auto* name = names_.find(id);
  return name ? topic(**name) : nullptr;
}

const PartitionInfo* MetadataImage::partition(std::string_view topic_name, int32_t index) const {
  const auto* found = topic(topic_name);
  return found ? found->partition(index) : nullptr;
}

/// The work of one request: topics that it touches are copied once, then put back.
class MetadataImage::Edit {
 public:
  Edit(const MetadataImage& from, std::vector<TopicPartition>* deleted)
      : topics_(from.topics_), names_(from.names_), deleted_(deleted) {}

  void set_topic_id(const std::string& name, const Uuid& id) {
    auto topic = open(name);
    if (topic->id == id) return;
    if (!topic->id.is_zero()) names_.erase(topic->id);
    // Another topic under the same name: what is left of the former one says nothing about it.
    if (!topic->id.is_zero() && !id.is_zero()) topic->partitions.clear();
    topic->id = id;
  }

  void set_partition(const std::string& name, const UpdateMetadataRequest::UpdateMetadataPartitionState& state) {
    auto& partitions = open(name)->partitions;
    auto it = std::lower_bound(partitions.begin(), partitions.end(), state.partition_index, index_less);
    const bool there = it != partitions.end() && (*it)->index == state.partition_index;
    if (state.leader == kLeaderDuringDelete) {
      if (!there) return;
      if (deleted_) deleted_->push_back({name, state.partition_index});
      partitions.erase(it);
    } else if (there) {
      *it = to_partition(state);
    } else {
      partitions.insert(it, to_partition(state));
    }
  }

  void finish(MetadataImage& into) && {
    for (auto& [name, topic] : open_) {
      if (topic->partitions.empty()) {
        topics_.erase(name);
        if (!topic->id.is_zero()) names_.erase(topic->id);
      } else {
        if (!topic->id.is_zero()) names_.set(topic->id, std::make_shared<const std::string>(name));
        topics_.set(name, std::move(topic));
      }
    }
    into.topics_ = std::move(topics_).finish();
    into.names_ = std::move(names_).finish();
  }

 private:
  TopicInfo* open(const std::string& name) {
    auto& topic = open_[name];
    if (!topic) {
      const auto* known = topics_.find(name);
      topic = known ? std::make_shared<TopicInfo>(**known) : std::make_shared<TopicInfo>();
      topic->name = name;
    }
    return topic.get();
  }

  Topics::Editor topics_;
  TopicNames::Editor names_;
  absl::flat_hash_map<std::string, std::shared_ptr<TopicInfo>> open_;
  std::vector<TopicPartition>* deleted_;
};

std::shared_ptr<const MetadataImage> MetadataImage::apply(const UpdateMetadataRequest& request,
                                                          std::vector<TopicPartition>* deleted) const {
  auto next = std::make_shared<MetadataImage>(*this);
  next->controller_id_ = request.controller_id;

  auto brokers = std::make_shared<Brokers>();
  for (const auto& b : request.live_brokers) brokers->push_back(to_broker(b));
  std::sort(brokers->begin(), brokers->end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  next->brokers_ = std::move(brokers);

  if (request.topic_states.empty() && request.ungrouped_partition_states.empty()) return next;
  Edit edit(*this, deleted);
  for (const auto& topic : request.topic_states) {
    edit.set_topic_id(topic.topic_name, topic.topic_id);
    for (const auto& state : topic.partition_states) edit.set_partition(topic.topic_name, state);
  }
  for (const auto& state : request.ungrouped_partition_states) edit.set_partition(state.topic_name, state);
  std::move(edit).finish(*next);
  return next;
}

void MetadataCache::apply(const UpdateMetadataRequest& request) {
  const auto before = image_.load();
  std::vector<TopicPartition> deleted;
  const auto now = before->apply(request, &deleted);
  image_.store(now);
  for (const auto& listener : listeners_) listener(*before, *now, deleted);
}

}  // namespace meerkat::cluster
