// Produce: records in, at the latest when enough replicas have them, an answer out.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/task.h"
#include "base/topic_partition.h"
#include "replica/context.h"
#include "replica/verification.h"
#include "storage/log.h"
#include "wire/error.h"

namespace meerkat::wire {
struct ProduceRequest;
struct ProduceResponse;
}  // namespace meerkat::wire

namespace meerkat::replica {

/// Appends a whole Produce request. Partitions fail one by one. acks 0 and 1 answer before this returns; so does -1
/// where no other replica has to acknowledge. Else the answer waits for the high watermark, up to timeout_ms (then
/// REQUEST_TIMED_OUT; the records stay). The records are changed in place. For acks=0 the callback is called like
/// always: the caller sends nothing, or closes the connection if a partition failed. `verified` is what
/// verify_produce() found out of this request.
void handle_produce(ReplicaContext& context, const RequestContext& who, const wire::ProduceRequest& request,
                    Callback<wire::ProduceResponse> reply, const Verifications& verified = {});

/// One of several Produce requests that came together.
struct ProduceCall {
  const RequestContext* who = nullptr;
  const wire::ProduceRequest* request = nullptr;
  Callback<wire::ProduceResponse> reply;
};

/// The same for several, all of one loop, with nothing to verify: each is appended and answered as if they came one by
/// one, but batches of one partition share system calls.
void handle_produces(ReplicaContext& context, std::span<ProduceCall> calls);

/// The answer to a request that is refused as a whole.
wire::ProduceResponse refused_produce(const wire::ProduceRequest& request, wire::ErrorCode code);

/// Appends batches of the broker's own (coordinator records, transaction markers): `done` gets the first offset once
/// all in-sync replicas have them, with `acks` 0 or 1 once they are in the log here. On `who.loop`, like
/// handle_produce; `done` maybe before this returns. `guard`: from verify_own(), where the batch is part of a
/// transaction. `leader_epoch`: NOT_LEADER_OR_FOLLOWER, and nothing written, under any other; -1: whatever it is.
void append_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& partition,
                MutableBytes batches, std::chrono::milliseconds timeout,
                Callback<wire::Outcome<storage::AppendInfo>> done, int16_t acks = -1,
                storage::VerificationGuard guard = {}, int32_t leader_epoch = -1);

/// `done` once all in-sync replicas have what a partition's log holds now. On `who.loop`, maybe before this returns;
/// NOT_LEADER_OR_FOLLOWER under another leader epoch than this.
void await_replicas_of_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& partition,
                           std::chrono::milliseconds timeout, Callback<wire::Outcome<void>> done, int32_t leader_epoch);

}  // namespace meerkat::replica
