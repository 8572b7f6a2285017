// Administration of consumer groups. All calls block.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/coordinator_client.h"
#include "wire/messages/15_describe_groups.h"

namespace meerkat::client {

struct ListedGroup {
  std::string id;
  std::string state;  // "Stable", "Empty", …
  std::string protocol_type;
};

struct GroupMember {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> assignment;
};

struct GroupDescription {
  std::string id;
  std::string state;
  std::string assignor;  // of a stable group
  int32_t coordinator_id = -1;
  HostPort coordinator;
  std::vector<GroupMember> members;
};

class GroupAdmin {
 public:
  /// `cluster` outlives this.
  explicit GroupAdmin(Cluster& cluster) : cluster_(cluster) {}

  /// The groups of all brokers, by id; of some states only if any are given.
  wire::Outcome<std::vector<ListedGroup>> list(const std::vector<std::string>& states = {});
  /// A group that nobody knows is described as "Dead".
  wire::Outcome<GroupDescription> describe(const std::string& group);
  wire::Outcome<Offsets> offsets(const std::string& group);
  /// Of a group without members, or (for partitions it does not read) of any.
  wire::Outcome<void> set_offsets(const std::string& group, const Offsets& offsets);
  /// The error of each partition.
  wire::Outcome<std::map<TopicPartition, wire::ErrorCode>> delete_offsets(const std::string& group,
                                                                          const std::set<TopicPartition>& partitions);
  wire::Outcome<void> delete_group(const std::string& group);

 private:
  Cluster& cluster_;
};

}  // namespace meerkat::client
