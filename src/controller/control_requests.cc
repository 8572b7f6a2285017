#include "controller/control_requests.h"

#include <algorithm>

namespace meerkat::controller {
namespace {

int16_t security_protocol_id(const std::string& name) {
  static const std::map<std::string, int16_t> kIds = {
      {"PLAINTEXT", 0}, {"SSL", 1}, {"SASL_PLAINTEXT", 2}, {"SASL_SSL", 3}};
  const auto it = kIds.find(name);
  return it == kIds.end() ? 0 : it->second;
}

const zk::Endpoint* endpoint_of(const Broker& broker, const std::string& listener) {
  for (const auto& e : broker.info.endpoints) {
    if (e.listener == listener) return &e;
  }
  return nullptr;
}

Uuid topic_id_of(const Context& context, const std::string& topic) {
  const auto it = context.topics.find(topic);
  return it == context.topics.end() ? Uuid{} : it->second.id;
}

// The group of `topic` at the end of `groups`; partitions come sorted by topic.
template <class Group>
Group& group_for(std::vector<Group>& groups, const std::string& topic) {
  if (groups.empty() || groups.back().topic_name != topic) {
    groups.emplace_back();
    groups.back().topic_name = topic;
  }
  return groups.back();
}

wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState leader_and_isr_state(int32_t number, const Partition& partition,
                                                                           bool is_new) {
  const Leadership& leadership = *partition.leadership;
  wire::LeaderAndIsrRequest::LeaderAndIsrPartitionState out;
  out.partition_index = number;
  out.controller_epoch = leadership.controller_epoch;
  out.leader = leadership.leader;
  out.leader_epoch = leadership.leader_epoch;
  out.isr = leadership.isr;
  out.partition_epoch = leadership.partition_epoch;
  out.replicas = partition.assignment.replicas;
  out.adding_replicas = partition.assignment.adding;
  out.removing_replicas = partition.assignment.removing;
  out.is_new = is_new;
  out.leader_recovery_state = leadership.recovering ? 1 : 0;
  return out;
}

wire::UpdateMetadataRequest::UpdateMetadataPartitionState metadata_state(const Context& context,
                                                                         const TopicPartition& tp,
                                                                         const Partition& partition) {
  const Leadership& leadership = *partition.leadership;
  wire::UpdateMetadataRequest::UpdateMetadataPartitionState out;
  out.partition_index = tp.partition;
  out.controller_epoch = leadership.controller_epoch;
  out.isr = leadership.isr;
  if (context.queued_for_deletion(tp.topic)) {
    out.leader = kLeaderDuringDelete;
    out.leader_epoch = 0;
    out.zk_version = 0;
  } else {
    out.leader = leadership.leader;
    out.leader_epoch = leadership.leader_epoch;
    out.zk_version = leadership.partition_epoch;
  }
  out.replicas = partition.assignment.replicas;
  for (int32_t broker : partition.assignment.replicas) {
    if (!context.is_online(broker, tp)) out.offline_replicas.push_back(broker);
  }
  return out;
}

wire::UpdateMetadataRequest::UpdateMetadataBroker metadata_broker(const Broker& broker) {
  wire::UpdateMetadataRequest::UpdateMetadataBroker out;
  out.id = broker.info.id;
  out.rack = broker.info.rack;
  for (const auto& e : broker.info.endpoints) {
    auto& endpoint = out.endpoints.emplace_back();
    endpoint.host = e.host;
    endpoint.port = e.port;
    endpoint.listener = e.listener;
    endpoint.security_protocol = security_protocol_id(e.security_protocol);
  }
  return out;
}

}  // namespace

void ControlRequests::leader_and_isr(std::span<const int32_t> brokers, const TopicPartition& tp, bool is_new) {
  for (int32_t broker : brokers) {
    if (broker < 0) continue;
    bool& flag = leader_and_isr_[broker][tp];
    flag = flag || is_new;
  }
  metadata_to_all(tp);
}

void ControlRequests::metadata_to_all(const TopicPartition& tp) {
  metadata_to_all_ = true;
  metadata_partitions_.insert(tp);
}

void ControlRequests::metadata_to(std::span<const int32_t> brokers, std::vector<TopicPartition> partitions) {
  metadata_brokers_.insert(brokers.begin(), brokers.end());
  for (auto& tp : partitions) metadata_partitions_.insert(metadata_partitions_.end(), std::move(tp));
}

void ControlRequests::stop_replica(int32_t broker, const TopicPartition& tp, bool delete_partition,
                                   const Context& context) {
  Stop& stop = stop_replica_[broker][tp];
  stop.leader_epoch = context.stop_epoch(tp);
  stop.delete_partition = stop.delete_partition || delete_partition;
}

bool ControlRequests::empty() const {
  return leader_and_isr_.empty() && stop_replica_.empty() && metadata_brokers_.empty() && !metadata_to_all_;
}

void ControlRequests::send(const Context& context, int32_t controller_id, const std::string& listener, Sender& sender) {
  send_leader_and_isr(context, controller_id, listener, sender);
  send_update_metadata(context, controller_id, sender);
  send_stop_replica(context, controller_id, sender);
  clear();
}

void ControlRequests::send_leader_and_isr(const Context& context, int32_t controller_id, const std::string& listener,
                                          Sender& sender) {
  for (const auto& [broker_id, partitions] : leader_and_isr_) {
    const auto broker = context.brokers.find(broker_id);
    if (broker == context.brokers.end()) continue;
    wire::LeaderAndIsrRequest request;
    request.controller_id = controller_id;
    request.controller_epoch = context.epoch;
    request.broker_epoch = broker->second.epoch;
    std::set<int32_t> leaders;
    for (const auto& [tp, is_new] : partitions) {
      const Partition* partition = context.find(tp);
      if (partition == nullptr || !partition->leadership) continue;
      auto& topic = group_for(request.topic_states, tp.topic);
      if (topic.partition_states.empty()) topic.topic_id = topic_id_of(context, tp.topic);
      topic.partition_states.push_back(leader_and_isr_state(tp.partition, *partition, is_new));
      leaders.insert(partition->leadership->leader);
    }
    if (request.topic_states.empty()) continue;
    for (int32_t id : leaders) {
      const auto leader = context.brokers.find(id);
      if (leader == context.brokers.end()) continue;
      const zk::Endpoint* endpoint = endpoint_of(leader->second, listener);
      if (endpoint == nullptr) continue;
      auto& live = request.live_leaders.emplace_back();
      live.broker_id = id;
      live.host_name = endpoint->host;
      live.port = endpoint->port;
    }
    sender.send(broker_id, request);
  }
}

void ControlRequests::send_update_metadata(const Context& context, int32_t controller_id, Sender& sender) {
  if (metadata_to_all_) {
    for (const auto& [id, broker] : context.brokers) metadata_brokers_.insert(id);
  }
  if (metadata_brokers_.empty()) return;
  wire::UpdateMetadataRequest request;
  request.controller_id = controller_id;
  request.controller_epoch = context.epoch;
  for (const auto& tp : metadata_partitions_) {
    const Partition* partition = context.find(tp);
    if (partition == nullptr || !partition->leadership) continue;
    auto& topic = group_for(request.topic_states, tp.topic);
    if (topic.partition_states.empty()) topic.topic_id = topic_id_of(context, tp.topic);
    topic.partition_states.push_back(metadata_state(context, tp, *partition));
  }
  for (const auto& [id, broker] : context.brokers) {
    if (!broker.suspected) request.live_brokers.push_back(metadata_broker(broker));
  }
  for (int32_t id : metadata_brokers_) {
    const auto broker = context.brokers.find(id);
    if (broker == context.brokers.end()) continue;
    request.broker_epoch = broker->second.epoch;
    sender.send(id, request);
  }
}

void ControlRequests::send_stop_replica(const Context& context, int32_t controller_id, Sender& sender) {
  for (const auto& [broker_id, partitions] : stop_replica_) {
    const auto broker = context.brokers.find(broker_id);
    if (broker == context.brokers.end()) continue;
    wire::StopReplicaRequest request;
    request.controller_id = controller_id;
    request.controller_epoch = context.epoch;
    request.broker_epoch = broker->second.epoch;
    for (const auto& [tp, stop] : partitions) {
      auto& state = group_for(request.topic_states, tp.topic).partition_states.emplace_back();
      state.partition_index = tp.partition;
      state.leader_epoch = stop.leader_epoch;
      state.delete_partition = stop.delete_partition;
    }
    sender.send(broker_id, request);
  }
}

}  // namespace meerkat::controller
