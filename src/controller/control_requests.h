// What brokers are to be told, collected while state changes and sent in one go: at most one LeaderAndIsr, one
// UpdateMetadata and one StopReplica a broker, in this order, since a broker must know a partition's state before its
// clients hear of it, and a replica is stopped last.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "controller/context.h"
#include "wire/messages/04_leader_and_isr.h"
#include "wire/messages/05_stop_replica.h"
#include "wire/messages/06_update_metadata.h"

namespace meerkat::controller {

/// Takes requests for brokers; keeps their order for each broker. See Channels.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual void send(int32_t broker, const wire::LeaderAndIsrRequest& request) = 0;
  virtual void send(int32_t broker, const wire::UpdateMetadataRequest& request) = 0;
  virtual void send(int32_t broker, const wire::StopReplicaRequest& request) = 0;
};

/// Versions on the wire at inter-broker protocol 3.9. There is no negotiation on these connections.
inline constexpr int16_t kLeaderAndIsrVersion = 7;
inline constexpr int16_t kUpdateMetadataVersion = 8;
inline constexpr int16_t kStopReplicaVersion = 4;

/// Collects requests as sets of partitions; the contents are taken from the context when they are sent.
class ControlRequests {
 public:
  /// The brokers are told the partition's leadership, and all live brokers its metadata. `is_new`: a replica that
  /// has never been there, so that it may be placed on any good log directory.
  void leader_and_isr(std::span<const int32_t> brokers, const TopicPartition& tp, bool is_new);
  /// All live brokers are told the list of live brokers.
  void metadata_to_all() { metadata_to_all_ = true; }
  /// All live brokers are told the partition's metadata.
  void metadata_to_all(const TopicPartition& tp);
  /// These brokers are told the list of live brokers and the metadata of `partitions`.
  void metadata_to(std::span<const int32_t> brokers, std::vector<TopicPartition> partitions);
  /// The broker is to stop (and delete) its replica. The leader epoch is the present one.
  void stop_replica(int32_t broker, const TopicPartition& tp, bool delete_partition, const Context& context);

  bool empty() const;
  void clear() { *this = ControlRequests(); }

  /// Builds the requests for brokers that are registered, hands them to `sender`, and starts from empty again.
  /// `listener` (the inter-broker one) chooses the endpoint that names a live leader.
  void send(const Context& context, int32_t controller_id, const std::string& listener, Sender& sender);

 private:
  struct Stop {
    int32_t leader_epoch = kNoEpoch;
    bool delete_partition = false;
  };
  void send_leader_and_isr(const Context&, int32_t controller_id, const std::string& listener, Sender&);
  void send_update_metadata(const Context&, int32_t controller_id, Sender&);
  void send_stop_replica(const Context&, int32_t controller_id, Sender&);

  std::map<int32_t, std::map<TopicPartition, bool>> leader_and_isr_;  // broker → partition → is new
  bool metadata_to_all_ = false;
  std::set<int32_t> metadata_brokers_;
  std::set<TopicPartition> metadata_partitions_;
  std::map<int32_t, std::map<TopicPartition, Stop>> stop_replica_;
};

}  // namespace meerkat::controller
