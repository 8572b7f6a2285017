// The batches that a leader appends to a log at one time: each is checked and gets its offsets as if it came alone,
// those that lie next to each other are written with one system call.
#pragma once

#include <optional>

#include "absl/container/inlined_vector.h"
#include "record/batch.h"
#include "record/builder.h"
#include "storage/log.h"
#include "storage/log_state.h"

namespace meerkat::storage {

/// Lives for one hold of the log's lock. Every append that is added has its outcome after write().
class LeaderAppends {
 public:
  LeaderAppends(LogState& state, IoErrors& errors, int32_t leader_epoch, record::AppendOrigin origin)
      : s_(state), errors_(errors), leader_epoch_(leader_epoch), origin_(origin) {}

  /// Checks and stamps one more. Where its fate depends on those before it, these are written first.
  void add(GatheredAppend& append) REQUIRES(s_.lock);
  /// Writes what has been gathered and takes it into indexes and producer states.
  void write() REQUIRES(s_.lock);

 private:
  struct Gathered {
    GatheredAppend* append;
    record::AnyBatch batch;  // as stamped
    std::optional<record::EndTxnMarker> marker;
    record::Stamped stamped;
    int64_t log_start_offset;
    bool rolled;
  };
  /// What a connection of the usual client has in flight; more needs memory of its own.
  static constexpr size_t kInFlight = 5;

  const record::AnyBatch* last_of_producer(int64_t producer_id) const;
  bool must_be_written_before(const record::AnyBatch& batch) const REQUIRES(s_.lock);
  wire::Outcome<AppendInfo> duplicate_of(const ProducerBatch& known) const REQUIRES(s_.lock);
  void refuse(const Error& error, bool restored) REQUIRES(s_.lock);
  void take_in() REQUIRES(s_.lock);
  void forget();

  LogState& s_;
  IoErrors& errors_;
  const int32_t leader_epoch_;
  const record::AppendOrigin origin_;
  absl::InlinedVector<Gathered, kInFlight> gathered_;
  int64_t gathered_bytes_ = 0;
  bool one_by_one_ = false;  // a write failed: whatever is left goes alone
};

}  // namespace meerkat::storage
