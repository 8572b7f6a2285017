#include "api/authorization.h"

#include <span>

#include "api/peer_address.h"
#include "security/authorizer.h"

namespace meerkat::api {
namespace {

using enum security::Operation;
using security::Operation;
using security::ResourceType;

constexpr Operation kTopicOperations[] = {read,  write,    create,           remove,
                                          alter, describe, describe_configs, alter_configs};
constexpr Operation kGroupOperations[] = {read, describe, remove};
constexpr Operation kClusterOperations[] = {create,           alter,         describe,        cluster_action,
                                            describe_configs, alter_configs, idempotent_write};

/// The operations that make sense with a resource of a type that answers report them for.
std::span<const Operation> supported(ResourceType type) {
  if (type == ResourceType::topic) return kTopicOperations;
  if (type == ResourceType::group) return kGroupOperations;
  return kClusterOperations;
}

}  // namespace

void Gate::remember(const RequestContext& context) {
  principal_ = std::string("User:") + kAnonymous;
  host_ = java_address(context.peer->host);
}

bool Gate::ask(Operation operation, ResourceType type, std::string_view name) const {
  return authorizer_->authorize({principal_, host_}, operation, type, name);
}

bool Gate::ask_any(Operation operation, ResourceType type) const {
  return authorizer_->authorize_any({principal_, host_}, operation, type);
}

int32_t Gate::operations(ResourceType type, std::string_view name) const {
  int32_t bits = 0;
  for (Operation operation : supported(type)) {
    if (allows(operation, type, name)) bits |= 1 << static_cast<int>(operation);
  }
  return bits;
}

int32_t Gate::cluster_operations() const {
  return cluster(describe) ? operations(ResourceType::cluster, security::kClusterName) : 0;
}

}  // namespace meerkat::api
