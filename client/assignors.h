// How the leader of a group divides partitions among members, and how members and leader write to each other
// (ConsumerProtocolSubscription and -Assignment). Pure. Compatible with the assignors of Kafka's Java client: groups
// may mix the two.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/topic_partition.h"

namespace meerkat::client {

/// range: neighbouring partitions, topic by topic, co-partitioned topics alike. roundrobin: one after the other over
/// all topics. sticky: balanced, and whoever had a partition keeps it. cooperative_sticky: the same, and a partition
/// that moves is given up in one rebalance and given out in the next (KIP-429).
enum class Assignor { range, roundrobin, sticky, cooperative_sticky };
/// As in JoinGroup: "range", "roundrobin", "sticky", "cooperative-sticky".
std::string_view name(Assignor assignor);
std::optional<Assignor> parse_assignor(std::string_view name);

/// What a member says of itself.
struct Subscription {
  std::vector<std::string> topics;
  std::vector<TopicPartition> owned;  // sticky and cooperative: what it has had so far
  int32_t generation = -1;            // in which it had that; -1: unknown
  std::optional<std::string> rack;
  std::optional<std::string> instance_id;  // not in the metadata: JoinGroup tells it
};

/// The topics of a cluster: for each partition the racks of its replicas (maybe none).
using TopicRacks = std::map<std::string, std::vector<std::set<std::string>>>;
using Subscriptions = std::map<std::string, Subscription>;               // by member id
using Assignments = std::map<std::string, std::vector<TopicPartition>>;  // by member id; every member has an entry

/// Every partition of a subscribed topic goes to one member (but those in transit of cooperative_sticky).
Assignments assign(Assignor assignor, const TopicRacks& topics, const Subscriptions& members);

/// The metadata of a member for JoinGroup.
Bytes encode_subscription(Assignor assignor, const Subscription& subscription);
/// Foreign bytes, of any version.
Result<Subscription> decode_subscription(Assignor assignor, ByteView metadata);
Bytes encode_assignment(const std::vector<TopicPartition>& partitions);
/// Empty bytes are an empty assignment.
Result<std::vector<TopicPartition>> decode_assignment(ByteView bytes);

}  // namespace meerkat::client
