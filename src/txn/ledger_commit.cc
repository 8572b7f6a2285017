#include <glog/logging.h>

#include <algorithm>

#include "txn/ledger.h"
#include "txn/records.h"

namespace meerkat::txn {

using wire::ErrorCode;

namespace {

ErrorCode append_error(const wire::Outcome<int64_t>& appended) {
  if (appended) return ErrorCode::none;
  const ErrorCode code = appended.error().code;
  // The client is to try again.
  if (code == ErrorCode::request_timed_out) return ErrorCode::coordinator_not_available;
  return replica::coordinator_error(code, ErrorCode::unknown_server_error);
}

}  // namespace

void Ledger::carry_out(const Ref& ref, Step step, Callback<ErrorCode> reply) {
  if (!step.write) return reply(step.error);
  write(ref, std::move(*step.write), std::move(reply));
}

void Ledger::write(const Ref& ref, Write write, Callback<ErrorCode> reply) {
  Bytes batch = state_batch(ref.txn->id, write.next, clock_.wall_ms());
  const replica::RecordLog::Terms terms{
      .loop = loop_, .timeout = std::chrono::milliseconds(write.next.timeout_ms), .leader_epoch = ref.leader_epoch};
  log_.append(ref.partition, terms, std::move(batch),
              [this, ref, write = std::move(write), reply = std::move(reply)](wire::Outcome<int64_t> done) mutable {
                on_stored(ref, write, append_error(done), std::move(reply));
              });
}

void Ledger::on_stored(const Ref& ref, const Write& write, ErrorCode error, Callback<ErrorCode> reply) {
  if (auto lost = check(ref); lost != ErrorCode::none) return reply(error == ErrorCode::none ? lost : error);
  const Stored then = stored(*ref.txn, write, error, clock_.wall_ms());
  LOG_IF(WARNING, error != ErrorCode::none) << "The step of transactional id " << ref.txn->id << " to "
                                            << name(write.next.state) << " could not be written: " << wire::name(error);
  if (then.retry) complete_later(ref);
  reply(then.answer);
  if (then.send_markers) send_markers(ref);
}

void Ledger::send_markers(const Ref& ref) {
  const Transaction& txn = *ref.txn;
  if (txn.now.partitions.empty()) return complete(ref);
  markers_.send({.transactional_id = txn.id,
                 .state_partition = ref.partition,
                 .coordinator_epoch = ref.leader_epoch,
                 .producer = txn.now.producer,
                 .commit = txn.now.state == State::prepare_commit,
                 .partitions = {txn.now.partitions.begin(), txn.now.partitions.end()}});
}

bool Ledger::on_marker_outcome(const Marker& marker, const TopicPartition& partition, ErrorCode error) {
  if (check(Ref{marker.state_partition, marker.coordinator_epoch, nullptr}) != ErrorCode::none) return false;
  const Ref ref = find(marker.state_partition, marker.transactional_id);
  if (!ref.txn || !ref.txn->completion || ref.txn->now.producer != marker.producer) return false;
  const MarkerFate fate = on_marker(*ref.txn, partition, error);
  if (fate == MarkerFate::retry) {
    LOG_IF_EVERY_N(WARNING, error != ErrorCode::network_exception, 50)
        << "The marker of transactional id " << ref.txn->id << " for " << partition.to_string()
        << " is tried again: " << wire::name(error);
    return true;
  }
  if (fate == MarkerFate::give_up) {
    LOG(WARNING) << "The marker of transactional id " << ref.txn->id << " for " << partition.to_string()
                 << " is refused for good: " << wire::name(error) << "; another coordinator has taken over";
    return false;
  }
  if (ref.txn->now.partitions.empty()) complete(ref);
  return false;
}

void Ledger::complete(const Ref& ref) {
  write(ref, *ref.txn->completion, [](ErrorCode) {});
}

void Ledger::complete_later(const Ref& ref) {
  completions_.push_back(ref);
  if (completion_timer_.active()) return;
  completion_timer_ = loop_.after(std::chrono::milliseconds(settings_.retry_backoff_ms), [this] {
    for (const Ref& due : std::exchange(completions_, {})) {
      if (check(due) == ErrorCode::none) complete(due);
    }
  });
}

}  // namespace meerkat::txn
