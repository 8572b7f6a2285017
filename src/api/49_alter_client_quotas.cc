// AlterClientQuotas v0–1 (KIP-546): any broker writes them to /config and notifies the others.
#include "wire/messages/49_alter_client_quotas.h"

#include <netdb.h>

#include "api/client_quotas.h"
#include "api/config_resource.h"
#include "api/handlers.h"
#include "api/services.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::AlterClientQuotasRequest;
using Response = wire::AlterClientQuotasResponse;

/// An address, or a name that has one. Blocks on the resolver.
bool resolves(const std::string& host) {
  addrinfo* found = nullptr;
  const bool ok = getaddrinfo(host.c_str(), nullptr, nullptr, &found) == 0;
  if (found != nullptr) freeaddrinfo(found);
  return ok;
}

wire::Outcome<void> alter(Services& services, const Request::EntryData& entry, bool validate_only) {
  auto entity = quota_entity(entry.entity);
  if (!entity) return entity.failure();
  if (entity->type == cluster::ConfigType::ips && entity->name != cluster::kDefaultEntity && !resolves(entity->name)) {
    return wire::refuse(ErrorCode::invalid_request, "'" + entity->name + "' is no address and no known host.");
  }
  auto settings = read_config(services, *entity);
  if (!settings) return settings.failure();
  auto altered = alter_quotas(entity->type, entry.ops, *settings);
  if (!altered || validate_only) return altered;
  return write_config(services, *entity, *settings);
}

}  // namespace

void alter_client_quotas(Services& services, RequestContext, Request request, Reply<Response> reply) {
  Response response;
  for (const auto& entry : request.entries) {
    auto& result = response.entries.emplace_back();
    result.error_message = std::nullopt;
    for (const auto& part : entry.entity) result.entity.push_back({part.entity_type, part.entity_name});
    if (auto done = alter(services, entry, request.validate_only); !done) {
      result.error_code = done.error().code;
      result.error_message = done.error().message;
    }
  }
  reply.send(response);
}

}  // namespace meerkat::api
