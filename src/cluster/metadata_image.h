// What this broker knows of the cluster: brokers, topics, partitions and the controller, as UpdateMetadata requests
// told it. An image never changes; the next one shares what stayed the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/topic_partition.h"
#include "base/uuid.h"
#include "cluster/persistent_map.h"
#include "cluster/snapshot.h"

namespace meerkat::wire {
struct UpdateMetadataRequest;
}

namespace meerkat::cluster {

/// Where a broker listens.
struct BrokerEndpoint {
  std::string listener;
  int16_t security_protocol = 0;  // 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
  std::string host;
  int32_t port = 0;
};

/// A live broker.
struct BrokerInfo {
  int32_t id = -1;
  std::vector<BrokerEndpoint> endpoints;
  std::optional<std::string> rack;

  /// The endpoint of a listener, or null if the broker has none of that name.
  const BrokerEndpoint* endpoint(std::string_view listener) const;
};

/// The leader a partition does not have.
inline constexpr int32_t kNoLeader = -1;
/// The leader an UpdateMetadata names for a partition of a topic that is being deleted.
inline constexpr int32_t kLeaderDuringDelete = -2;

/// What is known of a partition.
struct PartitionInfo {
  int32_t index = -1;
  int32_t controller_epoch = -1;
  int32_t leader = kNoLeader;
  int32_t leader_epoch = -1;
  int32_t zk_version = -1;
  std::vector<int32_t> isr;
  std::vector<int32_t> replicas;
  std::vector<int32_t> offline_replicas;
};

/// A topic and its partitions, sorted by index; there may be gaps while the controller's requests come in.
struct TopicInfo {
  std::string name;
  Uuid id;  // zero if the controller named none
  std::vector<std::shared_ptr<const PartitionInfo>> partitions;

  /// The partition, or null.
  const PartitionInfo* partition(int32_t index) const;
};

class MetadataImage {
 public:
  /// Knows nothing: what a broker has before its first UpdateMetadata.
  MetadataImage() = default;

  /// The controller that sent the last UpdateMetadata, -1 before the first.
  int32_t controller_id() const { return controller_id_; }
  /// Live brokers, by rising id.
  const std::vector<std::shared_ptr<const BrokerInfo>>& brokers() const { return *brokers_; }
  /// A live broker, or null.
  const BrokerInfo* broker(int32_t id) const;
  bool alive(int32_t id) const { return broker(id) != nullptr; }

  /// A topic with at least one partition, or null.
  const TopicInfo* topic(std::string_view name) const;
  const TopicInfo* topic(const Uuid& id) const;
  /// The same, kept alive by the caller.
  std::shared_ptr<const TopicInfo> shared_topic(std::string_view name) const;
  /// A partition, or null.
  const PartitionInfo* partition(std::string_view topic, int32_t index) const;
  size_t topic_count() const { return topics_.size(); }
  /// Calls `visit(const TopicInfo&)` for every topic, in no order.
  template <class F>
  void for_each_topic(F&& visit) const {
    topics_.for_each([&](const std::string&, const std::shared_ptr<const TopicInfo>& topic) { visit(*topic); });
  }

  /// The image after `request`: live brokers are replaced; partitions are merged in, leader -2 removes one, and a topic
  /// goes with its last partition; topic ids are merged, a zero one forgets the id, another one the partitions known so
  /// far. `deleted` (may be null) receives the partitions that a leader -2 removed. Costs in proportion to the request,
  /// not to the cluster.
  std::shared_ptr<const MetadataImage> apply(const wire::UpdateMetadataRequest& request,
                                             std::vector<TopicPartition>* deleted = nullptr) const;

 private:
  class Edit;
  using Brokers = std::vector<std::shared_ptr<const BrokerInfo>>;
  using Topics = PersistentMap<std::string, std::shared_ptr<const TopicInfo>, StringHash, std::equal_to<>>;
  using TopicNames = PersistentMap<Uuid, std::shared_ptr<const std::string>>;

  int32_t controller_id_ = -1;
  std::shared_ptr<const Brokers> brokers_ = std::make_shared<Brokers>();
  Topics topics_;
  TopicNames names_;  // id → name
};

/// The current image, and who wants to know of the next. Reading is cheap from any thread.
class MetadataCache {
 public:
  /// Called after an image was swapped in, on the thread that applied it, with no lock held. `deleted`: the partitions
  /// that the request removed.
  using Listener = std::function<void(const MetadataImage& before, const MetadataImage& now,
                                      const std::vector<TopicPartition>& deleted)>;

  MetadataCache() : image_(std::make_shared<MetadataImage>()) {}

  std::shared_ptr<const MetadataImage> image() const { return image_.load(); }
  /// Before the first apply().
  void add_listener(Listener listener) { listeners_.push_back(std::move(listener)); }
  /// Swaps in the next image, then tells the listeners. One thread at a time (the replica state thread).
  void apply(const wire::UpdateMetadataRequest& request);

 private:
  Snapshot<MetadataImage> image_;
  std::vector<Listener> listeners_;
};

}  // namespace meerkat::cluster
