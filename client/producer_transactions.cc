// The producer's side of transactions: what becomes of its batches when one ends.
#include <cassert>

#include "client/producer.h"

namespace meerkat::client {

void Producer::take_identity(const ProducerIdentity& identity) {
  MutexLock lock(mutex_);
  if (identity_ == identity) return;
  identity_ = identity;
  for (auto& [partition, queue] : queues_) queue.next_sequence = 0;
}

wire::Outcome<void> Producer::init_transactions() {
  assert(transactions_ && options_.acks == -1 && options_.enable_idempotence);
  auto identity = transactions_->init();
  if (!identity) return identity.failure();
  take_identity(*identity);
  return {};
}

wire::Outcome<void> Producer::begin_transaction() {
  assert(transactions_);
  return transactions_->begin();
}

wire::Outcome<void> Producer::send_offsets_to_transaction(const Offsets& offsets, const std::string& group,
                                                          const CommitIdentity& who) {
  assert(transactions_);
  return transactions_->add_offsets(group, offsets, who);
}

wire::Outcome<void> Producer::commit_transaction() {
  assert(transactions_);
  flush();
  return end_transaction(true);
}

wire::Outcome<void> Producer::abort_transaction() {
  assert(transactions_);
  {
    MutexLock lock(mutex_);
    aborting_ = true;
  }
  discard_queued();
  flush();
  {
    MutexLock lock(mutex_);
    aborting_ = false;
  }
  return end_transaction(false);
}

wire::Outcome<void> Producer::end_transaction(bool commit) {
  auto identity = transactions_->end(commit);
  if (!identity) return identity.failure();
  take_identity(*identity);
  return {};
}

void Producer::discard_queued() {
  std::vector<std::unique_ptr<Batch>> dropped;
  {
    MutexLock lock(mutex_);
    for (auto& [partition, queue] : queues_) {
      for (auto& batch : queue.batches) dropped.push_back(std::move(batch));
      queue.batches.clear();
    }
  }
  for (auto& batch : dropped) {
    if (!batch->encoded.empty()) transactions_->skip_sequence();
    cluster_.network().loop().post([this, batch = std::move(batch)] {
      for (auto& callback : batch->callbacks) {
        if (callback) callback(wire::refuse(wire::ErrorCode::invalid_txn_state, "the transaction was aborted"));
      }
      settle(*batch);
    });
  }
}

}  // namespace meerkat::client
