#include "txn/ledger.h"

namespace meerkat::txn {

using wire::ErrorCode;

Ledger::Ledger(const Settings& settings, Parts parts)
    : settings_(settings),
      loop_(parts.loop),
      log_(parts.log),
      workers_(parts.workers),
      next_producer_id_(std::move(parts.next_producer_id)),
      clock_(parts.clock),
      markers_(settings, parts.loop, parts.metadata, std::move(parts.partition_exists), parts.channel,
               [this](const Marker& marker, const TopicPartition& partition, ErrorCode error) {
                 return on_marker_outcome(marker, partition, error);
               }) {}

void Ledger::start() {
  abort_timer_ =
      loop_.every(std::chrono::milliseconds(settings_.abort_check_interval_ms), [this] { abort_timed_out(); });
  expiration_timer_ =
      loop_.every(std::chrono::milliseconds(settings_.expiration_check_interval_ms), [this] { expire_ids(); });
}

void Ledger::stop() {
  abort_timer_.cancel();
  expiration_timer_.cancel();
  completion_timer_.cancel();
  markers_.stop();
  completions_.clear();
  partitions_.clear();
}

ErrorCode Ledger::check(int32_t partition) const {
  auto it = partitions_.find(partition);
  if (it == partitions_.end()) return ErrorCode::not_coordinator;
  return it->second.loading ? ErrorCode::coordinator_load_in_progress : ErrorCode::none;
}

ErrorCode Ledger::check(const Ref& ref) const {
  if (auto error = check(ref.partition); error != ErrorCode::none) return error;
  const Partition& partition = partitions_.at(ref.partition);
  return partition.leader_epoch == ref.leader_epoch ? ErrorCode::none : ErrorCode::not_coordinator;
}

Ledger::Ref Ledger::find(int32_t partition, const std::string& id) const {
  const Partition& p = partitions_.at(partition);
  auto it = p.transactions.find(id);
  return {partition, p.leader_epoch, it == p.transactions.end() ? nullptr : it->second};
}

wire::Outcome<Ledger::Ref> Ledger::find_known(int32_t partition, const std::string& id) const {
  if (id.empty()) return wire::refuse(ErrorCode::invalid_request);
  if (auto error = check(partition); error != ErrorCode::none) return wire::refuse(error);
  Ref ref = find(partition, id);
  if (!ref.txn) return wire::refuse(ErrorCode::invalid_producer_id_mapping);
  return ref;
}

void Ledger::init_producer(int32_t partition, const std::string& id, InitEvent event,
                           Callback<wire::Outcome<Producer>> reply) {
  if (event.timeout_ms <= 0 || event.timeout_ms > settings_.max_timeout_ms) {
    return reply(wire::refuse(ErrorCode::invalid_transaction_timeout));
  }
  if (auto error = check(partition); error != ErrorCode::none) return reply(wire::refuse(error));
  Ref ref = find(partition, id);
  Step step;
  if (!ref.txn && event.fresh_id) {
    const auto fresh = new_transaction(id, *event.fresh_id, event.timeout_ms, clock_.wall_ms());
    ref.txn = std::make_shared<Transaction>(fresh);
    partitions_.at(partition).transactions[id] = ref.txn;
    // It is used up.
    event.fresh_id.reset();
  }
  step = ref.txn ? txn::init_producer(*ref.txn, event, clock_.wall_ms()) : Step{.needs_producer_id = true};
  if (step.needs_producer_id) {
    next_producer_id_([this, partition, id, event, reply = std::move(reply),
                       loop = loop_.remote()](wire::Outcome<int64_t> fresh) mutable {
      loop.post([this, partition, id, event, fresh, reply = std::move(reply)]() mutable {
        if (!fresh) return reply(fresh.failure());
        event.fresh_id = *fresh;
        init_producer(partition, id, event, std::move(reply));
      });
    });
    return;
  }
  const bool fences = step.write && step.write->why == Write::Why::fence;
  const Producer producer = step.write ? step.write->next.producer : Producer{};
  carry_out(ref, std::move(step), [fences, producer, reply = std::move(reply)](ErrorCode error) mutable {
    // The abort goes on in the background; its epoch is for nobody.
    if (error == ErrorCode::none && fences) error = ErrorCode::concurrent_transactions;
    if (error != ErrorCode::none) return reply(wire::refuse(error));
    reply(producer);
  });
}

void Ledger::add_partitions(int32_t partition, const std::string& id, Producer producer,
                            const std::set<TopicPartition>& partitions, Callback<ErrorCode> reply) {
  auto ref = find_known(partition, id);
  if (!ref) return reply(ref.error().code);
  carry_out(*ref, txn::add_partitions(*ref->txn, producer, partitions, clock_.wall_ms()), std::move(reply));
}

std::vector<ErrorCode> Ledger::verify_partitions(int32_t partition, const std::string& id, Producer producer,
                                                 const std::vector<TopicPartition>& partitions) const {
  const auto ref = find_known(partition, id);
  std::vector<ErrorCode> codes;
  for (const auto& tp : partitions) {
    codes.push_back(ref ? verify_partition(*ref->txn, producer, tp) : ref.error().code);
  }
  return codes;
}

void Ledger::end(int32_t partition, const std::string& id, Producer producer, bool commit, Callback<ErrorCode> reply) {
  auto ref = find_known(partition, id);
  if (!ref) return reply(ref.error().code);
  carry_out(*ref, txn::end(*ref->txn, producer, commit, clock_.wall_ms()), std::move(reply));
}

}  // namespace meerkat::txn
