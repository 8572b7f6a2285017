// The access control lists in ZooKeeper: keeps the image up to date through the change notifications, and writes ACLs.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "security/acl_image.h"
#include "wire/error.h"
#include "zk/session.h"

namespace meerkat::security {

/// Thread-safe. Lives as long as its session at most (destroy it first), and its workers until then.
class AclStore {
 public:
  /// `workers` runs what waits for ZooKeeper: following notifications.
  AclStore(zk::Session& session, Clock& clock, zk::Executor workers);
  ~AclStore();
  AclStore(const AclStore&) = delete;
  AclStore& operator=(const AclStore&) = delete;

  /// Makes the nodes under which ACLs lie, loads every ACL and begins to follow the notifications. Fails on a node that
  /// cannot be understood: it may deny something. Blocks.
  zk::ZkStatus start();

  /// The current image; any thread, never null, no lock.
  std::shared_ptr<const AclImage> image() const;

  /// Adds ACLs, those that are there already included; answers by index. Bindings are valid (patterns, names). What is
  /// written here is in the image on return. Blocks.
  std::vector<wire::Outcome<void>> add(const std::vector<AclBinding>& bindings);

  struct Removal {
    AclBinding binding;
    wire::Outcome<void> outcome;
  };
  /// Removes what the filters match, here or, where they name resources, in ZooKeeper; answers by filter. What several
  /// filters match stands with the first. Blocks.
  std::vector<std::vector<Removal>> remove(const std::vector<AclFilter>& filters);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The node that keeps a pattern's ACLs.
std::string acl_path(const ResourcePattern& resource);

}  // namespace meerkat::security
