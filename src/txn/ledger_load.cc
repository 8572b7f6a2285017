#include <glog/logging.h>

#include "replica/record_load.h"
#include "txn/ledger.h"
#include "txn/records.h"

namespace meerkat::txn {

using wire::ErrorCode;

void Ledger::on_leader(int32_t partition, int32_t leader_epoch) {
  auto it = partitions_.find(partition);
  if (it != partitions_.end() && it->second.leader_epoch >= leader_epoch) return;
  markers_.forget(partition);
  Partition fresh;
  fresh.leader_epoch = leader_epoch;
  partitions_[partition] = std::move(fresh);
  LOG(INFO) << "Loading the transactions of " << kTransactionsTopic << "-" << partition << ", leader epoch "
            << leader_epoch;
  load(partition);
}

void Ledger::load(int32_t partition) {
  const int32_t leader_epoch = partitions_.at(partition).leader_epoch;
  replica::load_in_background<Loader>(
      log_, std::string(kTransactionsTopic), partition, workers_, loop_,
      [this, partition, leader_epoch](wire::Outcome<LoadedTransactions> loaded) {
        if (!loaded) return load_again(partition, leader_epoch, loaded.error());
        // Nobody must act on a record that could still be lost with this replica.
        const replica::RecordLog::Terms terms{.loop = loop_,
                                              .timeout = std::chrono::milliseconds(settings_.request_timeout_ms),
                                              .leader_epoch = leader_epoch};
        log_.await_replicas(partition, terms,
                            [this, partition, leader_epoch,
                             loaded = std::move(*loaded)](const wire::Outcome<void>& replicated) mutable {
                              if (!replicated) return load_again(partition, leader_epoch, replicated.error());
                              install(partition, leader_epoch, std::move(loaded));
                            });
      });
}

void Ledger::load_again(int32_t partition, int32_t leader_epoch, const wire::Failure& why) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || it->second.leader_epoch != leader_epoch) return;  // led elsewhere meanwhile
  // Mostly leadership is lost again, or the disk is, which come here as a resignation. What else it is may pass.
  LOG(ERROR) << "The transactions of " << kTransactionsTopic << "-" << partition
             << " cannot be loaded, which is tried again: " << why.message;
  it->second.retry =
      loop_.after(std::chrono::milliseconds(settings_.load_backoff_ms), [this, partition] { load(partition); });
}

void Ledger::install(int32_t partition, int32_t leader_epoch, LoadedTransactions loaded) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || it->second.leader_epoch != leader_epoch) return;  // led elsewhere meanwhile
  it->second.loading = false;
  std::vector<Ref> unfinished;
  for (auto& [id, details] : loaded) {
    auto transaction = std::make_shared<Transaction>();
    transaction->id = id;
    transaction->now = std::move(details);
    it->second.transactions[id] = transaction;
    if (txn::loaded(*transaction, clock_.wall_ms())) unfinished.push_back({partition, leader_epoch, transaction});
  }
  LOG(INFO) << "Loaded " << loaded.size() << " transactional ids of " << kTransactionsTopic << "-" << partition << "; "
            << unfinished.size() << " transactions are still to be completed";
  for (const Ref& ref : unfinished) send_markers(ref);
}

void Ledger::on_resigned(int32_t partition, int32_t leader_epoch) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || (leader_epoch >= 0 && leader_epoch < it->second.leader_epoch)) return;
  LOG(INFO) << "No coordinator of " << kTransactionsTopic << "-" << partition << " any more; "
            << it->second.transactions.size() << " transactional ids unloaded";
  partitions_.erase(it);
  markers_.forget(partition);
}

}  // namespace meerkat::txn
