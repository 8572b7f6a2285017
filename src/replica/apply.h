// What the controller orders: LeaderAndIsr, StopReplica, UpdateMetadata, applied one after the other by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "event/pool.h"
#include "replica/context.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::wire {
struct LeaderAndIsrRequest;
struct LeaderAndIsrResponse;
struct StopReplicaRequest;
struct StopReplicaResponse;
}  // namespace meerkat::wire

namespace meerkat::replica {

/// Copies partitions from their leaders. Calls come from the state thread.
class Following {
 public:
  virtual ~Following() = default;
  /// (Re)starts fetching of these; each has a live leader and a new leader epoch.
  virtual void follow(const std::vector<std::shared_ptr<Partition>>& partitions) = 0;
  /// Stops fetching. What is still on its way is refused by the partition once its role or leader epoch has changed.
  virtual void unfollow(const std::vector<TopicPartition>& partitions) = 0;
};

/// Wants to know which partitions this broker leads (group and transaction coordinators). Calls come from the state
/// thread, after the change.
class LeadershipListener {
 public:
  virtual ~LeadershipListener() = default;
  virtual void on_leader(const TopicPartition& partition, int32_t leader_epoch) = 0;
  /// It is led elsewhere now, or gone. `leader_epoch` -1: deleted or unknown.
  virtual void on_resigned(const TopicPartition& partition, int32_t leader_epoch) = 0;
};

/// The state thread ("replica-state"): everything below runs there in the order of the calls.
class StateChanges {
 public:
  /// `following` may be null: then nothing is copied. Both outlive this.
  StateChanges(ReplicaContext& context, Following* following, std::vector<LeadershipListener*> listeners);
  ~StateChanges();

  // ---- Any thread; `reply` is called on the state thread. Authorization was done before.
  void handle(int16_t version, wire::LeaderAndIsrRequest request, Callback<wire::LeaderAndIsrResponse> reply);
  void handle(int16_t version, wire::StopReplicaRequest request, Callback<wire::StopReplicaResponse> reply);
  void handle(wire::UpdateMetadataRequest request, Callback<wire::UpdateMetadataResponse> reply);
  /// A log directory has failed: takes its partitions out of service, then calls `done`.
  void on_dir_failure(const std::string& dir, Task done);
  /// Runs `task` on the state thread, after what was asked before: no role and no log changes meanwhile.
  void run(Task task);
  /// Runs what was asked before, then ends the thread.
  void stop();

  // ---- State thread (and tests without one)
  wire::LeaderAndIsrResponse apply(int16_t version, const wire::LeaderAndIsrRequest& request);
  wire::StopReplicaResponse apply(int16_t version, const wire::StopReplicaRequest& request);
  wire::UpdateMetadataResponse apply(const wire::UpdateMetadataRequest& request);
  void apply_dir_failure(const std::string& dir);

 private:
  struct Batch;
  void compare(const std::string& topic, const wire::UpdateMetadataRequest::UpdateMetadataPartitionState& state);
  bool stale_broker(int64_t broker_epoch) const;
  bool accept_controller(int32_t controller_epoch);
  struct Change;
  /// First pass of LeaderAndIsr: may the partition change? If so, it is noted in the batch.
  wire::ErrorCode admit(Batch& batch, const TopicPartition& tp, const Uuid& topic_id, LeaderAndIsr state, bool is_new);
  /// Second pass, when nothing is being copied any more.
  wire::ErrorCode take_role(Batch& batch, const Change& change);
  wire::ErrorCode stop_one(Batch& batch, const TopicPartition& tp, int32_t leader_epoch, bool remove);
  bool any_dir_offline() const;
  /// Swaps the map, pokes who waits, starts fetching, tells the listeners.
  void finish(Batch& batch);

  ReplicaContext& context_;
  Following* const following_;
  const std::vector<LeadershipListener*> listeners_;
  int32_t controller_epoch_ = 0;  // the newest seen; shared by the three requests
  event::Pool thread_;
};

}  // namespace meerkat::replica
