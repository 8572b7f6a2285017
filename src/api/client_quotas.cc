#include "api/client_quotas.h"

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "config/text.h"

namespace meerkat::api {

using cluster::ConfigType;
using wire::ErrorCode;

namespace {

enum class Number { whole, real };

struct Quota {
  std::string_view key;
  Number number;
};

constexpr Quota kOfClients[] = {{"producer_byte_rate", Number::whole},
                                {"consumer_byte_rate", Number::whole},
                                {"request_percentage", Number::real},
                                {"controller_mutation_rate", Number::real}};
constexpr Quota kOfAddresses[] = {{"connection_creation_rate", Number::whole}};

std::span<const Quota> quotas_of(ConfigType type) {
  if (type == ConfigType::ips) return kOfAddresses;
  return kOfClients;
}

const Quota* find(ConfigType type, std::string_view key) {
  for (const Quota& quota : quotas_of(type)) {
    if (quota.key == key) return &quota;
  }
  return nullptr;
}

/// The number, if `value` is one but for a rounding error.
std::optional<int64_t> whole(double value) {
  constexpr double kEpsilon = 1e-6, kLimit = 9.2e18;
  if (!(std::fabs(value) < kLimit)) return std::nullopt;
  const auto number = static_cast<int64_t>(value + kEpsilon);
  if (std::fabs(static_cast<double>(number) - value) > kEpsilon) return std::nullopt;
  return number;
}

}  // namespace

wire::Outcome<cluster::ConfigEntity> quota_entity(const QuotaEntity& parts) {
  std::optional<std::string> user, client, ip;
  for (const auto& part : parts) {
    auto* name = part.entity_type == kQuotaUser       ? &user
                 : part.entity_type == kQuotaClientId ? &client
                 : part.entity_type == kQuotaIp       ? &ip
                                                      : nullptr;
    if (name == nullptr) {
      return wire::refuse(ErrorCode::invalid_request, "There is no quota entity type '" + part.entity_type + "'.");
    }
    if (part.entity_name && part.entity_name->empty()) {
      return wire::refuse(ErrorCode::invalid_request,
                          "A quota entity of type '" + part.entity_type + "' has an empty name.");
    }
    *name = part.entity_name.value_or(std::string(cluster::kDefaultEntity));
  }
  if (ip && (user || client)) {
    return wire::refuse(ErrorCode::invalid_request, "Addresses have no quotas together with users or client ids.");
  }
  if (user) return cluster::ConfigEntity{ConfigType::users, std::move(*user), std::move(client)};
  if (client) return cluster::ConfigEntity{ConfigType::clients, std::move(*client), {}};
  if (ip) return cluster::ConfigEntity{ConfigType::ips, std::move(*ip), {}};
  return wire::refuse(ErrorCode::invalid_request, "A quota needs a user, a client id or an address.");
}

wire::Outcome<void> alter_quotas(ConfigType type, const std::vector<QuotaOperation>& operations,
                                 config::Entries& settings) {
  for (const QuotaOperation& operation : operations) {
    if (operation.remove) {
      settings.erase(operation.key);
      continue;
    }
    const Quota* quota = find(type, operation.key);
    if (quota == nullptr) {
      return wire::refuse(ErrorCode::invalid_request,
                          "There is no quota '" + operation.key + "' for this type of entity.");
    }
    if (quota->number == Number::real) {
      settings.insert_or_assign(operation.key, config::double_text(operation.value));
      continue;
    }
    const auto number = whole(operation.value);
    if (!number) {
      return wire::refuse(ErrorCode::invalid_request, "The quota '" + operation.key + "' wants a whole number.");
    }
    settings.insert_or_assign(operation.key, std::to_string(*number));
  }
  return {};
}

}  // namespace meerkat::api
