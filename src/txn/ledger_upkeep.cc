#include <glog/logging.h>

#include "record/builder.h"
#include "txn/ledger.h"
#include "txn/records.h"

namespace meerkat::txn {

using wire::ErrorCode;

void Ledger::abort_timed_out() {
  const int64_t now = clock_.wall_ms();
  // Writing may change the tables.
  std::vector<std::pair<Ref, Step>> steps;
  for (auto& [index, partition] : partitions_) {
    for (auto& [id, transaction] : partition.transactions) {
      Step step = time_out(*transaction, now);
      if (step.write) steps.emplace_back(Ref{index, partition.leader_epoch, transaction}, std::move(step));
    }
  }
  for (auto& [ref, step] : steps) {
    LOG(INFO) << "Aborting the transaction of transactional id " << ref.txn->id << ": it is open for longer than its "
              << ref.txn->now.timeout_ms << " ms";
    carry_out(ref, std::move(step), [](ErrorCode) {});
  }
}

void Ledger::expire_ids() {
  const int64_t now = clock_.wall_ms();
  // Well below every limit of a batch.
  constexpr size_t kBatchBytes = 16 << 10;
  std::vector<std::pair<Ref, std::vector<TransactionPtr>>> batches;
  for (auto& [index, partition] : partitions_) {
    std::vector<TransactionPtr> expired;
    size_t bytes = 0;
    const auto flush = [&, index = index, epoch = partition.leader_epoch] {
      bytes = 0;
      if (!expired.empty()) batches.emplace_back(Ref{index, epoch, nullptr}, std::exchange(expired, {}));
    };
    for (auto& [id, transaction] : partition.transactions) {
      if (!begin_expiration(*transaction, settings_.id_expiration_ms, now)) continue;
      expired.push_back(transaction);
      bytes += record::record_size_bound(id_key(id).size(), 0);
      if (bytes >= kBatchBytes) flush();
    }
    flush();
  }
  for (auto& [ref, expired] : batches) write_tombstones(ref.partition, ref.leader_epoch, std::move(expired));
}

void Ledger::write_tombstones(int32_t partition, int32_t leader_epoch, std::vector<TransactionPtr> expired) {
  record::BatchBuilder builder;
  for (const auto& transaction : expired) {
    builder.append(clock_.wall_ms(), ByteView(id_key(transaction->id)), std::nullopt);
  }
  const replica::RecordLog::Terms terms{
      .loop = loop_, .timeout = std::chrono::milliseconds(settings_.request_timeout_ms), .leader_epoch = leader_epoch};
  log_.append(partition, terms, builder.build(),
              [this, partition, leader_epoch, expired = std::move(expired)](wire::Outcome<int64_t> appended) {
                if (check(Ref{partition, leader_epoch, nullptr}) != ErrorCode::none) return;
                LOG_IF(WARNING, !appended) << expired.size() << " transactional ids of " << kTransactionsTopic << "-"
                                           << partition << " could not be removed: " << appended.error().message;
                for (const auto& transaction : expired) {
                  if (!appended) {
                    expiration_failed(*transaction);
                  } else {
                    partitions_.at(partition).transactions.erase(transaction->id);
                  }
                }
                LOG_IF(INFO, appended.ok())
                    << "Forgot " << expired.size() << " transactional ids that were not used for "
                    << settings_.id_expiration_ms << " ms";
              });
}

}  // namespace meerkat::txn
