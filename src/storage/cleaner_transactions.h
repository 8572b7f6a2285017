// Follows transactions while the cleaner reads a log from front to end (KIP-98): which batches were aborted, and which
// markers have nothing left to say.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "record/batch.h"
#include "storage/transaction_index.h"

namespace meerkat::storage {

/// Not thread-safe. Batches are shown in the order of their offsets.
class CleanedTransactions {
 public:
  /// Tells of aborted transactions, before the first batch of each is shown. Telling twice does no harm.
  void add(std::span<const AbortedTxn> aborted);
  /// A data batch. Whether it belongs to an aborted transaction, so that nothing of it is needed.
  bool on_data(const record::AnyBatch& batch);
  /// What a marker means for the cleaner.
  struct Marker {
    /// No batch of its transaction is left: the marker may go when its delete horizon has passed.
    bool discardable = false;
    /// To be noted in the transaction index beside the marker.
    std::optional<AbortedTxn> aborted;
  };
  /// A control batch, its bytes complete.
  Marker on_control(const record::AnyBatch& batch);

 private:
  struct Ongoing {
    AbortedTxn txn;
    bool seen = false;  // a batch of it is still in the log
  };
  struct Later {
    bool operator()(const AbortedTxn& a, const AbortedTxn& b) const { return a.first_offset > b.first_offset; }
  };
  void begin_up_to(int64_t offset);

  std::priority_queue<AbortedTxn, std::vector<AbortedTxn>, Later> waiting_;
  absl::flat_hash_map<int64_t, Ongoing> aborted_;  // by producer id
  absl::flat_hash_set<int64_t> committed_;         // producer ids of transactions with data, as far as known committed
};

}  // namespace meerkat::storage
