// The configuration in force: the static one, and above it what ZooKeeper has for this broker and for all brokers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cluster/config_store.h"
#include "config/topic_values.h"
#include "config/values.h"

namespace meerkat::broker {

/// Thread-safe.
class DynamicConfig {
 public:
  explicit DynamicConfig(config::Config config);

  std::shared_ptr<const config::Config> current() const;

  /// Follows `store` from now on (before its start()). `on_broker`: after the broker's configuration has changed;
  /// `on_topic`: after a topic's has. Both on the zk event thread, so they only hand over.
  void follow(cluster::ConfigStore& store, int32_t broker_id, std::function<void()> on_broker,
              std::function<void(const std::string& topic)> on_topic);
  /// Takes what the store has loaded: once, after its start().
  void load();

  /// The effective configs of a topic. `fresh`: reads ZooKeeper where the image does not know the topic yet (blocks).
  config::TopicConfig topic(const std::string& topic, bool fresh) const;

 private:
  config::Config merged() const;

  cluster::ConfigStore* store_ = nullptr;
  int32_t broker_id_ = -1;
  const config::Config static_;
  mutable Mutex mutex_;
  std::shared_ptr<const config::Config> current_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::broker
