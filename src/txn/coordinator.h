// The transaction coordinator of this broker: one for all transactional ids whose partition of __transaction_state is
// led here.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "event/loop.h"
#include "event/pool.h"
#include "replica/apply.h"
#include "txn/ledger.h"

namespace meerkat::txn {

/// Any thread may call; replies come once each, on the coordinator's loop. Authorization, and whether the partitions
/// exist, is the caller's to check.
class Coordinator : public replica::LeadershipListener {
 public:
  /// The loop is started, and stopped by stop(); all parts outlive this.
  Coordinator(Settings settings, Ledger::Parts parts);
  ~Coordinator() override;

  void on_leader(const TopicPartition& partition, int32_t leader_epoch) override;
  void on_resigned(const TopicPartition& partition, int32_t leader_epoch) override;
  /// Stops the loop; who waits is not answered any more. `last` runs on the loop, at the end.
  void stop(Task last);

  /// InitProducerId with a transactional id; `expected`: what the producer has now, if it names that (KIP-360).
  void init_producer(std::string id, int32_t timeout_ms, std::optional<Producer> expected,
                     Callback<wire::Outcome<Producer>> reply);
  void add_partitions(std::string id, Producer producer, std::set<TopicPartition> partitions,
                      Callback<wire::ErrorCode> reply);
  /// A code for each of the partitions: `none` for those in the open transaction (KIP-890).
  void verify_partitions(std::string id, Producer producer, std::vector<TopicPartition> partitions,
                         Callback<std::vector<wire::ErrorCode>> reply);
  /// Replies when the outcome is decided; markers may still be on their way then.
  void end(std::string id, Producer producer, bool commit, Callback<wire::ErrorCode> reply);

  void describe(std::vector<std::string> ids,
                Callback<std::vector<wire::DescribeTransactionsResponse::TransactionState>> reply);
  void list(wire::ListTransactionsRequest request, Callback<wire::ListTransactionsResponse> reply);

 private:
  int32_t partition_of(const std::string& id) const;

  const Settings settings_;
  event::Loop& loop_;
  const replica::RecordLog& log_;
  Ledger ledger_;
};

}  // namespace meerkat::txn
