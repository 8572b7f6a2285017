// The producers of one log: duplicate and sequence checks, open transactions, snapshots of all that.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/file.h"
#include "record/batch.h"
#include "record/builder.h"
#include "record/validate.h"
#include "storage/pending_verifications.h"
#include "storage/producer_entry.h"
#include "wire/error.h"

namespace meerkat::storage {

/// A transaction whose marker has been written.
struct CompletedTxn {
  int64_t producer_id = -1;
  int64_t first_offset = -1;
  int64_t last_offset = -1;  // of the marker
  bool aborted = false;
};

/// What the broker's configuration says of producers; changes while logs are in use. Outlives them.
struct ProducerRules {
  std::atomic<int64_t> expiration_ms{86'400'000};  // producer.id.expiration.ms
  std::atomic<bool> verify_transactions{false};    // transaction.partition.verification.enable
};

/// The end-of-transaction marker in a control batch (bytes complete); nothing for other batches.
std::optional<record::EndTxnMarker> marker_of(const record::AnyBatch& batch);

/// Not thread-safe: the log's lock guards it.
class ProducerState {
 public:
  ProducerState(FileSystem& fs, std::string dir, const ProducerRules& rules)
      : fs_(fs), dir_(std::move(dir)), rules_(rules) {}

  /// Whether a leader may append the batch. A value is the batch of which this one is a repetition. OUT_OF_ORDER_
  /// SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_COORDINATOR_FENCED.
  wire::Outcome<std::optional<ProducerBatch>> check(const record::AnyBatch& batch,
                                                    const std::optional<record::EndTxnMarker>& marker,
                                                    record::AppendOrigin origin, VerificationGuard guard = {}) const;
  /// What the first batch of a transaction has to show (KIP-890). Nothing if no guard is needed: the transaction is
  /// open here, or transactions are not verified.
  std::optional<VerificationGuard> begin_verification(int64_t producer_id, int16_t epoch, int32_t base_sequence,
                                                      int64_t now_ms);
  /// Takes in a batch with its final offsets; without checks, as followers and recovery do.
  std::optional<CompletedTxn> update(const record::AnyBatch& batch, const std::optional<record::EndTxnMarker>& marker);
  /// The last stable offset once `txn` is complete: the first offset of another open transaction, or behind its marker.
  int64_t last_stable_offset(const CompletedTxn& txn) const;
  /// Moves the transaction from the open ones to those that wait for the high watermark to pass their marker.
  void complete(const CompletedTxn& txn);
  /// Where the earliest transaction begins that is open, or whose marker is not below the high watermark yet.
  std::optional<int64_t> first_unstable_offset() const;
  /// The high watermark has moved to `offset`: markers below it are replicated.
  void on_high_watermark(int64_t offset);

  /// Forgets producers silent since `now_ms` less the expiration that have no open transaction, and verifications as
  /// old.
  void remove_expired(int64_t now_ms);
  const absl::flat_hash_map<int64_t, ProducerEntry>& producers() const { return producers_; }
  bool empty() const { return producers_.empty(); }

  /// The state holds what is below this offset.
  int64_t map_end_offset() const { return map_end_offset_; }
  void set_map_end_offset(int64_t offset) { map_end_offset_ = offset; }

  /// There is a snapshot file of that name in the directory. Said of each before load().
  void note_snapshot(int64_t offset) { snapshots_.insert(offset); }
  const std::set<int64_t>& snapshots() const { return snapshots_; }
  /// Takes the newest usable snapshot in [log_start, up_to]: map_end_offset() then says which, log_start if none. Ones
  /// that cannot be used are removed with a warning.
  void load(int64_t log_start, int64_t up_to, int64_t now_ms);
  void remove_snapshots_after(int64_t offset);
  /// Writes the snapshot named map_end_offset(), if there is none yet.
  Status take_snapshot();
  void remove_snapshot(int64_t offset);
  /// Drops snapshots before `offset`: the segments they began with are gone. The newest of all stays.
  void remove_snapshots_before(int64_t offset);
  /// Forgets all producers and removes all snapshots; the state is empty at `offset`.
  void reset(int64_t offset);
  void set_dir(std::string dir) { dir_ = std::move(dir); }
  /// Paths of snapshots written since the last call, to be fsynced without the log's lock.
  std::vector<std::string> take_unsynced();

 private:
  struct Txn {
    int64_t producer_id = -1;
    int64_t last_offset = -1;
  };
  wire::Outcome<void> check_sequence(const record::AnyBatch& batch, const ProducerEntry* entry) const;
  bool expired(const ProducerEntry& entry, int64_t now_ms) const;
  bool in_transaction(int64_t producer_id) const;
  std::string snapshot_path(int64_t offset) const;

  FileSystem& fs_;
  std::string dir_;
  const ProducerRules& rules_;
  PendingVerifications verifications_;
  absl::flat_hash_map<int64_t, ProducerEntry> producers_;
  std::map<int64_t, Txn> open_txns_;          // by first offset
  std::map<int64_t, Txn> unreplicated_txns_;  // by first offset
  int64_t map_end_offset_ = 0;
  std::set<int64_t> snapshots_;
  std::set<int64_t> unsynced_;
};

}  // namespace meerkat::storage
