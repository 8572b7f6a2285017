// The authorizer and what it stands on: the store of ACLs, and a ZooKeeper session of its own where they lie elsewhere.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/values.h"
#include "event/pool.h"
#include "security/authorizer.h"
#include "zk/session.h"

namespace meerkat::broker {

/// Made and ended by the main thread.
class AccessControl {
 public:
  /// Loads all ACLs. Uses `session` unless authorizer.zookeeper.url names another ensemble; it and `workers` outlive
  /// this. Blocks.
  static Result<std::unique_ptr<AccessControl>> open(const config::Config& config, zk::Session& session, Clock& clock,
                                                     event::Pool& workers);

  /// Thread-safe; lives as long as this.
  security::Authorizer& authorizer() { return *authorizer_; }

 private:
  AccessControl() = default;

  std::unique_ptr<zk::Session> own_session_;
  std::unique_ptr<security::AclStore> store_;
  std::unique_ptr<security::Authorizer> authorizer_;
};

}  // namespace meerkat::broker
