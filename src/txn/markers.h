// Delivers the markers of ended transactions to the leaders of their partitions, until each has been dealt with.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/topic_partition.h"
#include "cluster/metadata_image.h"
#include "event/loop.h"
#include "txn/settings.h"
#include "txn/transaction.h"
#include "wire/error.h"
#include "wire/messages/27_write_txn_markers.h"

namespace meerkat::txn {

/// The end of a transaction, for some of its partitions.
struct Marker {
  std::string transactional_id;
  int32_t state_partition = -1;  // of __transaction_state, where the transaction is kept
  int32_t coordinator_epoch = -1;
  Producer producer;
  bool commit = false;
  std::vector<TopicPartition> partitions;
};

/// How a request gets to a broker. Calls and callbacks on the coordinator's loop; `done` is not called inside send().
class MarkerChannel {
 public:
  using Done = Callback<Result<wire::WriteTxnMarkersResponse>>;
  virtual ~MarkerChannel() = default;
  virtual void send(int32_t broker, const wire::WriteTxnMarkersRequest& request, Done done) = 0;
};

/// Tells whether a partition exists, as ZooKeeper has it; a failure: nobody can say now. Called back once, on any
/// thread, maybe before it returns.
using PartitionExists = std::function<void(const TopicPartition&, Callback<Result<bool>>)>;

/// Lives on one loop. Each broker has at most one request under way; what comes up meanwhile goes together in the next.
/// A partition that does not exist any more needs no marker: nobody will read its transaction. The metadata alone
/// cannot say so, as a broker that has just started is told of some partitions before others. One without a live leader
/// waits for a leader.
class MarkerSender {
 public:
  /// Told once for each try at a partition what came of it (NETWORK_EXCEPTION if the request was lost): true asks for
  /// another try, at whatever broker leads the partition then. May call send().
  using OnOutcome = std::function<bool(const Marker& marker, const TopicPartition& partition, wire::ErrorCode error)>;

  /// Everything outlives this.
  MarkerSender(const Settings& settings, event::Loop& loop, const cluster::MetadataCache& metadata,
               PartitionExists exists, MarkerChannel& channel, OnOutcome on_outcome);

  void send(Marker marker);
  /// The partition of __transaction_state is led elsewhere: whatever was not sent yet is dropped.
  void forget(int32_t state_partition);
  /// Drops everything, for good.
  void stop();

 private:
  using Markers = std::vector<Marker>;

  /// Puts the partitions into the queues of their leaders.
  void route(Marker marker);
  /// Finds out about a partition that is not in the metadata.
  void look_up(const Marker& marker, const TopicPartition& partition);
  static void enqueue(Markers& queue, const Marker& marker, const TopicPartition& partition);
  void flush(int32_t broker);
  void on_answer(const Markers& markers, const Result<wire::WriteTxnMarkersResponse>& answer);
  void retry_later(const Marker& marker, const TopicPartition& partition);

  const Settings& settings_;
  event::Loop& loop_;
  const cluster::MetadataCache& metadata_;
  const PartitionExists exists_;
  MarkerChannel& channel_;
  const OnOutcome on_outcome_;
  std::map<int32_t, Markers> queues_;  // by broker
  std::set<int32_t> busy_;             // brokers with a request under way
  Markers retries_;
  event::Timer retry_timer_;
};

}  // namespace meerkat::txn
