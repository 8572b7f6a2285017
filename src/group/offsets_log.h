// __consumer_offsets as the coordinator sees it: something to append to, and to read from the beginning.
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/task.h"
#include "event/loop.h"
#include "group/settings.h"
#include "replica/context.h"
#include "replica/verification.h"
#include "wire/error.h"
#include "wire/internal_topics.h"

namespace meerkat::group {

using wire::kOffsetsTopic;

/// Thread-safe where nothing else is said.
class OffsetsLog {
 public:
  virtual ~OffsetsLog() = default;
  /// Appends one batch to a partition. `done` gets the first offset once all in-sync replicas have it (or as
  /// offsets.commit.required.acks says); on `loop`, the one it is called on, maybe before this returns. Appends of one
  /// loop reach the log in the order of the calls. `guard`: from verify(), for a transaction's offsets.
  virtual void append(int32_t partition, event::Loop& loop, Bytes batch, storage::VerificationGuard guard,
                      Callback<wire::Outcome<int64_t>> done) = 0;
  /// Before a producer's offsets: has the coordinator of its transaction confirm that the partition belongs to it,
  /// unless that is known (KIP-890). On `loop`, maybe before this returns.
  virtual void verify(int32_t partition, event::Loop& loop, replica::TransactionClaim claim,
                      Callback<wire::Outcome<storage::VerificationGuard>> done) = 0;
  /// Gives all that the log holds now to `sink`, in pieces of whole batches, until that returns false. Blocks on the
  /// disk.
  virtual wire::Outcome<void> read(int32_t partition, const std::function<bool(ByteView)>& sink) = 0;
  /// How many partitions the topic has, or will have.
  virtual int32_t partition_count() const = 0;
};

/// The real one, by the replica room.
class ReplicatedOffsetsLog : public OffsetsLog {
 public:
  /// `replicas` outlives this.
  ReplicatedOffsetsLog(replica::ReplicaContext& replicas, const Settings& settings);
  void append(int32_t partition, event::Loop& loop, Bytes batch, storage::VerificationGuard guard,
              Callback<wire::Outcome<int64_t>> done) override;
  void verify(int32_t partition, event::Loop& loop, replica::TransactionClaim claim,
              Callback<wire::Outcome<storage::VerificationGuard>> done) override;
  wire::Outcome<void> read(int32_t partition, const std::function<bool(ByteView)>& sink) override;
  int32_t partition_count() const override;

 private:
  replica::ReplicaContext& replicas_;
  const Settings settings_;
};

}  // namespace meerkat::group
