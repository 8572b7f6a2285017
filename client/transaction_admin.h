// Administration of transactions (KIP-664): what coordinators and leaders know of them, and aborting those that hang.
// All calls block.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/topic_partition.h"
#include "client/cluster.h"
#include "wire/messages/61_describe_producers.h"
#include "wire/messages/65_describe_transactions.h"
#include "wire/messages/66_list_transactions.h"

namespace meerkat::client {

using ProducerState = wire::DescribeProducersResponse::ProducerState;
using TransactionListing = wire::ListTransactionsResponse::TransactionState;

/// A transaction as its coordinator has it.
struct TransactionDescription {
  int32_t coordinator = -1;
  wire::DescribeTransactionsResponse::TransactionState state;

  bool contains(const TopicPartition& partition) const;
};

/// A transaction that is open on a partition.
struct OpenTransaction {
  TopicPartition partition;
  ProducerState producer;
};

/// Which of `open` will never end: their producer has no transactional id any more, or the coordinator's transaction
/// does not have the partition. `ids` has what coordinators list, `described` what is known of those ids.
std::vector<OpenTransaction> hanging(const std::vector<OpenTransaction>& open,
                                     const std::map<int64_t, std::string>& ids,
                                     const std::map<std::string, TransactionDescription>& described);

class TransactionAdmin {
 public:
  /// `cluster` outlives this.
  TransactionAdmin(Cluster& cluster, std::chrono::milliseconds patience) : cluster_(cluster), patience_(patience) {}

  /// By coordinator. `longer_than_ms` < 0: all; else only those that are open for longer.
  wire::Outcome<std::map<int32_t, std::vector<TransactionListing>>> list(int64_t longer_than_ms = -1,
                                                                         std::vector<int64_t> producers = {});
  wire::Outcome<TransactionDescription> describe(const std::string& transactional_id);
  /// The producers of a partition, as its leader or `broker` knows them.
  wire::Outcome<std::vector<ProducerState>> producers(const TopicPartition& partition,
                                                      std::optional<int32_t> broker = {});
  /// Has the leader write an abort marker, past the coordinator.
  wire::Outcome<void> abort(const TopicPartition& partition, int64_t producer_id, int16_t producer_epoch,
                            int32_t coordinator_epoch);
  /// Transactions on the partitions of which nothing was heard for `older_than`, and that no coordinator will end.
  /// `broker`: looks only at replicas there.
  wire::Outcome<std::vector<OpenTransaction>> find_hanging(const std::vector<TopicPartition>& partitions,
                                                           std::optional<int32_t> broker,
                                                           std::chrono::milliseconds older_than);
  /// All partitions of a topic, or (nullopt) of all topics; with `broker` those that have a replica there.
  wire::Outcome<std::vector<TopicPartition>> partitions(const std::optional<std::string>& topic,
                                                        std::optional<int32_t> broker);

 private:
  wire::Outcome<HostPort> leader_of(const TopicPartition& partition, std::optional<int32_t> broker);

  Cluster& cluster_;
  const std::chrono::milliseconds patience_;
};

}  // namespace meerkat::client
