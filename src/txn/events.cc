#include "txn/events.h"

#include <algorithm>
#include <cassert>

namespace meerkat::txn {

using wire::ErrorCode;

namespace {

constexpr int64_t kNoProducerId = -1;
constexpr int16_t kNoEpoch = -1;

Step answer(ErrorCode error) { return {.error = error}; }

bool is_prepared(State state) { return state == State::prepare_commit || state == State::prepare_abort; }

/// Nothing else may happen until the write is done.
Step write(Transaction& txn, Write::Why why, Details next) {
  assert(!txn.pending && may_follow(txn.now.state, next.state));
  txn.pending = next.state;
  return {.write = Write{why, std::move(next)}};
}

/// An id of its own for each of both, or the epoch after a producer's own one, or a repeated request.
bool may_init(const Transaction& txn, const Producer& expected) {
  if (txn.now.producer.epoch == kNoEpoch || expected.id == txn.now.producer.id) return true;
  return expected.id == txn.now.last_producer.id && is_exhausted(expected.epoch);
}

/// The state at the beginning of a producer's life.
Details initialized(const Transaction& txn, Producer producer, int16_t last_epoch, int32_t timeout_ms,
                    int64_t wall_ms) {
  Details next;
  next.state = State::empty;
  next.producer = producer;
  next.last_producer = {txn.now.producer.id, last_epoch};
  next.timeout_ms = timeout_ms;
  next.last_update_ms = wall_ms;
  return next;
}

Step next_epoch(Transaction& txn, const InitEvent& event, int64_t wall_ms) {
  const Producer& producer = txn.now.producer;
  const auto init = [&](Producer next, int16_t last_epoch) {
    return write(txn, Write::Why::init, initialized(txn, next, last_epoch, event.timeout_ms, wall_ms));
  };
  if (is_exhausted(producer.epoch)) {
    // Kafka has no answer for a producer that names an epoch of the past here.
    if (event.expected && event.expected->epoch != producer.epoch) return answer(ErrorCode::unknown_server_error);
    if (!event.fresh_id) return {.needs_producer_id = true};
    return init({*event.fresh_id, 0}, event.expected ? producer.epoch : kNoEpoch);
  }
  const Producer bumped{producer.id, static_cast<int16_t>(producer.epoch + 1)};
  if (!event.expected) return init(bumped, kNoEpoch);
  if (producer.epoch == kNoEpoch || event.expected->epoch == producer.epoch) return init(bumped, producer.epoch);
  // The answer to its first request was lost. Nobody else has come since, or there would be no last epoch.
  if (event.expected->epoch == txn.now.last_producer.epoch) return init(producer, txn.now.last_producer.epoch);
  return answer(ErrorCode::producer_fenced);
}

/// Aborts the open transaction under an epoch that nobody has.
Step fence(Transaction& txn, int64_t wall_ms) {
  if (!txn.has_failed_fence && txn.now.producer.epoch == INT16_MAX) return answer(ErrorCode::unknown_server_error);
  // From here on the old epoch is refused, whether or not the write succeeds.
  if (!txn.has_failed_fence) ++txn.now.producer.epoch;
  txn.now.last_producer.epoch = kNoEpoch;
  Details next = txn.now;
  next.state = State::prepare_abort;
  next.last_update_ms = wall_ms;
  return write(txn, Write::Why::fence, std::move(next));
}

/// All partitions are to get their marker, and then this is to be written.
void begin_completion(Transaction& txn, int64_t wall_ms) {
  Details next = txn.now;
  next.state = txn.now.state == State::prepare_commit ? State::complete_commit : State::complete_abort;
  next.partitions.clear();
  next.last_update_ms = wall_ms;
  txn.has_failed_fence = false;
  txn.completion = std::move(*write(txn, Write::Why::complete, std::move(next)).write);
}

ErrorCode check_producer(const Transaction& txn, const Producer& producer) {
  if (txn.now.producer.id != producer.id) return ErrorCode::invalid_producer_id_mapping;
  return txn.now.producer.epoch == producer.epoch ? ErrorCode::none : ErrorCode::producer_fenced;
}

}  // namespace

Transaction new_transaction(std::string id, int64_t producer_id, int32_t timeout_ms, int64_t wall_ms) {
  Transaction txn;
  txn.id = std::move(id);
  txn.now.producer = {producer_id, kNoEpoch};
  txn.now.last_producer = {kNoProducerId, kNoEpoch};
  txn.now.timeout_ms = timeout_ms;
  txn.now.last_update_ms = wall_ms;
  return txn;
}

Step init_producer(Transaction& txn, const InitEvent& event, int64_t wall_ms) {
  if (txn.pending) return answer(ErrorCode::concurrent_transactions);
  if (event.expected && !may_init(txn, *event.expected)) return answer(ErrorCode::producer_fenced);
  if (is_prepared(txn.now.state)) return answer(ErrorCode::concurrent_transactions);
  if (txn.now.state == State::ongoing) return fence(txn, wall_ms);
  return next_epoch(txn, event, wall_ms);
}

Step add_partitions(Transaction& txn, Producer producer, const std::set<TopicPartition>& partitions, int64_t wall_ms) {
  if (auto error = check_producer(txn, producer); error != ErrorCode::none) return answer(error);
  if (txn.pending || is_prepared(txn.now.state)) return answer(ErrorCode::concurrent_transactions);
  const auto& known = txn.now.partitions;
  const bool ongoing = txn.now.state == State::ongoing;
  if (ongoing && std::includes(known.begin(), known.end(), partitions.begin(), partitions.end())) return {};
  Details next = txn.now;
  next.state = State::ongoing;
  next.partitions.insert(partitions.begin(), partitions.end());
  if (!ongoing) next.start_ms = wall_ms;
  next.last_update_ms = wall_ms;
  return write(txn, Write::Why::add, std::move(next));
}

ErrorCode verify_partition(const Transaction& txn, Producer producer, const TopicPartition& partition) {
  if (auto error = check_producer(txn, producer); error != ErrorCode::none) return error;
  if (is_prepared(txn.now.state)) return ErrorCode::concurrent_transactions;
  return txn.now.partitions.contains(partition) ? ErrorCode::none : ErrorCode::transaction_abortable;
}

Step end(Transaction& txn, Producer producer, bool commit, int64_t wall_ms) {
  if (auto error = check_producer(txn, producer); error != ErrorCode::none) return answer(error);
  if (txn.pending) return answer(ErrorCode::concurrent_transactions);
  switch (txn.now.state) {
    case State::ongoing: {
      Details next = txn.now;
      next.state = commit ? State::prepare_commit : State::prepare_abort;
      next.last_update_ms = wall_ms;
      return write(txn, Write::Why::end, std::move(next));
    }
    // The answer to its first request was lost.
    case State::complete_commit:
      return answer(commit ? ErrorCode::none : ErrorCode::invalid_txn_state);
    case State::complete_abort:
      return answer(commit ? ErrorCode::invalid_txn_state : ErrorCode::none);
    case State::prepare_commit:
      return answer(commit ? ErrorCode::concurrent_transactions : ErrorCode::invalid_txn_state);
    case State::prepare_abort:
      return answer(commit ? ErrorCode::invalid_txn_state : ErrorCode::concurrent_transactions);
    default:
      return answer(ErrorCode::invalid_txn_state);
  }
}

Step time_out(Transaction& txn, int64_t wall_ms) {
  if (txn.pending || txn.now.state != State::ongoing) return {};
  return txn.now.start_ms + txn.now.timeout_ms < wall_ms ? fence(txn, wall_ms) : Step{};
}

Stored stored(Transaction& txn, const Write& write, ErrorCode error, int64_t wall_ms) {
  assert(txn.pending == write.next.state);
  if (error != ErrorCode::none) {
    if (write.why == Write::Why::complete) return {.answer = error, .retry = true};
    txn.has_failed_fence = txn.has_failed_fence || write.why == Write::Why::fence;
    txn.pending.reset();
    return {.answer = error};
  }
  txn.pending.reset();
  txn.completion.reset();
  // Until the next one begins, the time of the last transaction stays to be seen, as in Kafka.
  const int64_t start_ms = write.why == Write::Why::init ? txn.now.start_ms : write.next.start_ms;
  txn.now = write.next;
  txn.now.start_ms = start_ms;
  if (!is_prepared(txn.now.state)) return {};
  begin_completion(txn, wall_ms);
  return {.send_markers = true};
}

MarkerFate on_marker(Transaction& txn, const TopicPartition& partition, ErrorCode error) {
  switch (error) {
    case ErrorCode::none:
    // Data of this producer cannot have got into it either.
    case ErrorCode::unsupported_for_message_format:
    case ErrorCode::unsupported_version:
      txn.now.partitions.erase(partition);
      return MarkerFate::done;
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::transaction_coordinator_fenced:
      return MarkerFate::give_up;
    default:
      return MarkerFate::retry;
  }
}

bool loaded(Transaction& txn, int64_t wall_ms) {
  if (!is_prepared(txn.now.state)) return false;
  begin_completion(txn, wall_ms);
  return true;
}

bool begin_expiration(Transaction& txn, int64_t expiration_ms, int64_t wall_ms) {
  if (txn.pending || !may_follow(txn.now.state, State::dead)) return false;
  if (txn.now.last_update_ms > wall_ms - expiration_ms) return false;
  txn.pending = State::dead;
  return true;
}

void expiration_failed(Transaction& txn) {
  assert(txn.pending == State::dead);
  txn.pending.reset();
}

}  // namespace meerkat::txn
