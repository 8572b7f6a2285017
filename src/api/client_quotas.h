// Quotas of users, client ids and addresses as /config keeps them (KIP-546): whose they are, and which there are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/config_entity.h"
#include "config/entries.h"
#include "wire/error.h"
#include "wire/messages/49_alter_client_quotas.h"

namespace meerkat::api {

/// The types of which a quota's entity is composed.
inline constexpr char kQuotaUser[] = "user", kQuotaClientId[] = "client-id", kQuotaIp[] = "ip";

using QuotaEntity = std::vector<wire::AlterClientQuotasRequest::EntityData>;
using QuotaOperation = wire::AlterClientQuotasRequest::OpData;

/// The entity in /config; a part without a name is the default. INVALID_REQUEST for combinations that do not exist.
wire::Outcome<cluster::ConfigEntity> quota_entity(const QuotaEntity& parts);

/// Sets and removes quotas in an entity's settings. INVALID_REQUEST for a quota that its type does not have, or a value
/// that is no whole number where one is needed.
wire::Outcome<void> alter_quotas(cluster::ConfigType type, const std::vector<QuotaOperation>& operations,
                                 config::Entries& settings);

}  // namespace meerkat::api
