#include "api/auto_topics.h"

#include <glog/logging.h>

#include "config/broker_values.h"

namespace meerkat::api {

cluster::NewTopic auto_created_topic(const std::string& name, const config::BrokerConfig& config) {
  cluster::NewTopic topic;
  topic.name = name;
  if (name == kOffsetsTopic) {
    topic.partitions = config.offsets_topic_num_partitions;
    topic.replication_factor = config.offsets_topic_replication_factor;
    topic.configs = {{"cleanup.policy", "compact"},
                     {"segment.bytes", std::to_string(config.offsets_topic_segment_bytes)},
                     {"compression.type", "producer"}};
  } else if (name == kTransactionsTopic) {
    topic.partitions = config.transaction_state_log_num_partitions;
    topic.replication_factor = config.transaction_state_log_replication_factor;
    topic.configs = {{"unclean.leader.election.enable", "false"},
                     {"compression.type", "uncompressed"},
                     {"cleanup.policy", "compact"},
                     {"min.insync.replicas", std::to_string(config.transaction_state_log_min_isr)},
                     {"segment.bytes", std::to_string(config.transaction_state_log_segment_bytes)}};
  } else {
    topic.partitions = config.num_partitions;
    topic.replication_factor = config.default_replication_factor;
  }
  return topic;
}

wire::ErrorCode AutoTopics::create(const std::string& name, const config::BrokerConfig& config,
                                   std::span<const cluster::BrokerRack> alive) {
  using wire::ErrorCode;
  if (auto valid = cluster::check_topic_name(name); !valid) return valid.error().code;
  {
    MutexLock lock(mutex_);
    if (!in_flight_.insert(name).second) return ErrorCode::leader_not_available;
  }
  auto created = admin_.create_topic(auto_created_topic(name, config), alive);
  {
    MutexLock lock(mutex_);
    in_flight_.erase(name);
  }
  if (created || created.error().code == ErrorCode::topic_already_exists) return ErrorCode::leader_not_available;
  LOG(WARNING) << "cannot create topic " << name << " on demand: " << created.error().message;
  // ZooKeeper's session ended meanwhile: the client's next try may do.
  if (created.error().code == ErrorCode::not_controller) return ErrorCode::leader_not_available;
  return created.error().code;
}

}  // namespace meerkat::api
