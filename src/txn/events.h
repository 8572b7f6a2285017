// What can happen to a transaction, and what follows: each event changes the transaction and tells what to answer and
// what to write. No I/O, no clock. The rules are those of Kafka's first transaction protocol (KIP-98) with the epochs
// of KIP-360 and KIP-588 and the verification of KIP-890.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "txn/transaction.h"
#include "wire/error.h"

namespace meerkat::txn {

/// What follows of an event: an answer now, or a write, whose outcome decides the answer; see stored().
struct Step {
  wire::ErrorCode error = wire::ErrorCode::none;
  std::optional<Write> write;
  /// Of init_producer(): come again with a fresh producer id; nothing has happened yet.
  bool needs_producer_id = false;
};

/// A transactional id that nobody has used before.
Transaction new_transaction(std::string id, int64_t producer_id, int32_t timeout_ms, int64_t wall_ms);

struct InitEvent {
  int32_t timeout_ms = 0;
  /// Who the producer believes to be, when it goes on after an error (KIP-360).
  std::optional<Producer> expected;
  std::optional<int64_t> fresh_id;
};
/// InitProducerId: a new epoch, which fences whoever has the one before. A transaction that is open is aborted first
/// (Write::Why::fence), and the client tries again.
Step init_producer(Transaction& txn, const InitEvent& event, int64_t wall_ms);

/// AddPartitionsToTxn and AddOffsetsToTxn.
Step add_partitions(Transaction& txn, Producer producer, const std::set<TopicPartition>& partitions, int64_t wall_ms);

/// Whether a partition belongs to the open transaction, asked by its leader before it appends (KIP-890): `none` or
/// TRANSACTION_ABORTABLE; any other error is that of all partitions.
wire::ErrorCode verify_partition(const Transaction& txn, Producer producer, const TopicPartition& partition);

/// EndTxn.
Step end(Transaction& txn, Producer producer, bool commit, int64_t wall_ms);

/// Aborts a transaction that has been open for longer than its timeout; otherwise nothing.
Step time_out(Transaction& txn, int64_t wall_ms);

/// What follows when a write has come to its end.
struct Stored {
  /// For the client that waits.
  wire::ErrorCode answer = wire::ErrorCode::none;
  /// The two-phase commit goes on: each of the partitions is to get its marker.
  bool send_markers = false;
  /// Of a completion: to be tried again. Whatever the reason was, the transaction has ended and must be seen to have.
  bool retry = false;
};
/// `error`: of the append, in the coordinator's terms.
Stored stored(Transaction& txn, const Write& write, wire::ErrorCode error, int64_t wall_ms);

/// What to do about a partition's marker.
enum class MarkerFate { done, retry, give_up };
/// A leader has answered. give_up: a newer coordinator or producer has taken over, and ends the transaction.
MarkerFate on_marker(Transaction& txn, const TopicPartition& partition, wire::ErrorCode error);

/// The transaction was read from the log. True if its markers are to be sent (again).
bool loaded(Transaction& txn, int64_t wall_ms);

/// Whether the id has not been used for so long that it is to be forgotten. If so, a tombstone is on its way from now
/// on; when that has failed, expiration_failed() makes the id usable again.
bool begin_expiration(Transaction& txn, int64_t expiration_ms, int64_t wall_ms);
void expiration_failed(Transaction& txn);

}  // namespace meerkat::txn
