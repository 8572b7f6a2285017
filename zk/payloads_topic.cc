// /brokers/topics/T, its partition states, reassignments, preferred elections, ISR changes
#include <cmath>

#include "zk/json.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/znodes.pb.h"

namespace meerkat::zk {

namespace {

constexpr int kTopicVersion = 3;
constexpr int kPartitionStateVersion = 1;
constexpr int kRecovering = 1;

using ReplicaMap = std::map<int32_t, std::vector<int32_t>>;
using PbReplicaMap = google::protobuf::Map<std::string, google::protobuf::ListValue>;

void fill(const ReplicaMap& from, PbReplicaMap& to) {
  for (const auto& [partition, replicas] : from) {
    auto& list = to[std::to_string(partition)];
    for (int32_t replica : replicas) list.add_values()->set_number_value(replica);
  }
}

Status read(std::string_view path, const PbReplicaMap& from, ReplicaMap& to) {
  for (const auto& [key, list] : from) {
    auto partition = paths::parse_id(key);
    if (!partition || *partition < 0) return malformed(path, "partition \"" + key + "\" is not a number");
    auto& replicas = to[*partition];
    for (const auto& value : list.values()) {
      double number = value.number_value();
      bool integer = value.kind_case() == google::protobuf::Value::kNumberValue && std::trunc(number) == number &&
                     std::abs(number) <= INT32_MAX;
      if (!integer) return malformed(path, "a replica of partition " + key + " is not a broker id");
      replicas.push_back(static_cast<int32_t>(number));
    }
  }
  return {};
}

std::string encode_partitions(const std::vector<TopicPartitionId>& partitions) {
  pb::TopicPartitions m;
  m.set_version(1);
  for (const auto& tp : partitions) {
    auto* p = m.add_partitions();
    p->set_topic(tp.topic);
    p->set_partition(tp.partition);
  }
  return to_json(m);
}

Result<std::vector<TopicPartitionId>> decode_partitions(std::string_view path, std::string_view json) {
  pb::TopicPartitions m;
  if (Status read = from_json(path, json, m); !read) return read.failure();
  std::vector<TopicPartitionId> partitions;
  for (const auto& p : m.partitions()) {
    if (p.topic().empty() || !p.has_partition()) return malformed(path, "an entry without topic or partition");
    partitions.push_back({p.topic(), p.partition()});
  }
  return partitions;
}

}  // namespace

std::string encode(const TopicAssignment& topic) {
  pb::Topic m;
  fill(topic.partitions, *m.mutable_partitions());
  fill(topic.adding_replicas, *m.mutable_adding_replicas());
  fill(topic.removing_replicas, *m.mutable_removing_replicas());
  if (topic.topic_id) m.set_topic_id(topic.topic_id->to_string());
  m.set_version(kTopicVersion);
  return to_json(m);
}

Result<TopicAssignment> decode_topic(std::string_view topic, std::string_view json) {
  std::string path = paths::topic(topic);
  pb::Topic m;
  if (Status parsed = from_json(path, json, m); !parsed) return parsed.failure();
  TopicAssignment t;
  if (m.has_topic_id()) {
    t.topic_id = Uuid::parse(m.topic_id());
    if (!t.topic_id) return malformed(path, "topic_id \"" + m.topic_id() + "\" is no id");
  }
  if (Status s = read(path, m.partitions(), t.partitions); !s) return s.failure();
  if (Status s = read(path, m.adding_replicas(), t.adding_replicas); !s) return s.failure();
  if (Status s = read(path, m.removing_replicas(), t.removing_replicas); !s) return s.failure();
  return t;
}

std::string encode(const PartitionStateNode& state) {
  pb::PartitionState m;
  m.set_controller_epoch(state.controller_epoch);
  m.set_leader(state.leader);
  m.set_version(kPartitionStateVersion);
  m.set_leader_epoch(state.leader_epoch);
  for (int32_t replica : state.isr) m.add_isr(replica);
  if (state.recovering) m.set_leader_recovery_state(kRecovering);
  return to_json(m);
}

Result<PartitionStateNode> decode_partition_state(std::string_view path, std::string_view json) {
  pb::PartitionState m;
  if (Status parsed = from_json(path, json, m); !parsed) return parsed.failure();
  if (!m.has_controller_epoch() || !m.has_leader() || !m.has_leader_epoch()) {
    return malformed(path, "controller_epoch, leader or leader_epoch is missing");
  }
  if (m.leader_recovery_state() < 0 || m.leader_recovery_state() > kRecovering) {
    return malformed(path, "leader_recovery_state is not 0 or 1");
  }
  return PartitionStateNode{m.controller_epoch(),
                            m.leader(),
                            m.leader_epoch(),
                            {m.isr().begin(), m.isr().end()},
                            m.leader_recovery_state() == kRecovering};
}

std::string encode_reassignments(const std::vector<PartitionReassignment>& reassignments) {
  pb::Reassignments m;
  m.set_version(1);
  for (const auto& r : reassignments) {
    auto* p = m.add_partitions();
    p->set_topic(r.partition.topic);
    p->set_partition(r.partition.partition);
    for (int32_t replica : r.replicas) p->add_replicas(replica);
  }
  return to_json(m);
}

Result<std::vector<PartitionReassignment>> decode_reassignments(std::string_view json) {
  pb::Reassignments m;
  if (Status parsed = from_json(paths::kReassignPartitions, json, m); !parsed) return parsed.failure();
  std::vector<PartitionReassignment> reassignments;
  for (const auto& p : m.partitions()) {
    if (p.topic().empty() || !p.has_partition()) {
      return malformed(paths::kReassignPartitions, "an entry without topic or partition");
    }
    reassignments.push_back({{p.topic(), p.partition()}, {p.replicas().begin(), p.replicas().end()}});
  }
  return reassignments;
}

std::string encode_preferred_election(const std::vector<TopicPartitionId>& partitions) {
  return encode_partitions(partitions);
}
Result<std::vector<TopicPartitionId>> decode_preferred_election(std::string_view json) {
  return decode_partitions(paths::kPreferredReplicaElection, json);
}

std::string encode_isr_change(const std::vector<TopicPartitionId>& partitions) { return encode_partitions(partitions); }
Result<std::vector<TopicPartitionId>> decode_isr_change(std::string_view path, std::string_view json) {
  return decode_partitions(path, json);
}

}  // namespace meerkat::zk
