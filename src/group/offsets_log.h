// __consumer_offsets as the coordinator sees it.
#pragma once

#include <utility>

#include "replica/record_log.h"
#include "replica/verification.h"
#include "wire/internal_topics.h"

namespace meerkat::group {

using wire::kOffsetsTopic;

/// Thread-safe where nothing else is said.
class OffsetsLog : public replica::RecordLog {
 public:
  /// Before a producer's offsets: has the coordinator of its transaction confirm that the partition belongs to it,
  /// unless that is known (KIP-890). On `loop`, maybe before this returns.
  virtual void verify(int32_t partition, event::Loop& loop, replica::TransactionClaim claim,
                      Callback<wire::Outcome<storage::VerificationGuard>> done) = 0;
};

/// The real one, by the replica room.
class ReplicatedOffsetsLog : public OffsetsLog {
 public:
  /// `replicas` outlives this.
  ReplicatedOffsetsLog(replica::ReplicaContext& replicas, replica::ReplicatedRecordLog::Settings settings)
      : replicas_(replicas), log_(replicas, std::move(settings)) {}
  void append(int32_t partition, const Terms& terms, Bytes batch, Callback<wire::Outcome<int64_t>> done) override {
    log_.append(partition, terms, std::move(batch), std::move(done));
  }
  void verify(int32_t partition, event::Loop& loop, replica::TransactionClaim claim,
              Callback<wire::Outcome<storage::VerificationGuard>> done) override;
  wire::Outcome<void> read(int32_t partition, const std::function<bool(ByteView)>& sink) override {
    return log_.read(partition, sink);
  }
  void await_replicas(int32_t partition, const Terms& terms, Callback<wire::Outcome<void>> done) override {
    log_.await_replicas(partition, terms, std::move(done));
  }
  int32_t partition_count() const override { return log_.partition_count(); }

 private:
  replica::ReplicaContext& replicas_;
  replica::ReplicatedRecordLog log_;
};

}  // namespace meerkat::group
