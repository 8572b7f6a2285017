// Why replicas are not in sync: found out from brokers by what they tell any client (Metadata, DescribeLogDirs,
// configs).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "client/admin.h"
#include "client/cluster.h"

namespace meerkat::client {

/// What is known of a replica that is missing in the ISR of a partition.
struct MissingReplica {
  int32_t broker = -1;
  bool has_leader = true;
  bool alive = true;             // its broker is a member of the cluster
  bool answers = true;           // and answers us
  bool dir_failed = false;       // its log directory is out of service
  std::optional<int64_t> bytes;  // behind the leader; nothing if either log's size is unknown
  int64_t bytes_before = 0;      // the same, `seconds` earlier
  double seconds = 1;
  bool throttled = false;  // listed as throttled, and there is a rate
};

/// The reason in a few words. Pure.
std::string why_missing(const MissingReplica& replica);

/// Whether a topic's config (leader. or follower.replication.throttled.replicas) lists a partition's replica.
bool lists_replica(const std::string& config, int32_t partition, int32_t broker);

/// For each under-replicated partition of `topics`, a reason for every replica that is missing in its ISR. Asks each
/// broker concerned twice, a second apart. Blocks.
std::map<TopicPartition, std::vector<std::string>> explain(Cluster& cluster,
                                                           const std::vector<TopicDescription>& topics);

}  // namespace meerkat::client
