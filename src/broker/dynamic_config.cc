#include "broker/dynamic_config.h"

#include <glog/logging.h>

namespace meerkat::broker {
namespace {

config::Entries entries(const cluster::ConfigMap& map) { return {map.begin(), map.end()}; }

}  // namespace

DynamicConfig::DynamicConfig(config::Config config)
    : static_(std::move(config)), current_(std::make_shared<config::Config>(static_)) {}

std::shared_ptr<const config::Config> DynamicConfig::current() const {
  MutexLock lock(mutex_);
  return current_;
}

void DynamicConfig::follow(cluster::ConfigStore& store, int32_t broker_id, std::function<void()> on_broker,
                           std::function<void(const std::string&)> on_topic) {
  store_ = &store;
  broker_id_ = broker_id;
  const std::string own = std::to_string(broker_id);
  store.on_change([this, own, on_broker = std::move(on_broker), on_topic = std::move(on_topic)](
                      const cluster::ConfigEntity& entity, const cluster::ConfigMap&) {
    if (entity.type == cluster::ConfigType::topics) return on_topic(entity.name);
    if (entity.type != cluster::ConfigType::brokers) return;
    if (entity.name != own && entity.name != cluster::kDefaultEntity) return;
    load();
    on_broker();
  });
}

config::Config DynamicConfig::merged() const {
  auto image = store_->image();
  return static_.with_dynamic(entries(image->default_broker()), entries(image->broker(broker_id_)));
}

void DynamicConfig::load() {
  auto next = std::make_shared<config::Config>(merged());
  for (const std::string& warning : next->warnings()) VLOG(1) << warning;
  MutexLock lock(mutex_);
  current_ = std::move(next);
}

config::TopicConfig DynamicConfig::topic(const std::string& topic, bool fresh) const {
  const auto entity = cluster::ConfigEntity::topic(topic);
  auto config = current();
  auto image = store_->image();
  config::Entries own = entries(image->of(entity));
  if (fresh && !image->contains(entity)) {
    // Creating a topic writes its configs without a notification.
    if (auto read = store_->read({entity}); read) {
      own = entries((*read)[0]);
    } else {
      LOG(WARNING) << "the configs of topic " << topic
                   << " cannot be read, defaults are used: " << read.error().message;
    }
  }
  auto resolved = config::resolve_topic_config(*config, own);
  if (resolved) return *resolved;
  LOG(WARNING) << "topic " << topic
               << " has a config that is not valid, defaults are used: " << resolved.error().message;
  return *config::resolve_topic_config(*config, {});
}

}  // namespace meerkat::broker
