// The dynamic configs in ZooKeeper: keeps the image up to date through /config/changes, and writes entities.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "cluster/config_image.h"
#include "zk/session.h"

namespace meerkat::cluster {

/// Thread-safe. Lives as long as its session at most (destroy it first).
class ConfigStore {
 public:
  /// Told after the image has changed: which entity, and its settings now (empty if removed). Called for every
  /// notification, also when nothing differs (a notification means "look again"). On the zk event thread: only hand
  /// over. Register before start().
  using Listener = std::function<void(const ConfigEntity&, const ConfigMap&)>;

  ConfigStore(zk::Session& session, Clock& clock);
  ~ConfigStore();
  ConfigStore(const ConfigStore&) = delete;
  ConfigStore& operator=(const ConfigStore&) = delete;

  void on_change(Listener listener);
  /// Loads every entity (pipelined) and begins to follow /config/changes. Blocks. /config/… must exist
  /// (zk::create_persistent_paths).
  zk::ZkStatus start();

  /// The current image; any thread, never null.
  std::shared_ptr<const ConfigImage> image() const;

  /// Reads entities afresh and puts them into the image; answers by index. Needed for a topic that has just been
  /// created or made known: creation writes /config/topics/T without a notification. Blocks. No listener is called.
  zk::ZkResult<std::vector<ConfigMap>> read(const std::vector<ConfigEntity>& entities);
  /// The same without blocking: `done` runs on the zk event thread, or through the executor.
  using ReadDone = Callback<zk::ZkResult<std::vector<ConfigMap>>>;
  void read_async(std::vector<ConfigEntity> entities, ReadDone done, zk::Executor executor = {});
  /// Every entity of a type as ZooKeeper has it now, where the image may lag behind by a notification. Blocks.
  zk::ZkResult<std::shared_ptr<const ConfigImage>> read_all(const std::vector<ConfigType>& types);
  /// Drops deleted topics from the image (nothing is written).
  void forget(const std::vector<ConfigEntity>& entities);

  /// Replaces an entity's settings and notifies all brokers. Fails with controller_moved when /controller changes
  /// hands meanwhile (try again). Last writer wins, as in Kafka. Blocks. The image follows with the notification.
  zk::ZkStatus set(const ConfigEntity& entity, const ConfigMap& config);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meerkat::cluster
