// All that handlers may touch. Made by the composition root (src/broker); outlives every request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "base/topic_partition.h"
#include "event/pool.h"
#include "wire/error.h"

namespace meerkat::config {
class Config;
}
namespace meerkat::cluster {
class ConfigStore;
class MetadataCache;
class TopicAdmin;
}  // namespace meerkat::cluster
namespace meerkat::group {
class Coordinator;
}
namespace meerkat::controller {
class Controller;
}
namespace meerkat::replica {
class DirMover;
class ReplicaContext;
class StateChanges;
}  // namespace meerkat::replica
namespace meerkat::security {
class Authorizer;
}
namespace meerkat::storage {
class LogManager;
}
namespace meerkat::txn {
class Coordinator;
}

namespace meerkat::api {

class BandwidthQuotas;
class MetadataWaits;
class AutoTopics;

/// Who asks on a listener without authentication.
inline constexpr char kAnonymous[] = "ANONYMOUS";

/// Hands out ids for idempotent producers. Thread-safe.
class ProducerIds {
 public:
  virtual ~ProducerIds() = default;
  /// An id that nobody else has. Called back once, on any thread, maybe before next() returns; fails with a retriable
  /// error while no block of ids can be had from the controller.
  virtual void next(Callback<wire::Outcome<int64_t>> done) = 0;
};

/// Positions that consumers from before 0.9 keep in ZooKeeper: /consumers/G/offsets/T/P. Thread-safe; blocks.
class ZooKeeperOffsets {
 public:
  virtual ~ZooKeeperOffsets() = default;
  virtual wire::Outcome<void> store(const std::string& group, const TopicPartition& partition, int64_t offset) = 0;
  /// Nothing if the group has stored none.
  virtual wire::Outcome<std::optional<int64_t>> load(const std::string& group, const TopicPartition& partition) = 0;
};

struct Services {
  int32_t broker_id;
  std::string cluster_id;
  /// The configuration in force, dynamic parts included; any thread.
  std::function<std::shared_ptr<const config::Config>()> config;
  /// Version of the /feature node, -1 before it was read; any thread.
  std::function<int64_t()> finalized_features_epoch;
  cluster::MetadataCache& metadata;
  cluster::ConfigStore& configs;
  cluster::TopicAdmin& topics;
  controller::Controller& controller;
  replica::ReplicaContext& replicas;
  replica::StateChanges& state_changes;
  replica::DirMover& dir_mover;
  storage::LogManager& logs;
  ProducerIds& producer_ids;
  group::Coordinator& groups;
  txn::Coordinator& transactions;
  ZooKeeperOffsets& zookeeper_offsets;
  MetadataWaits& metadata_waits;
  AutoTopics& auto_topics;
  BandwidthQuotas& quotas;
  /// Null: everybody may do everything.
  security::Authorizer* authorizer;
  /// Requests that may block.
  event::Pool& workers;
  /// What waits for the disk alone: it goes on while the workers wait for ZooKeeper.
  event::Pool& disk;
  Clock& clock;
};

}  // namespace meerkat::api
