#include "replica/verification.h"

#include <memory>
#include <optional>
#include <utility>

#include "record/batch.h"
#include "wire/messages/00_produce.h"

namespace meerkat::replica {

using storage::VerificationGuard;
using wire::ErrorCode;
using wire::ProduceRequest;

namespace {

constexpr int16_t kFirstWithAbortable = 11;  // Produce

/// The first batch, if it is part of a transaction. There is only one where it matters: validation sees to that.
std::optional<record::AnyBatch> transactional_batch(ByteView records) {
  constexpr uint8_t kTransactional = 0x10;
  // Of every Produce request, so only two bytes are looked at where nothing is transactional.
  if (records.size() < record::v2::kHeaderSize || !(records[record::v2::kAttributesAt + 1] & kTransactional)) {
    return std::nullopt;
  }
  record::AnyBatch batch;
  if (record::peek(records, batch, INT32_MAX) != record::Peek::ok) return std::nullopt;
  if (batch.magic != record::kMagic2 || !batch.transactional || !batch.has_producer_id()) return std::nullopt;
  return batch;
}

/// As a producer hears a coordinator's error: the ones that pass become one that every producer repeats.
Verified as_produce_error(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_txn_state:
      return {code, "The partition is not part of the producer's transaction", {}};
    case ErrorCode::concurrent_transactions:
    case ErrorCode::network_exception:
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      return {ErrorCode::not_enough_replicas,
              "The transaction could not be verified with its coordinator now: " + std::string(wire::name(code)),
              {}};
    default:
      return {code, {}, {}};
  }
}

/// The guard that an append to the partition has to show; nothing if it needs none. An error where this is no leader:
/// it may be one by the time of the append, and would then take the lack of a guard for the producer's fault.
wire::Outcome<std::optional<VerificationGuard>> begin(const ReplicaContext& context, const HostedPartitions& map,
                                                      const TopicPartition& tp, const TransactionClaim& claim,
                                                      int32_t sequence) {
  auto partition = hosted_partition(context, map, tp.topic, tp.partition);
  if (!partition) return partition.failure();
  if (!(*partition)->is_leader()) return wire::refuse(ErrorCode::not_leader_or_follower);
  const auto log = (*partition)->log();
  if (!log) return wire::refuse(ErrorCode::kafka_storage_error);
  if (context.verifier == nullptr) return std::optional<VerificationGuard>();
  return log->begin_verification(claim.producer_id, claim.producer_epoch, sequence);
}

}  // namespace

wire::Outcome<Questions> questions_of(const ReplicaContext& context, const RequestContext& who,
                                      const ProduceRequest& request) {
  Questions out;
  std::shared_ptr<const HostedPartitions> map;
  bool any = false;
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    const auto& topic = request.topic_data[t];
    for (size_t p = 0; p < topic.partition_data.size(); ++p) {
      const auto batch = transactional_batch(topic.partition_data[p].records.view);
      if (!batch) continue;
      if (!request.transactional_id) return wire::refuse(ErrorCode::transactional_id_authorization_failed);
      if (!any) {
        out.claim = {*request.transactional_id, batch->producer_id, batch->producer_epoch,
                     who.version >= kFirstWithAbortable};
        any = true;
      } else if (out.claim.producer_id != batch->producer_id || out.claim.producer_epoch != batch->producer_epoch) {
        return wire::refuse(ErrorCode::invalid_producer_id_mapping);
      }
      if (!map) map = context.partitions.current();
      TopicPartition tp{topic.name, topic.partition_data[p].index};
      const auto guard = begin(context, *map, tp, out.claim, batch->base_sequence);
      if (guard && !*guard) continue;
      if (out.answers.empty()) {
        for (const auto& each : request.topic_data) out.answers.emplace_back(each.partition_data.size());
      }
      if (!guard) {
        out.answers[t][p] = {guard.error().code, {}, {}};
        continue;
      }
      out.answers[t][p].guard = **guard;
      out.partitions.push_back(std::move(tp));
      out.slots.emplace_back(t, p);
    }
  }
  return out;
}

void verify_produce(ReplicaContext& context, const RequestContext& who, Questions questions,
                    Callback<Verifications> done) {
  if (questions.partitions.empty()) {
    return who.loop->post(
        [answers = std::move(questions.answers), done = std::move(done)]() mutable { done(std::move(answers)); });
  }
  context.verifier->verify(
      std::move(questions.claim), std::move(questions.partitions),
      [loop = who.loop, slots = std::move(questions.slots), answers = std::move(questions.answers),
       done = std::move(done)](const std::vector<ErrorCode>& errors) mutable {
        for (size_t i = 0; i < slots.size(); ++i) {
          if (errors[i] != ErrorCode::none) answers[slots[i].first][slots[i].second] = as_produce_error(errors[i]);
        }
        loop->post([answers = std::move(answers), done = std::move(done)]() mutable { done(std::move(answers)); });
      });
}

void verify_own(ReplicaContext& context, const RequestContext& who, const TopicPartition& partition,
                TransactionClaim claim, Callback<wire::Outcome<VerificationGuard>> done) {
  const auto guard = begin(context, *context.partitions.current(), partition, claim, record::kNoSequence);
  if (!guard) return done(guard.failure());
  if (!*guard) return done(VerificationGuard{});
  context.verifier->verify(
      std::move(claim), {partition},
      [loop = who.loop, guard = **guard, done = std::move(done)](const std::vector<ErrorCode>& errors) mutable {
        loop->post([error = errors.at(0), guard, done = std::move(done)]() mutable {
          if (error != ErrorCode::none) return done(wire::refuse(error));
          done(guard);
        });
      });
}

}  // namespace meerkat::replica
