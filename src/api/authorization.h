// What the client of a request may do. Handlers ask a Gate for each resource that they touch; APIs whose whole question
// is one operation on the cluster have it in the table instead (Access).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/request.h"
#include "api/services.h"
#include "security/acl.h"

namespace meerkat::api {

/// Answers for one request; may be kept as long as the request is under way. Copies answer alike. Any thread. Without
/// an authorizer it costs a comparison with null and allows everything.
class Gate {
 public:
  Gate(const Services& services, const RequestContext& context) : authorizer_(services.authorizer) {
    if (authorizer_ != nullptr) remember(context);
  }

  /// Whether there is anything to ask.
  bool guards() const { return authorizer_ != nullptr; }

  bool topic(security::Operation operation, std::string_view name) const {
    return allows(operation, security::ResourceType::topic, name);
  }
  bool group(security::Operation operation, std::string_view id) const {
    return allows(operation, security::ResourceType::group, id);
  }
  bool transactional_id(security::Operation operation, std::string_view id) const {
    return allows(operation, security::ResourceType::transactional_id, id);
  }
  bool cluster(security::Operation operation) const {
    return allows(operation, security::ResourceType::cluster, security::kClusterName);
  }
  /// Whether there is a topic with which it may be done.
  bool any_topic(security::Operation operation) const {
    return authorizer_ == nullptr || ask_any(operation, security::ResourceType::topic);
  }
  bool allows(security::Operation operation, security::ResourceType type, std::string_view name) const {
    return authorizer_ == nullptr || ask(operation, type, name);
  }

  /// The bit field of KIP-430: what of all that makes sense with the resource is allowed.
  int32_t operations(security::ResourceType type, std::string_view name) const;
  /// The cluster's: none if it may not even be described.
  int32_t cluster_operations() const;

 private:
  void remember(const RequestContext& context);
  bool ask(security::Operation operation, security::ResourceType type, std::string_view name) const;
  bool ask_any(security::Operation operation, security::ResourceType type) const;

  security::Authorizer* authorizer_;
  std::string principal_, host_;  // empty without an authorizer
};

/// Takes out of `items` those whose topic the client may not `operation`, and returns them. `name`: the member that
/// names the topic.
template <class Item>
std::vector<Item> take_denied(const Gate& gate, security::Operation operation, std::vector<Item>& items,
                              std::string Item::*name) {
  std::vector<Item> denied;
  if (!gate.guards()) return denied;
  std::vector<Item> allowed;
  allowed.reserve(items.size());
  for (auto& item : items) (gate.topic(operation, item.*name) ? allowed : denied).push_back(std::move(item));
  items = std::move(allowed);
  return denied;
}

}  // namespace meerkat::api
