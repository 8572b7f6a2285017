// DescribeClientQuotas v0–1 (KIP-546): what /config has for users, clients and addresses, filtered.
#include "wire/messages/48_describe_client_quotas.h"

#include <map>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "api/client_quotas.h"
#include "api/config_resource.h"
#include "api/handlers.h"
#include "api/services.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::DescribeClientQuotasRequest;
using Response = wire::DescribeClientQuotasResponse;

enum class Match : int8_t { exact = 0, default_entity = 1, any = 2 };

/// Entity type to name; no name for the default entity.
using Entity = std::map<std::string, std::optional<std::string>>;

std::optional<std::string> entity_name(const std::string& name) {
  if (name == cluster::kDefaultEntity) return std::nullopt;
  return name;
}

Entity entity_of(const cluster::ConfigEntity& config) {
  Entity entity;
  switch (config.type) {
    case cluster::ConfigType::users:
      entity[kQuotaUser] = entity_name(config.name);
      break;
    case cluster::ConfigType::clients:
      entity[kQuotaClientId] = entity_name(config.name);
      break;
    default:
      entity[kQuotaIp] = entity_name(config.name);
      break;
  }
  if (config.client) entity[kQuotaClientId] = entity_name(*config.client);
  return entity;
}

std::optional<std::string> fault(const Request& request) {
  std::set<std::string_view> types;
  for (const auto& component : request.components) {
    const std::string& type = component.entity_type;
    if (type != kQuotaUser && type != kQuotaClientId && type != kQuotaIp)
      return "There is no quota entity type '" + type + "'.";
    if (!types.insert(type).second) return "Entity type '" + type + "' is named more than once.";
    if (component.match_type < 0 || component.match_type > 2) {
      return "There is no match type " + std::to_string(component.match_type) + ".";
    }
    if (static_cast<Match>(component.match_type) == Match::exact && !component.match) {
      return "An exact match of '" + type + "' wants a name.";
    }
  }
  if (types.contains(kQuotaIp) && types.size() > 1)
    return "Addresses have no quotas together with users or client ids.";
  return std::nullopt;
}

bool matches(const Entity& entity, const Request& request) {
  for (const auto& component : request.components) {
    auto part = entity.find(component.entity_type);
    if (part == entity.end()) return false;
    switch (static_cast<Match>(component.match_type)) {
      case Match::exact:
        if (part->second != component.match) return false;
        break;
      case Match::default_entity:
        if (part->second) return false;
        break;
      case Match::any:
        break;
    }
  }
  return !request.strict || entity.size() == request.components.size();
}

}  // namespace

void describe_client_quotas(Services& services, RequestContext, Request request, Reply<Response> reply) {
  Response response;
  response.error_message = std::nullopt;
  if (auto why = fault(request)) {
    response.error_code = ErrorCode::invalid_request;
    response.error_message = std::move(*why);
    response.entries.reset();
    return reply.send(response);
  }
  const std::vector<cluster::ConfigType> types = {cluster::ConfigType::users, cluster::ConfigType::clients,
                                                  cluster::ConfigType::ips};
  auto image = read_configs(services, types);
  if (!image) {
    response.error_code = image.error().code;
    response.error_message = image.error().message;
    response.entries.reset();
    return reply.send(response);
  }
  for (auto type : types) {
    for (const auto& config : (*image)->entities(type)) {
      const Entity entity = entity_of(config);
      if (!matches(entity, request)) continue;
      Response::EntryData entry;
      for (const auto& [key, text] : (*image)->of(config)) {
        double value = 0;
        // Users keep SCRAM credentials in the same node; they are no numbers.
        if (absl::SimpleAtod(text, &value)) entry.values.push_back({key, value});
      }
      if (entry.values.empty()) continue;
      for (const auto& [name, value] : entity) entry.entity.push_back({name, value});
      response.entries->push_back(std::move(entry));
    }
  }
  reply.send(response);
}

}  // namespace meerkat::api
