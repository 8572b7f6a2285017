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
  LOG(INFO) << "Loading the transactions of " << kStateTopic << "-" << partition << ", leader epoch " << leader_epoch;
  replica::load_in_background<Loader>(log_, kStateTopic, partition, workers_, loop_,
                                      [this, partition, leader_epoch](wire::Outcome<LoadedTransactions> loaded) {
                                        install(partition, leader_epoch, std::move(loaded));
                                      });
}

void Ledger::install(int32_t partition, int32_t leader_epoch, wire::Outcome<LoadedTransactions> loaded) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || it->second.leader_epoch != leader_epoch) return;  // led elsewhere meanwhile
  if (!loaded) {
    // Either leadership is lost again, or the disk is: both come here as a resignation.
    LOG(ERROR) << "The transactions of " << kStateTopic << "-" << partition
               << " cannot be loaded: " << loaded.error().message;
    return;
  }
  it->second.loading = false;
  std::vector<Ref> unfinished;
  for (auto& [id, details] : *loaded) {
    auto transaction = std::make_shared<Transaction>();
    transaction->id = id;
    transaction->now = std::move(details);
    it->second.transactions[id] = transaction;
    if (txn::loaded(*transaction, clock_.wall_ms())) unfinished.push_back({partition, leader_epoch, transaction});
  }
  LOG(INFO) << "Loaded " << loaded->size() << " transactional ids of " << kStateTopic << "-" << partition << "; "
            << unfinished.size() << " transactions are still to be completed";
  for (const Ref& ref : unfinished) send_markers(ref);
}

void Ledger::on_resigned(int32_t partition, int32_t leader_epoch) {
  auto it = partitions_.find(partition);
  if (it == partitions_.end() || (leader_epoch >= 0 && leader_epoch < it->second.leader_epoch)) return;
  LOG(INFO) << "No coordinator of " << kStateTopic << "-" << partition << " any more; "
            << it->second.transactions.size() << " transactional ids unloaded";
  partitions_.erase(it);
  markers_.forget(partition);
}

}  // namespace meerkat::txn
