// The dynamic configs of all entities at one moment: immutable, shared, replaced whole.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/config_entity.h"
#include "cluster/persistent_map.h"

namespace meerkat::cluster {

/// Key to value, as the znode has it: all strings, passwords as stored.
using ConfigMap = std::map<std::string, std::string>;

/// Reading takes no lock. Copies share everything that they have in common.
class ConfigImage {
 public:
  /// The entity's own settings; empty if there is no entry. Valid as long as the image.
  const ConfigMap& of(const ConfigEntity& entity) const;
  const ConfigMap& topic(const std::string& topic) const { return of(ConfigEntity::topic(topic)); }
  /// Per-broker settings and the cluster-wide default of all brokers; the former win over the latter.
  const ConfigMap& broker(int32_t id) const { return of(ConfigEntity::broker(id)); }
  const ConfigMap& default_broker() const { return of(ConfigEntity::default_broker()); }
  bool contains(const ConfigEntity& entity) const;
  /// All entities of a type that have an entry, sorted (with users: also those of a user's clients).
  std::vector<ConfigEntity> entities(ConfigType type) const;

  /// Copy-on-write changes, for the store and for tests: an image with some entries replaced (or, where nothing is
  /// given, removed).
  using Changes = std::vector<std::pair<ConfigEntity, std::optional<ConfigMap>>>;
  std::shared_ptr<const ConfigImage> with(const Changes& changes) const;

 private:
  PersistentMap<std::string, std::shared_ptr<const ConfigMap>, StringHash, std::equal_to<>> entries_;  // by path
};

}  // namespace meerkat::cluster
