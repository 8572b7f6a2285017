// What a controller knows of the cluster during its term: plain data, read from ZooKeeper at failover and kept up to
// date by events. Owned by the controller's thread; no locks, no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/uuid.h"
#include "controller/types.h"
#include "zk/payloads.h"

namespace meerkat::controller {

/// A registered broker. It stays here while it shuts down, until its registration is gone.
struct Broker {
  zk::BrokerInfo info;
  int64_t epoch = -1;  // czxid of the registration
  bool shutting_down = false;
  bool suspected = false;  // registered, but its port refuses connections; see suspicion_events.h
  std::set<TopicPartition> offline_dir_partitions;  // its replicas on failed log directories
  std::vector<TopicPartition> to_restore;           // what it led as the preferred replica when it became suspected

  /// It is to lead nothing, and to be in no ISR.
  bool leaving() const { return shutting_down || suspected; }
};

struct Partition {
  Assignment assignment;
  PartitionState state = PartitionState::non_existent;
  std::optional<Leadership> leadership;  // nothing before the first election
  std::vector<std::pair<int32_t, ReplicaState>> replica_states;

  ReplicaState replica_state(int32_t broker) const;
  /// non_existent removes the entry.
  void set_replica_state(int32_t broker, ReplicaState state);
  int32_t leader() const { return leadership ? leadership->leader : kNoLeader; }
};

struct Topic {
  Uuid id;
  std::map<int32_t, Partition> partitions;
};

/// Whether the preferred replica leads; a preferred replica that is still being added does not count against it.
bool has_preferred_leader(const Partition& partition);

struct Context {
  int32_t epoch = 0;             // of this term
  int32_t epoch_zk_version = 0;  // data version of /controller_epoch: what every write is checked against

  std::map<int32_t, Broker> brokers;
  std::map<std::string, Topic, std::less<>> topics;
  absl::flat_hash_map<Uuid, std::string> topic_names;
  std::set<TopicPartition> reassigning;

  // Topic deletion: marked; deletion begun (brokers were told); halted until something changes.
  std::set<std::string, std::less<>> topics_to_delete;
  std::set<std::string, std::less<>> deletion_started;
  std::set<std::string, std::less<>> deletion_ineligible;

  Partition* find(const TopicPartition& tp);
  const Partition* find(const TopicPartition& tp) const;
  bool queued_for_deletion(std::string_view topic) const { return topics_to_delete.contains(topic); }

  /// Registered, and not leaving unless asked for.
  bool is_live(int32_t broker, bool include_leaving = false) const;
  /// Its broker is live and its log directory is not known to have failed.
  bool is_online(int32_t broker, const TopicPartition& tp, bool include_leaving = false) const;
  /// Registered, but its process is gone most likely; see suspicion_events.h.
  bool is_suspected(int32_t broker) const;
  /// Whether a leader is lost: offline, and not on mere suspicion.
  bool is_lost(int32_t leader, const TopicPartition& tp) const;
  std::vector<int32_t> broker_ids() const;

  /// What StopReplica carries as leader epoch.
  int32_t stop_epoch(const TopicPartition& tp) const;

  /// Sets a topic's id in both directions.
  void set_topic_id(const std::string& topic, Uuid id);
  /// Forgets a topic altogether.
  void remove_topic(const std::string& topic);

  /// Calls `visit(TopicPartition, Partition)` for every partition, by topic and number.
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& [topic_name, topic] : topics) {
      for (const auto& [number, partition] : topic.partitions) visit(TopicPartition{topic_name, number}, partition);
    }
  }
  std::vector<TopicPartition> partitions_of(std::string_view topic) const;
  std::vector<TopicPartition> partitions_where(
      const std::function<bool(const TopicPartition&, const Partition&)>& f) const;
  std::vector<Replica> replicas_of(std::string_view topic) const;
  std::vector<Replica> replicas_on(const std::set<int32_t>& brokers) const;
  /// Of a topic's replicas, those in `state`.
  std::vector<Replica> replicas_in_state(std::string_view topic, ReplicaState state) const;
  bool any_replica_in_state(std::string_view topic, ReplicaState state) const;
  bool all_replicas_in_state(std::string_view topic, ReplicaState state) const;
};

}  // namespace meerkat::controller
