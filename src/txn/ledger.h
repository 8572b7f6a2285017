// The transactions of this broker, on their loop. One file a side: ledger.cc (requests of producers), ledger_commit.cc
// (writing, the two-phase commit), ledger_load.cc (taking over and giving up partitions), ledger_upkeep.cc (timeouts,
// expiration), ledger_admin.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/task.h"
#include "event/loop.h"
#include "event/pool.h"
#include "replica/record_log.h"
#include "txn/events.h"
#include "txn/loader.h"
#include "txn/markers.h"
#include "txn/settings.h"
#include "wire/messages/65_describe_transactions.h"
#include "wire/messages/66_list_transactions.h"

namespace meerkat::txn {

/// Gives a producer id that nobody else has; called back on any thread, maybe before it returns.
using NextProducerId = std::function<void(Callback<wire::Outcome<int64_t>>)>;

/// Everything runs on the loop, but for the constructor. `partition` is the one of __transaction_state that the
/// transactional id belongs to.
class Ledger {
 public:
  struct Parts {
    event::Loop& loop;
    replica::RecordLog& log;
    event::Pool& workers;  // may block
    const cluster::MetadataCache& metadata;
    PartitionExists partition_exists;
    MarkerChannel& channel;
    NextProducerId next_producer_id;
    Clock& clock;
  };
  /// All parts outlive this.
  Ledger(const Settings& settings, Parts parts);

  /// Begins to look for timed-out transactions and expired ids.
  void start();
  /// Nothing happens afterwards.
  void stop();

  // ---- Partitions
  /// This broker leads the partition: its transactions are read in the background, also if it was led here before under
  /// an older epoch, for that epoch goes into records and markers.
  void on_leader(int32_t partition, int32_t leader_epoch);
  /// It is led elsewhere, or gone (-1).
  void on_resigned(int32_t partition, int32_t leader_epoch);

  // ---- Producers
  void init_producer(int32_t partition, const std::string& id, InitEvent event,
                     Callback<wire::Outcome<Producer>> reply);
  void add_partitions(int32_t partition, const std::string& id, Producer producer,
                      const std::set<TopicPartition>& partitions, Callback<wire::ErrorCode> reply);
  /// A code for each of the partitions.
  std::vector<wire::ErrorCode> verify_partitions(int32_t partition, const std::string& id, Producer producer,
                                                 const std::vector<TopicPartition>& partitions) const;
  void end(int32_t partition, const std::string& id, Producer producer, bool commit, Callback<wire::ErrorCode> reply);

  // ---- Administration
  wire::DescribeTransactionsResponse::TransactionState describe(int32_t partition, const std::string& id) const;
  wire::ListTransactionsResponse list(const wire::ListTransactionsRequest& request) const;

 private:
  using TransactionPtr = std::shared_ptr<Transaction>;
  struct Partition {
    int32_t leader_epoch = -1;
    bool loading = true;
    event::Timer retry;  // of a load that failed
    absl::flat_hash_map<std::string, TransactionPtr> transactions;
  };
  /// A transaction under a reign: after a pause it may belong to another coordinator, or to us anew.
  struct Ref {
    int32_t partition = -1;
    int32_t leader_epoch = -1;
    TransactionPtr txn;
  };

  /// COORDINATOR_LOAD_IN_PROGRESS or NOT_COORDINATOR.
  wire::ErrorCode check(int32_t partition) const;
  /// Whether we are still its coordinator, under the same epoch; else what to answer.
  wire::ErrorCode check(const Ref& ref) const;
  /// Without a transaction if there is none of that id. The partition must be ours.
  Ref find(int32_t partition, const std::string& id) const;
  /// INVALID_PRODUCER_ID_MAPPING for an id that is not known.
  wire::Outcome<Ref> find_known(int32_t partition, const std::string& id) const;

  /// Answers a step's error, or writes and then answers.
  void carry_out(const Ref& ref, Step step, Callback<wire::ErrorCode> reply);
  void write(const Ref& ref, Write write, Callback<wire::ErrorCode> reply);
  void on_stored(const Ref& ref, const Write& write, wire::ErrorCode error, Callback<wire::ErrorCode> reply);
  void send_markers(const Ref& ref);
  bool on_marker_outcome(const Marker& marker, const TopicPartition& partition, wire::ErrorCode error);
  void complete(const Ref& ref);
  void complete_later(const Ref& ref);

  /// Reads the transactions of a partition in the background.
  void load(int32_t partition);
  void load_again(int32_t partition, int32_t leader_epoch, const wire::Failure& why);
  void install(int32_t partition, int32_t leader_epoch, LoadedTransactions loaded);
  void abort_timed_out();
  void expire_ids();
  void write_tombstones(int32_t partition, int32_t leader_epoch, std::vector<TransactionPtr> expired);

  const Settings& settings_;
  event::Loop& loop_;
  replica::RecordLog& log_;
  event::Pool& workers_;
  const NextProducerId next_producer_id_;
  Clock& clock_;
  MarkerSender markers_;
  absl::flat_hash_map<int32_t, Partition> partitions_;
  std::vector<Ref> completions_;  // whose write failed and is to be tried again
  event::Timer completion_timer_;
  event::Timer abort_timer_;
  event::Timer expiration_timer_;
};

}  // namespace meerkat::txn
