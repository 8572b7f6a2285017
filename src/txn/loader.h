// From the batches of a partition of __transaction_state to the transactions that they describe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"
#include "record/record.h"
#include "txn/transaction.h"

namespace meerkat::txn {

/// By transactional id.
using LoadedTransactions = std::map<std::string, Details>;

/// Takes the batches in the order of the log; the last record of an id counts. What it cannot read it skips with a
/// warning: one odd record must not keep all transactions of the partition from going on.
class Loader {
 public:
  /// Whole batches; false if even their borders make no sense any more.
  bool add(ByteView batches);
  LoadedTransactions take() { return std::move(transactions_); }
  /// The offset after the last batch that was added; -1 before the first.
  int64_t next_offset() const { return next_offset_; }

 private:
  void add_record(const record::RecordView& record);

  LoadedTransactions transactions_;
  int64_t next_offset_ = -1;
};

}  // namespace meerkat::txn
