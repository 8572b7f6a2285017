// What the request handlers of this room work on, and who asks.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "cluster/metadata_image.h"
#include "event/loop.h"
#include "event/pool.h"
#include "replica/fetch_session.h"
#include "replica/partition.h"
#include "replica/partition_map.h"
#include "replica/purgatory.h"
#include "replica/throttle.h"
#include "storage/log_manager.h"
#include "wire/error.h"

namespace meerkat::replica {

/// Plain values out of the broker's configuration; names are Kafka's.
struct ReplicaSettings {
  int32_t broker_id = 0;
  int64_t replica_lag_time_max_ms = 30'000;
  int32_t fetch_max_bytes = 55 << 20;
  int32_t max_incremental_fetch_session_cache_slots = 1000;
  int32_t quota_window_num = 11;          // replication.quota.window.num
  int32_t quota_window_size_seconds = 1;  // replication.quota.window.size.seconds
};

class TransactionVerifier;

/// What a consumer that may read from any replica is known by, and what the leader knows (KIP-392).
struct ReplicaChoice {
  std::string_view client_rack;
  std::string_view listener;  // where it would connect
  int64_t fetch_offset = 0;
  const PartitionView& partition;
  const cluster::MetadataImage& metadata;
};

/// Chooses the replica a consumer should fetch from (replica.selector.class). Thread-safe.
class ReplicaSelector {
 public:
  virtual ~ReplicaSelector() = default;
  /// Asked on the leader. The preferred replica, or nothing for the leader itself.
  virtual std::optional<int32_t> select(const ReplicaChoice& choice) const = 0;
};

/// Everything the handlers share. Made by the composition root, which keeps what is pointed to alive longer.
class ReplicaContext {
 public:
  /// `selector` may be null: consumers stay with the leader.
  ReplicaContext(ReplicaSettings settings, storage::LogManager& logs, cluster::MetadataCache& metadata,
                 IsrChanges& isr_changes, Clock& clock = Clock::system(), const ReplicaSelector* selector = nullptr);

  const ReplicaSettings settings;
  storage::LogManager& logs;
  cluster::MetadataCache& metadata;
  IsrChanges& isr_changes;
  Clock& clock;
  const ReplicaSelector* const selector;
  const PartitionEnv env;
  PartitionMap partitions;
  Purgatories purgatories;
  FetchSessions sessions;
  Throttle leader_throttle;    // of what followers fetch here
  Throttle follower_throttle;  // of what is fetched from other leaders
  /// Reads that need the disk; set before the first request. Null: loops wait for the disk.
  event::Pool* disk = nullptr;
  /// Set before the first request; null: transactions are not verified.
  TransactionVerifier* verifier = nullptr;
  /// This broker's epoch: the czxid of its registration; set by whoever registers.
  std::atomic<int64_t> broker_epoch{-1};
  /// A log directory is full: nothing is fetched, so that no leader takes us for in sync. Set by the composition root.
  std::atomic<bool> out_of_space{false};
};

/// Who asks. Needed until the handler returns; what waits copies what it needs.
struct RequestContext {
  event::Loop* loop = nullptr;  // where the request came in and is answered
  int16_t version = 0;          // of the request
  std::string client_id;
  std::string listener;  // for the endpoints that hints of a new leader name
  /// Fetch only: may the caller read that topic (a replica: ClusterAction)? Empty: yes. Called before the handler
  /// returns; the name is empty for a topic id that nobody knows.
  std::function<bool(const std::string& topic)> may_read;
};

/// The partition for a request: KAFKA_STORAGE_ERROR in a failed directory; not hosted here: NOT_LEADER_OR_FOLLOWER if
/// the cluster knows it, else UNKNOWN_TOPIC_OR_PARTITION.
wire::Outcome<std::shared_ptr<Partition>> hosted_partition(const ReplicaContext& context, const HostedPartitions& map,
                                                           std::string_view topic, int32_t partition);

/// Carries out what a partition's locked method asked for: pokes waiters, sends an ISR proposal on its way.
void settle(ReplicaContext& context, const std::shared_ptr<Partition>& partition, Effects effects);

/// An fsync that appends to a partition had asked for is over (LogManagerOptions::on_flushed). Any thread.
void on_flushed(ReplicaContext& context, const TopicPartition& tp);

/// The leader to name to a client that asked the wrong broker (KIP-951): id and epoch, -1 where unknown, and its
/// endpoint on the client's listener if it is alive.
struct LeaderHint {
  int32_t leader = -1;
  int32_t leader_epoch = -1;
  const cluster::BrokerInfo* broker = nullptr;  // lives as long as `metadata`
  const cluster::BrokerEndpoint* endpoint = nullptr;
  std::shared_ptr<const cluster::MetadataImage> metadata;
};
LeaderHint leader_hint(const ReplicaContext& context, const HostedPartitions& map, std::string_view topic,
                       int32_t partition, std::string_view listener);

/// Proposes to drop lagging followers of every partition led here. The composition root calls it every half of
/// replica.lag.time.max.ms, on any thread.
void shrink_isrs(ReplicaContext& context);

}  // namespace meerkat::replica
