// The znodes of groups of Kafka 0.8's kind: who is a member, who owns which partition, how far it has read.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "client/network.h"
#include "client/zookeeper_division.h"
#include "zk/payloads.h"
#include "zk/session.h"

namespace meerkat::client {

/// All calls block; not from the session's event thread. What others change meanwhile is not an error.
class ZookeeperGroup {
 public:
  /// `session` outlives this.
  ZookeeperGroup(zk::Session& session, std::string group) : session_(session), group_(std::move(group)) {}

  const std::string& name() const { return group_; }
  // ---- Members
  Status add_member(const std::string& member, const zk::ConsumerRegistration& what);
  void remove_member(const std::string& member);
  /// Arms the child watch on the members.
  Result<std::map<std::string, zk::ConsumerRegistration>> members();
  // ---- Owners
  /// Whether the partition belongs to `stream` now: it was free, or its own already.
  Result<bool> claim(const TopicPartition& partition, const std::string& stream);
  void release(const TopicPartition& partition);
  Result<std::map<TopicPartition, std::string>> owners(const std::set<TopicPartition>& partitions);
  // ---- Offsets
  Status commit(const std::map<TopicPartition, int64_t>& offsets);
  Result<std::map<TopicPartition, int64_t>> offsets(const std::set<TopicPartition>& partitions);
  /// Everything that the group has committed.
  Result<std::map<TopicPartition, int64_t>> all_offsets();

 private:
  zk::Session& session_;
  const std::string group_;
};

/// The groups below /consumers that have members or offsets.
Result<std::vector<std::string>> zookeeper_groups(zk::Session& session);
/// The partitions of topics; those that do not exist are left out. Arms the watches on them.
Result<TopicPartitions> zookeeper_topics(zk::Session& session, const std::set<std::string>& topics);
/// Where the brokers listen without encryption.
Result<std::vector<HostPort>> zookeeper_brokers(zk::Session& session);
/// The topics that a member's subscription means, out of all that there are.
std::map<std::string, int32_t> resolve(const zk::ConsumerRegistration& member, const std::set<std::string>& topics);

}  // namespace meerkat::client
