// What znodes hold, as plain values, and their JSON: exactly the shape that Kafka writes and everything that it reads.
// Decoding never trusts: whatever is not understood gives an Error that names the znode (`path`).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"

namespace meerkat::zk {

/// LISTENER://host:port of a broker; `security_protocol` comes from the listener's entry in the protocol map.
struct Endpoint {
  std::string listener;
  std::string host;
  int32_t port = 0;
  std::string security_protocol = "PLAINTEXT";
  bool operator==(const Endpoint&) const = default;
};

/// /brokers/ids/N. Written as version 5; versions 1 to 5 are read.
struct BrokerInfo {
  int32_t id = 0;  // not in the payload: the znode's name
  std::vector<Endpoint> endpoints;
  std::optional<std::string> rack;
  int32_t jmx_port = -1;
  int64_t timestamp_ms = 0;                                     // when it registered
  std::map<std::string, std::pair<int32_t, int32_t>> features;  // supported: name to min, max version
  bool operator==(const BrokerInfo&) const = default;
};
std::string encode(const BrokerInfo& broker);
Result<BrokerInfo> decode_broker(int32_t broker_id, std::string_view json);

/// /controller. Version 2 is written; 1 has no KRaft epoch.
struct ControllerNode {
  int32_t broker_id = -1;
  int64_t timestamp_ms = 0;
  int32_t kraft_controller_epoch = -1;  // above 0: a KRaft controller owns the cluster (migration)
  bool operator==(const ControllerNode&) const = default;
};
std::string encode(const ControllerNode& controller);
Result<ControllerNode> decode_controller(std::string_view json);

/// /controller_epoch: decimal text.
std::string encode_controller_epoch(int32_t epoch);
Result<int32_t> decode_controller_epoch(std::string_view text);

/// /brokers/topics/T. Written as version 3; 1 (no adding and removing) and 2 (no id) are read.
struct TopicAssignment {
  std::optional<Uuid> topic_id;  // absent in topics from before 2.8
  /// Partition to replicas, the preferred leader first. While reassigning: the union, the target first.
  std::map<int32_t, std::vector<int32_t>> partitions;
  std::map<int32_t, std::vector<int32_t>> adding_replicas;
  std::map<int32_t, std::vector<int32_t>> removing_replicas;
  bool operator==(const TopicAssignment&) const = default;
};
std::string encode(const TopicAssignment& topic);
Result<TopicAssignment> decode_topic(std::string_view topic, std::string_view json);

/// /brokers/topics/T/partitions/P/state. The data version of the znode is the partition epoch.
struct PartitionStateNode {
  int32_t controller_epoch = 0;  // of the controller that made the decision
  int32_t leader = -1;           // -1: none
  int32_t leader_epoch = 0;
  std::vector<int32_t> isr;
  bool recovering = false;  // after an unclean election, until the new leader says it has recovered (KIP-704)
  bool operator==(const PartitionStateNode&) const = default;
};
std::string encode(const PartitionStateNode& state);
Result<PartitionStateNode> decode_partition_state(std::string_view path, std::string_view json);

/// /config/<type>/<entity>: key to value.
using ConfigMap = std::map<std::string, std::string>;
std::string encode_config(const ConfigMap& config);
Result<ConfigMap> decode_config(std::string_view path, std::string_view json);

/// /config/changes/config_change_N: the entity's path below /config. Version 2 is written; 1 (type and name) is read.
std::string encode_config_change(std::string_view entity_path);
Result<std::string> decode_config_change(std::string_view path, std::string_view json);

struct TopicPartitionId {
  std::string topic;
  int32_t partition = 0;
  auto operator<=>(const TopicPartitionId&) const = default;
};

/// /admin/reassign_partitions: in the file's order; the last one wins where a partition stands twice.
struct PartitionReassignment {
  TopicPartitionId partition;
  std::vector<int32_t> replicas;
  bool operator==(const PartitionReassignment&) const = default;
};
std::string encode_reassignments(const std::vector<PartitionReassignment>& reassignments);
Result<std::vector<PartitionReassignment>> decode_reassignments(std::string_view json);

/// /admin/preferred_replica_election.
std::string encode_preferred_election(const std::vector<TopicPartitionId>& partitions);
Result<std::vector<TopicPartitionId>> decode_preferred_election(std::string_view json);

/// /isr_change_notification/isr_change_N (inter-broker protocol below 2.7).
std::string encode_isr_change(const std::vector<TopicPartitionId>& partitions);
Result<std::vector<TopicPartitionId>> decode_isr_change(std::string_view path, std::string_view json);

/// /log_dir_event_notification/log_dir_event_N: a log directory of the broker has failed.
std::string encode_log_dir_event(int32_t broker_id);
Result<int32_t> decode_log_dir_event(std::string_view path, std::string_view json);

/// /latest_producer_id_block: the last block given away, both ends inclusive.
struct ProducerIdBlock {
  int32_t broker_id = 0;  // who asked for it
  int64_t first = 0;
  int64_t last = 0;
  bool operator==(const ProducerIdBlock&) const = default;
};
std::string encode(const ProducerIdBlock& block);
Result<ProducerIdBlock> decode_producer_id_block(std::string_view json);

/// /cluster/id: 22 characters of URL-safe base64.
std::string encode_cluster_id(std::string_view cluster_id);
Result<std::string> decode_cluster_id(std::string_view json);

/// One access control list entry, in the words of the znode: "User:alice", "Allow", "*", "Read".
struct AclEntry {
  std::string principal;
  std::string permission_type;
  std::string host;
  std::string operation;
  bool operator==(const AclEntry&) const = default;
};

/// /kafka-acl/TYPE/NAME and /kafka-acl-extended/prefixed/TYPE/NAME. Empty data stands for no entries.
std::string encode_acls(const std::vector<AclEntry>& entries);
Result<std::vector<AclEntry>> decode_acls(std::string_view path, std::string_view json);

/// Which resource pattern's entries have changed, in the words of the znode: "TOPIC", "orders", "PREFIXED".
struct AclChange {
  std::string resource_type;
  std::string name;
  std::string pattern_type;
  bool operator==(const AclChange&) const = default;
};

/// /kafka-acl-changes/acl_changes_N, for patterns of type LITERAL: the plain text TYPE:NAME.
std::string encode_literal_acl_change(const AclChange& change);
Result<AclChange> decode_literal_acl_change(std::string_view path, std::string_view text);
/// /kafka-acl-extended-changes/acl_changes_N, for the other pattern types: JSON of version 1.
std::string encode_acl_change(const AclChange& change);
Result<AclChange> decode_acl_change(std::string_view path, std::string_view json);

/// /consumers/G/ids/CONSUMER: a member of a group of Kafka 0.8's kind.
struct ConsumerRegistration {
  std::map<std::string, int32_t> subscription;  // topic, or regular expression, to the member's number of streams
  std::string pattern = "static";               // or "white_list", "black_list": the subscription is an expression
  int64_t timestamp_ms = 0;
  bool operator==(const ConsumerRegistration&) const = default;
};
std::string encode(const ConsumerRegistration& consumer);
Result<ConsumerRegistration> decode_consumer(std::string_view path, std::string_view json);

/// /feature: finalized features. The znode's data version is the epoch that ApiVersions reports.
struct FeatureNode {
  bool enabled = true;
  std::map<std::string, int32_t> max_version_levels;
  bool operator==(const FeatureNode&) const = default;
};
std::string encode(const FeatureNode& features);
Result<FeatureNode> decode_features(std::string_view json);

}  // namespace meerkat::zk
