// Whether a principal may do something: superusers, the ACLs in ZooKeeper, and what is so where no ACL says otherwise.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "security/acl_image.h"
#include "security/acl_store.h"

namespace meerkat::security {

/// What Kafka's AclAuthorizer is configured with.
struct AuthorizerSettings {
  std::vector<std::string> super_users;  // principals
  bool allow_everyone_if_no_acl_found = false;
};

/// The principals of super.users ("User:a;User:b"); the error names the key and the one that is none.
Result<std::vector<std::string>> parse_super_users(std::string_view text);

/// Thread-safe, without locks and allocations; any thread.
class Authorizer {
 public:
  /// `store` outlives this.
  Authorizer(AuthorizerSettings settings, AclStore& store);

  bool authorize(const Subject& subject, Operation operation, ResourceType type, std::string_view name) const;
  /// Whether there is any resource of the type on which the subject may do it.
  bool authorize_any(const Subject& subject, Operation operation, ResourceType type) const;

  AclStore& store() { return store_; }

 private:
  bool is_super_user(std::string_view principal) const;

  const AuthorizerSettings settings_;
  AclStore& store_;
};

}  // namespace meerkat::security
