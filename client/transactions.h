// The transactions of one transactional id (KIP-98, KIP-360, KIP-447): what the coordinator is told, and which errors
// end a transaction, and which the producer.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/mutex.h"
#include "base/topic_partition.h"
#include "client/coordinator_client.h"
#include "record/format.h"
#include "wire/error.h"

namespace meerkat::client {

/// What a producer's batches are signed with.
struct ProducerIdentity {
  int64_t id = record::kNoProducerId;
  int16_t epoch = record::kNoProducerEpoch;
  bool operator==(const ProducerIdentity&) const = default;
};

/// The requests of a transactional producer.
enum class TransactionCall { init, add_partitions, add_offsets, commit_offsets, end, produce };

/// What an answer means to it. Of `produce` only final errors are judged.
enum class TransactionVerdict {
  ok,
  retry,      // the same again, after a while
  look_up,    // the coordinator is another one: find it, then the same again
  abortable,  // this transaction can only be aborted; the next one may succeed
  fatal       // another producer has taken over, or the broker refuses this one: nothing can be sent any more
};
TransactionVerdict judge(TransactionCall call, wire::ErrorCode error);

/// Thread-safe; all but on_failed_send() and can_send() block, and are to be called one at a time.
class Transactions {
 public:
  /// `timeout`: after which the coordinator aborts by itself. `patience`: how long what may pass is tried again.
  Transactions(Cluster& cluster, std::string transactional_id, std::chrono::milliseconds timeout,
               std::chrono::milliseconds patience);

  /// Fences earlier producers of the same id, and waits until what they left open is over.
  wire::Outcome<ProducerIdentity> init();
  wire::Outcome<void> begin();
  /// An error unless a transaction is open and no error has been met in it.
  wire::Outcome<void> can_send() const;
  /// Before the first record to a partition in a transaction.
  wire::Outcome<void> add(const TopicPartition& partition);
  /// The group's offsets are committed with the transaction. `who` fences consumers that were members once (KIP-447).
  wire::Outcome<void> add_offsets(const std::string& group, const Offsets& offsets, const CommitIdentity& who);
  /// A batch has failed for good, on whatever thread.
  void on_failed_send(const wire::Failure& why);
  /// A batch with a sequence number will never be sent: the next transaction needs another epoch.
  void skip_sequence();
  /// Everything sent has been delivered or has failed. A value is the identity of the next transaction: a new epoch
  /// begins at sequence 0. A commit fails with what has gone wrong before.
  wire::Outcome<ProducerIdentity> end(bool commit);

 private:
  enum class State { unknown, ready, open, abortable, fatal };

  wire::Outcome<ProducerIdentity> identify(ProducerIdentity known);
  template <class Request, class Response>
  wire::Outcome<void> ask(CoordinatorClient& coordinator, const Request& request, TransactionCall call,
                          const std::function<wire::ErrorCode(const Response&)>& error_of, int16_t max_version,
                          Response* out = nullptr);
  wire::Outcome<void> remember(TransactionVerdict verdict, wire::Failure why) EXCLUDES(mutex_);
  wire::Outcome<void> commit_offsets(const std::string& group, const Offsets& offsets, const CommitIdentity& who);
  wire::Outcome<void> tell_end(bool commit);

  Cluster& cluster_;
  const std::string id_;
  const std::chrono::milliseconds timeout_;
  const std::chrono::milliseconds patience_;
  CoordinatorClient coordinator_;
  ProducerIdentity identity_;       // of the caller of the blocking methods
  std::set<TopicPartition> added_;  // likewise
  bool begun_ = false;              // likewise: the coordinator may know of the transaction
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::unknown;
  wire::Failure failure_ GUARDED_BY(mutex_);
  bool wants_epoch_ GUARDED_BY(mutex_) = false;
};

}  // namespace meerkat::client
