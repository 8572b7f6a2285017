// Topics that are made because somebody asked for them by name: by auto.create.topics.enable, and the internal two.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "cluster/topic_admin.h"
#include "wire/error.h"
#include "wire/internal_topics.h"

namespace meerkat::config {
struct BrokerConfig;
}

namespace meerkat::api {

using wire::is_internal_topic;
using wire::kOffsetsTopic;
using wire::kTransactionsTopic;

/// What to ask TopicAdmin for when `name` is to be made without a client's wishes: the settings of the internal topics,
/// or the broker's defaults.
cluster::NewTopic auto_created_topic(const std::string& name, const config::BrokerConfig& config);

/// Makes topics that requests mention (Metadata, FindCoordinator), each at most once at a time. Thread-safe.
class AutoTopics {
 public:
  explicit AutoTopics(cluster::TopicAdmin& admin) : admin_(admin) {}

  /// Blocks on ZooKeeper. What a Metadata answer says of the topic afterwards: LEADER_NOT_AVAILABLE once it exists or
  /// is being made, else why it cannot be.
  wire::ErrorCode create(const std::string& name, const config::BrokerConfig& config,
                         std::span<const cluster::BrokerRack> alive);

 private:
  cluster::TopicAdmin& admin_;
  Mutex mutex_;
  std::set<std::string> in_flight_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::api
