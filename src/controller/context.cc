#include "controller/context.h"

#include <algorithm>

namespace meerkat::controller {

ReplicaState Partition::replica_state(int32_t broker) const {
  for (const auto& [id, state] : replica_states) {
    if (id == broker) return state;
  }
  return ReplicaState::non_existent;
}

void Partition::set_replica_state(int32_t broker, ReplicaState state) {
  const auto it = std::find_if(replica_states.begin(), replica_states.end(),
                               [&](const auto& entry) { return entry.first == broker; });
  if (state == ReplicaState::non_existent) {
    if (it != replica_states.end()) replica_states.erase(it);
  } else if (it != replica_states.end()) {
    it->second = state;
  } else {
    replica_states.emplace_back(broker, state);
  }
}

bool has_preferred_leader(const Partition& partition) {
  if (partition.assignment.replicas.empty() || !partition.leadership) return true;
  const int32_t preferred = partition.assignment.replicas.front();
  const auto& adding = partition.assignment.adding;
  if (std::find(adding.begin(), adding.end(), preferred) != adding.end()) {
    return !partition.leadership->in_isr(preferred);
  }
  return partition.leadership->leader == preferred;
}

Partition* Context::find(const TopicPartition& tp) { return const_cast<Partition*>(std::as_const(*this).find(tp)); }

const Partition* Context::find(const TopicPartition& tp) const {
  const auto topic = topics.find(tp.topic);
  if (topic == topics.end()) return nullptr;
  const auto partition = topic->second.partitions.find(tp.partition);
  return partition == topic->second.partitions.end() ? nullptr : &partition->second;
}

bool Context::is_live(int32_t broker, bool include_leaving) const {
  const auto it = brokers.find(broker);
  return it != brokers.end() && (include_leaving || !it->second.leaving());
}

bool Context::is_online(int32_t broker, const TopicPartition& tp, bool include_leaving) const {
  const auto it = brokers.find(broker);
  return it != brokers.end() && (include_leaving || !it->second.leaving()) &&
         (it->second.offline_dir_partitions.empty() || !it->second.offline_dir_partitions.contains(tp));
}

bool Context::is_suspected(int32_t broker) const {
  const auto it = brokers.find(broker);
  return it != brokers.end() && it->second.suspected;
}

bool Context::is_lost(int32_t leader, const TopicPartition& tp) const {
  const auto it = brokers.find(leader);
  return !is_online(leader, tp, true) || it->second.shutting_down;
}

std::vector<int32_t> Context::broker_ids() const {
  std::vector<int32_t> out;
  for (const auto& [id, broker] : brokers) out.push_back(id);
  return out;
}

int32_t Context::stop_epoch(const TopicPartition& tp) const {
  if (queued_for_deletion(tp.topic)) return kEpochDuringDelete;
  const Partition* partition = find(tp);
  return partition != nullptr && partition->leadership ? partition->leadership->leader_epoch : kNoEpoch;
}

void Context::set_topic_id(const std::string& topic, Uuid id) {
  auto& entry = topics[topic];
  if (!entry.id.is_zero()) topic_names.erase(entry.id);
  entry.id = id;
  if (!id.is_zero()) topic_names[id] = topic;
}

void Context::remove_topic(const std::string& topic) {
  topics_to_delete.erase(topic);
  deletion_started.erase(topic);
  deletion_ineligible.erase(topic);
  const auto it = topics.find(topic);
  if (it == topics.end()) return;
  topic_names.erase(it->second.id);
  for (const auto& [number, partition] : it->second.partitions) {
    const TopicPartition tp{topic, number};
    reassigning.erase(tp);
    for (auto& [id, broker] : brokers) broker.offline_dir_partitions.erase(tp);
  }
  topics.erase(it);
}

std::vector<TopicPartition> Context::partitions_of(std::string_view topic) const {
  std::vector<TopicPartition> out;
  const auto it = topics.find(topic);
  if (it == topics.end()) return out;
  for (const auto& [number, partition] : it->second.partitions) out.push_back({it->first, number});
  return out;
}

std::vector<TopicPartition> Context::partitions_where(
    const std::function<bool(const TopicPartition&, const Partition&)>& f) const {
  std::vector<TopicPartition> out;
  for_each([&](TopicPartition tp, const Partition& partition) {
    if (f(tp, partition)) out.push_back(std::move(tp));
  });
  return out;
}

std::vector<Replica> Context::replicas_of(std::string_view topic) const {
  std::vector<Replica> out;
  const auto it = topics.find(topic);
  if (it == topics.end()) return out;
  for (const auto& [number, partition] : it->second.partitions) {
    for (int32_t broker : partition.assignment.replicas) out.push_back({{it->first, number}, broker});
  }
  return out;
}

std::vector<Replica> Context::replicas_on(const std::set<int32_t>& wanted) const {
  std::vector<Replica> out;
  for_each([&](const TopicPartition& tp, const Partition& partition) {
    for (int32_t broker : partition.assignment.replicas) {
      if (wanted.contains(broker)) out.push_back({tp, broker});
    }
  });
  return out;
}

std::vector<Replica> Context::replicas_in_state(std::string_view topic, ReplicaState state) const {
  auto out = replicas_of(topic);
  std::erase_if(out, [&](const Replica& r) { return find(r.partition)->replica_state(r.broker) != state; });
  return out;
}

bool Context::any_replica_in_state(std::string_view topic, ReplicaState state) const {
  const auto all = replicas_of(topic);
  return std::any_of(all.begin(), all.end(),
                     [&](const Replica& r) { return find(r.partition)->replica_state(r.broker) == state; });
}

bool Context::all_replicas_in_state(std::string_view topic, ReplicaState state) const {
  const auto all = replicas_of(topic);
  return std::all_of(all.begin(), all.end(),
                     [&](const Replica& r) { return find(r.partition)->replica_state(r.broker) == state; });
}

}  // namespace meerkat::controller
