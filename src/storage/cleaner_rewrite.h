// What is left of a batch after compaction: the rule for a record, and the batch made anew from those that stay.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "base/bytes.h"
#include "base/result.h"
#include "record/batch.h"
#include "record/record.h"
#include "storage/cleaner_map.h"
#include "storage/cleaner_transactions.h"

namespace meerkat::storage {

/// Where the latest trace of a producer lies that is still remembered: its batch stays, empty if need be, or a restart
/// would forget the producer.
struct ProducerTrace {
  std::optional<int64_t> last_data_offset;  // nothing: only a marker of this epoch is left
  int16_t producer_epoch = -1;
};
using ProducerTraces = absl::flat_hash_map<int64_t, ProducerTrace>;

struct RewriteRules {
  const OffsetMap& map;
  const ProducerTraces& producers;
  int64_t now_ms = 0;
  int64_t delete_retention_ms = 0;
};

/// One a cleaning; shown all batches in the order of their offsets. Not thread-safe.
class BatchRewriter {
 public:
  explicit BatchRewriter(const RewriteRules& rules) : rules_(rules) {}

  CleanedTransactions& transactions() { return transactions_; }

  enum class Keep { nothing, as_it_is, rewritten };
  /// Decides about a whole batch with a good checksum; with Keep::rewritten, `out` is what takes its place. Tombstones
  /// of magic 0 and 1 have no horizon of their own and stay while `keep_legacy_tombstones`. An error if the batch
  /// cannot be read. `aborted` is what belongs into the transaction index with it.
  Result<Keep> rewrite(const record::AnyBatch& batch, bool keep_legacy_tombstones, Bytes& out,
                       std::optional<AbortedTxn>& aborted);

 private:
  /// What the transactions say of a batch.
  struct Verdict {
    bool drop_records = false;
    bool keep_empty = false;         // the batch's header holds the state of a producer
    bool marker_of_nothing = false;  // a marker whose transaction has no data left: its horizon begins
  };
  Verdict judge(const record::AnyBatch& batch, std::optional<AbortedTxn>& aborted);
  bool keeps(const record::AnyBatch& batch, const record::RecordView& record, bool keep_legacy_tombstones) const;
  Result<Keep> rewrite_v2(const record::AnyBatch& batch, const Verdict& verdict, Bytes& out);
  Result<Keep> rewrite_legacy(const record::AnyBatch& batch, bool keep_tombstones, Bytes& out);

  const RewriteRules rules_;
  CleanedTransactions transactions_;
};

}  // namespace meerkat::storage
