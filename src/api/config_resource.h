// What DescribeConfigs, AlterConfigs and IncrementalAlterConfigs have in common: resources and their entities.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/authorization.h"
#include "api/services.h"
#include "cluster/config_store.h"
#include "config/entries.h"
#include "wire/error.h"

namespace meerkat::api {

/// Numbers of the protocol.
enum class ResourceType : int8_t { topic = 2, broker = 4, broker_logger = 8, client_metrics = 16, group = 32 };

/// The entity whose settings a resource means. A topic must exist; a broker must be this one, or "" for all brokers.
wire::Outcome<cluster::ConfigEntity> config_entity(const Services& services, int8_t type, const std::string& name);

/// Whether the client may describe or alter (`operation`) the configs of a resource: those of topics each by itself,
/// those of brokers with the cluster.
wire::Outcome<void> may(const Gate& gate, security::Operation operation, int8_t type, const std::string& name);

/// INVALID_REQUEST unless `name` is the id of this broker: others are to be asked themselves.
wire::Outcome<void> this_broker(const Services& services, const std::string& name);

/// The entity's settings as ZooKeeper has them now. Blocks.
wire::Outcome<config::Entries> read_config(Services& services, const cluster::ConfigEntity& entity);

/// Every entity of these types as ZooKeeper has them now. Blocks.
wire::Outcome<std::shared_ptr<const cluster::ConfigImage>> read_configs(Services& services,
                                                                        const std::vector<cluster::ConfigType>& types);

/// Checks that `settings` may be those of the entity: INVALID_CONFIG or INVALID_REQUEST with the reason.
wire::Outcome<void> check_config(const Services& services, const cluster::ConfigEntity& entity,
                                 const config::Entries& settings);

/// Writes the entity's settings as they are and notifies all brokers. Blocks.
wire::Outcome<void> write_config(Services& services, const cluster::ConfigEntity& entity,
                                 const config::Entries& settings);

/// check_config(), then writes them and notifies all brokers. Blocks.
wire::Outcome<void> store_config(Services& services, const cluster::ConfigEntity& entity,
                                 const config::Entries& settings, bool validate_only);

}  // namespace meerkat::api
