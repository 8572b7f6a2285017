// The cluster's controller: one broker at a time has this role, won through ZooKeeper's /controller node. It elects
// leaders, creates and deletes partitions, and tells brokers (its own included) by LeaderAndIsr, UpdateMetadata and
// StopReplica over TCP. This header is all that the rest of the broker sees of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "controller/own_broker.h"
#include "controller/settings.h"

namespace meerkat::zk {
class Session;
}
namespace meerkat::wire {
struct AlterPartitionRequest;
struct AlterPartitionResponse;
struct AllocateProducerIdsRequest;
struct AllocateProducerIdsResponse;
struct ControlledShutdownRequest;
struct ControlledShutdownResponse;
struct ElectLeadersRequest;
struct ElectLeadersResponse;
struct AlterPartitionReassignmentsRequest;
struct AlterPartitionReassignmentsResponse;
struct ListPartitionReassignmentsRequest;
struct ListPartitionReassignmentsResponse;
}  // namespace meerkat::wire

namespace meerkat::controller {

/// Figures for metrics, refreshed about once a second; zeros while another broker is controller.
struct Snapshot {
  bool active = false;
  int32_t epoch = 0;
  int64_t topics = 0;
  int64_t partitions = 0;
  int64_t offline_partitions = 0;
  int64_t preferred_replica_imbalance = 0;
  int64_t topics_to_delete = 0;
  int64_t topics_ineligible_to_delete = 0;
  int64_t replicas_to_delete = 0;
  int64_t replicas_ineligible_to_delete = 0;
  int64_t live_brokers = 0;
};

/// The controller of this broker, active or standing by. Methods may be called from any thread; callbacks come on the
/// controller's thread, at most once (dropped at stop()).
class Controller {
 public:
  /// `session` and `clock` outlive this.
  Controller(Settings settings, zk::Session& session, Clock& clock, OwnBroker own_broker);
  ~Controller();  // stops

  /// Watches /controller and runs for election. Call once this broker is registered in /brokers/ids.
  void start();
  /// Hands the role over to another broker, if there is one that takes it, and stands for no election until
  /// stand_again(). Blocks until another broker is controller, at most for `patience`. Whether another broker is.
  bool hand_over(std::chrono::milliseconds patience);
  /// Runs for election again, from the next on_registered() on.
  void stand_again();
  /// Gives up the role (leaves /controller to the session's close) and ends the thread.
  void stop();

  /// Whether this broker is the controller, as far as it knows.
  bool is_active() const;
  /// The epoch of this broker's term, or the last epoch it read.
  int32_t epoch() const;
  /// The broker id in /controller as last seen; -1 when there is none.
  int32_t current_controller() const;
  Snapshot snapshot() const;

  /// This broker is registered (again, with a new session): runs for election. Does nothing before start().
  void on_registered();

  /// ISR changes proposed by leaders (KIP-497). Not active: NOT_CONTROLLER.
  void alter_partition(wire::AlterPartitionRequest request, int16_t version,
                       Callback<wire::AlterPartitionResponse> done);
  /// A block of producer ids for a broker (KIP-730).
  void allocate_producer_ids(wire::AllocateProducerIdsRequest request,
                             Callback<wire::AllocateProducerIdsResponse> done);
  /// A broker that wants to leave: moves its leaderships away. Not active: STALE_CONTROLLER_EPOCH.
  void controlled_shutdown(wire::ControlledShutdownRequest request, int16_t version,
                           Callback<wire::ControlledShutdownResponse> done);
  /// Elections on request: preferred or unclean (KIP-460).
  void elect_leaders(wire::ElectLeadersRequest request, Callback<wire::ElectLeadersResponse> done);
  /// Moves replicas, or cancels that (KIP-455).
  void alter_partition_reassignments(wire::AlterPartitionReassignmentsRequest request,
                                     Callback<wire::AlterPartitionReassignmentsResponse> done);
  void list_partition_reassignments(wire::ListPartitionReassignmentsRequest request,
                                    Callback<wire::ListPartitionReassignmentsResponse> done);

  /// A config change of a topic or of brokers that may allow unclean elections now: retries offline partitions.
  /// An empty topic means all.
  void on_unclean_election_enabled(std::string topic);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meerkat::controller
