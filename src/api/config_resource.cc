#include "api/config_resource.h"

#include <cerrno>

#include "cluster/metadata_image.h"
#include "cluster/topic_admin.h"
#include "config/topic_configs.h"
#include "config/values.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;

wire::Outcome<cluster::ConfigEntity> topic_entity(const Services& services, const std::string& name) {
  if (auto valid = cluster::check_topic_name(name); !valid) return valid.failure();
  if (services.metadata.image()->topic(name) == nullptr) {
    return wire::refuse(ErrorCode::unknown_topic_or_partition, "The topic '" + name + "' does not exist.");
  }
  return cluster::ConfigEntity::topic(name);
}

wire::Outcome<cluster::ConfigEntity> broker_entity(const Services& services, const std::string& name) {
  if (name.empty()) return cluster::ConfigEntity::default_broker();
  if (auto here = this_broker(services, name); !here) return here.failure();
  return cluster::ConfigEntity::broker(services.broker_id);
}

wire::Failure as_failure(const zk::ZkError& error) {
  return {ErrorCode::unknown_server_error, "ZooKeeper: " + error.message};
}

}  // namespace

wire::Outcome<void> may(const Gate& gate, security::Operation operation, int8_t type, const std::string& name) {
  if (static_cast<ResourceType>(type) == ResourceType::topic) {
    if (gate.topic(operation, name)) return {};
    return wire::refuse(ErrorCode::topic_authorization_failed);
  }
  if (gate.cluster(operation)) return {};
  return wire::refuse(ErrorCode::cluster_authorization_failed);
}

wire::Outcome<void> this_broker(const Services& services, const std::string& name) {
  if (name == std::to_string(services.broker_id)) return {};
  return wire::refuse(ErrorCode::invalid_request,
                      "Unexpected broker id: this is broker " + std::to_string(services.broker_id) + ", asked was '" +
                          name + "'. Ask that broker; a config's default for all brokers has no name.");
}

wire::Outcome<cluster::ConfigEntity> config_entity(const Services& services, int8_t type, const std::string& name) {
  switch (static_cast<ResourceType>(type)) {
    case ResourceType::topic:
      return topic_entity(services, name);
    case ResourceType::broker:
      return broker_entity(services, name);
    default:
      return wire::refuse(ErrorCode::invalid_request,
                          "Configs of resource type " + std::to_string(type) + " are not kept by this cluster.");
  }
}

wire::Outcome<config::Entries> read_config(Services& services, const cluster::ConfigEntity& entity) {
  auto found = services.configs.read({entity});
  if (!found) return Fail(as_failure(found.error()));
  return config::Entries((*found)[0].begin(), (*found)[0].end());
}

wire::Outcome<std::shared_ptr<const cluster::ConfigImage>> read_configs(Services& services,
                                                                        const std::vector<cluster::ConfigType>& types) {
  auto found = services.configs.read_all(types);
  if (!found) return Fail(as_failure(found.error()));
  return *found;
}

wire::Outcome<void> check_config(const Services& services, const cluster::ConfigEntity& entity,
                                 const config::Entries& settings) {
  auto config = services.config();
  if (entity.type == cluster::ConfigType::topics) {
    auto valid = config::validate_topic_configs(settings, config->values().remote_log_storage_system_enable);
    if (!valid) {
      const bool wrong_value = valid.error().code == EINVAL;
      const std::string where =
          "Invalid config value for resource ConfigResource(type=TOPIC, name='" + entity.name + "'): ";
      return wire::refuse(ErrorCode::invalid_config, (wrong_value ? where : std::string()) + valid.error().message);
    }
    return {};
  }
  auto valid = config->validate_dynamic(settings, entity.name != cluster::kDefaultEntity);
  if (!valid) return wire::refuse(ErrorCode::invalid_request, valid.error().message);
  return {};
}

wire::Outcome<void> write_config(Services& services, const cluster::ConfigEntity& entity,
                                 const config::Entries& settings) {
  if (auto stored = services.configs.set(entity, cluster::ConfigMap(settings.begin(), settings.end())); !stored) {
    return Fail(as_failure(stored.error()));
  }
  return {};
}

wire::Outcome<void> store_config(Services& services, const cluster::ConfigEntity& entity,
                                 const config::Entries& settings, bool validate_only) {
  if (auto valid = check_config(services, entity, settings); !valid || validate_only) return valid;
  return write_config(services, entity, settings);
}

}  // namespace meerkat::api
