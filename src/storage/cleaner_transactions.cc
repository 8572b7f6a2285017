#include "storage/cleaner_transactions.h"

#include "storage/producer_state.h"

namespace meerkat::storage {

using record::AnyBatch;
using record::ControlType;

void CleanedTransactions::add(std::span<const AbortedTxn> aborted) {
  for (auto& txn : aborted) waiting_.push(txn);
}

void CleanedTransactions::begin_up_to(int64_t offset) {
  while (!waiting_.empty() && waiting_.top().first_offset <= offset) {
    aborted_.try_emplace(waiting_.top().producer_id, Ongoing{waiting_.top()});
    waiting_.pop();
  }
}

bool CleanedTransactions::on_data(const AnyBatch& batch) {
  begin_up_to(batch.last_offset);
  if (!batch.transactional) return false;
  auto it = aborted_.find(batch.producer_id);
  if (it == aborted_.end()) {
    committed_.insert(batch.producer_id);
    return false;
  }
  it->second.seen = true;
  return true;
}

CleanedTransactions::Marker CleanedTransactions::on_control(const AnyBatch& batch) {
  begin_up_to(batch.last_offset);
  if (batch.count == 0) return {true, {}};  // emptied by an earlier cleaning
  auto marker = marker_of(batch);
  if (!marker) return {};
  if (marker->type == ControlType::commit) return {committed_.erase(batch.producer_id) == 0, {}};
  auto it = aborted_.find(batch.producer_id);
  if (it == aborted_.end()) return {true, {}};
  Ongoing ended = it->second;
  aborted_.erase(it);
  if (!ended.seen) return {true, {}};
  return {false, ended.txn};
}

}  // namespace meerkat::storage
