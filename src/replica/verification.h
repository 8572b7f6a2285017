// Transactional batches wait until the transaction's coordinator has confirmed that their partition belongs to it: a
// late batch must not open a transaction that nobody will end (KIP-890, part 1;
// transaction.partition.verification.enable).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/topic_partition.h"
#include "replica/context.h"
#include "storage/pending_verifications.h"
#include "wire/error.h"

namespace meerkat::wire {
struct ProduceRequest;
}

namespace meerkat::replica {

/// The transaction that a request claims to belong to.
struct TransactionClaim {
  std::string transactional_id;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  /// The client's version of the request has the error TRANSACTION_ABORTABLE; others hear INVALID_TXN_STATE.
  bool knows_abortable = false;
};

/// Asks coordinators. Thread-safe.
class TransactionVerifier {
 public:
  virtual ~TransactionVerifier() = default;
  /// `done` gets an error for each partition, in their order: none for those that belong to the transaction; once, on
  /// any thread.
  virtual void verify(TransactionClaim claim, std::vector<TopicPartition> partitions,
                      Callback<std::vector<wire::ErrorCode>> done) = 0;
};

/// What is known of a partition's batch before it is appended.
struct Verified {
  wire::ErrorCode error = wire::ErrorCode::none;  // as the producer is to hear it
  std::string message;
  storage::VerificationGuard guard;
};
/// By topic and partition, as they stand in a request. Empty: nothing was to be verified.
using Verifications = std::vector<std::vector<Verified>>;

/// What a Produce request's transactional batches make it necessary to ask.
struct Questions {
  TransactionClaim claim;
  std::vector<TopicPartition> partitions;
  /// Where in the request each stands: topic, partition.
  std::vector<std::pair<size_t, size_t>> slots;
  /// With the guards, and the errors of partitions that this broker does not lead.
  Verifications answers;

  /// Nothing keeps the request from being appended at once.
  bool empty() const { return answers.empty(); }
};

/// Refuses the whole request if its transactional batches have no transactional id
/// (TRANSACTIONAL_ID_AUTHORIZATION_FAILED) or several producers (INVALID_PRODUCER_ID_MAPPING).
wire::Outcome<Questions> questions_of(const ReplicaContext& context, const RequestContext& who,
                                      const wire::ProduceRequest& request);
/// Asks. `done` is called later, on `who.loop`.
void verify_produce(ReplicaContext& context, const RequestContext& who, Questions questions,
                    Callback<Verifications> done);

/// Verifies a batch of the broker's own (offsets that a transaction commits). `done` gets what append_own() wants
/// shown, the coordinator's error as it is, or NOT_LEADER_OR_FOLLOWER and the like; on `who.loop`, maybe before this
/// returns.
void verify_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& partition,
                TransactionClaim claim, Callback<wire::Outcome<storage::VerificationGuard>> done);

}  // namespace meerkat::replica
