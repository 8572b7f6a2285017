// The parts of the broker config table, one file each. Only broker_configs.cc puts them together.
#pragma once

#include "config/broker_configs.h"

namespace meerkat::config {

ConfigGroup zookeeper_configs();
ConfigGroup network_configs();
ConfigGroup log_configs();
ConfigGroup replication_configs();
ConfigGroup groups_configs();
ConfigGroup transactions_configs();
ConfigGroup security_configs();
ConfigGroup tls_configs();
ConfigGroup quotas_configs();
ConfigGroup metrics_configs();
ConfigGroup tiered_configs();
ConfigGroup kraft_configs();
ConfigGroup meerkat_configs();

}  // namespace meerkat::config
