// Administration of topics. All calls block.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cluster.h"

namespace meerkat::client {

struct TopicSpec {
  std::string name;
  int32_t partitions = -1;                       // -1: the broker's default
  int16_t replication_factor = -1;               // -1: the broker's default
  std::vector<std::vector<int32_t>> assignment;  // by partition; instead of the two above
  std::map<std::string, std::string> configs;
};

struct TopicDescription {
  wire::MetadataResponse::MetadataResponseTopic metadata;
  /// Only those set on the topic itself.
  std::map<std::string, std::string> configs;
};

class Admin {
 public:
  /// `cluster` outlives this.
  explicit Admin(Cluster& cluster) : cluster_(cluster) {}

  wire::Outcome<void> create_topic(const TopicSpec& topic);
  wire::Outcome<void> delete_topic(const std::string& name);
  /// `count`: the number of partitions afterwards. `assignment`: replicas of the added ones, or empty.
  wire::Outcome<void> create_partitions(const std::string& topic, int32_t count,
                                        const std::vector<std::vector<int32_t>>& assignment = {});
  /// Sorted.
  wire::Outcome<std::vector<std::string>> list_topics();
  /// The given topics, or all of them. UNKNOWN_TOPIC_OR_PARTITION if one does not exist.
  wire::Outcome<std::vector<TopicDescription>> describe_topics(const std::optional<std::vector<std::string>>& names);

 private:
  wire::Outcome<void> read_configs(std::vector<TopicDescription>& topics);

  Cluster& cluster_;
};

}  // namespace meerkat::client
