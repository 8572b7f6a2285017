#include "client/transactions.h"

#include <thread>
#include <utility>

#include "wire/messages/22_init_producer_id.h"
#include "wire/messages/24_add_partitions_to_txn.h"
#include "wire/messages/25_add_offsets_to_txn.h"
#include "wire/messages/26_end_txn.h"
#include "wire/messages/28_txn_offset_commit.h"

namespace meerkat::client {

using wire::ErrorCode;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr int16_t kLastOfClients = 3;  // AddPartitionsToTxn; later versions are for brokers

TransactionVerdict judge_offsets(ErrorCode error) {
  switch (error) {
    case ErrorCode::request_timed_out:
      return TransactionVerdict::look_up;
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
    case ErrorCode::fenced_instance_id:
      return TransactionVerdict::abortable;
    default:
      return TransactionVerdict::fatal;
  }
}

TransactionVerdict judge_produce(ErrorCode error) {
  switch (error) {
    case ErrorCode::producer_fenced:
    case ErrorCode::invalid_producer_id_mapping:
    case ErrorCode::cluster_authorization_failed:
    case ErrorCode::unsupported_version:
      return TransactionVerdict::fatal;
    default:
      return TransactionVerdict::abortable;
  }
}

}  // namespace

TransactionVerdict judge(TransactionCall call, ErrorCode error) {
  switch (error) {
    case ErrorCode::none:
      return TransactionVerdict::ok;
    case ErrorCode::transactional_id_authorization_failed:
      return TransactionVerdict::fatal;
    case ErrorCode::transaction_abortable:
      return TransactionVerdict::abortable;
    default:
      break;
  }
  if (call == TransactionCall::produce) return judge_produce(error);
  switch (error) {
    case ErrorCode::not_coordinator:
    case ErrorCode::coordinator_not_available:
      return TransactionVerdict::look_up;
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::concurrent_transactions:
      return TransactionVerdict::retry;
    case ErrorCode::unknown_topic_or_partition:
      return TransactionVerdict::retry;  // new, or its leader has just changed
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::producer_fenced:
      return TransactionVerdict::fatal;
    case ErrorCode::topic_authorization_failed:
    case ErrorCode::group_authorization_failed:
    case ErrorCode::operation_not_attempted:
      return TransactionVerdict::abortable;
    case ErrorCode::unknown_producer_id:
    case ErrorCode::invalid_producer_id_mapping:
      return call == TransactionCall::init ? TransactionVerdict::fatal : TransactionVerdict::abortable;
    default:
      return call == TransactionCall::commit_offsets ? judge_offsets(error) : TransactionVerdict::fatal;
  }
}

Transactions::Transactions(Cluster& cluster, std::string transactional_id, std::chrono::milliseconds timeout,
                           std::chrono::milliseconds patience)
    : cluster_(cluster),
      id_(std::move(transactional_id)),
      timeout_(timeout),
      patience_(patience),
      coordinator_(cluster, id_, patience, CoordinatorType::transaction) {}

template <class Request, class Response>
wire::Outcome<void> Transactions::ask(CoordinatorClient& coordinator, const Request& request, TransactionCall call,
                                      const std::function<ErrorCode(const Response&)>& error_of, int16_t max_version,
                                      Response* out) {
  constexpr std::chrono::milliseconds kBackoff{20};  // a transaction's end is a matter of milliseconds
  const auto give_up = SteadyClock::now() + patience_;
  wire::Failure last;
  do {
    auto broker = coordinator.find();
    if (!broker) return remember(TransactionVerdict::abortable, broker.error());
    auto answer =
        cluster_.network().ask<Request, Response>(*broker, request, {.max_version = max_version, .coordination = true});
    if (!answer) {
      coordinator.forget();
      last = {ErrorCode::network_exception, answer.error().message};
    } else {
      const ErrorCode error = error_of(*answer);
      last = {error, std::string(wire::default_message(error))};
      const TransactionVerdict verdict = judge(call, error);
      if (verdict == TransactionVerdict::look_up) coordinator.forget();
      if (verdict != TransactionVerdict::look_up && verdict != TransactionVerdict::retry) {
        if (out != nullptr) *out = std::move(*answer);
        return remember(verdict, std::move(last));
      }
    }
    std::this_thread::sleep_for(kBackoff);
  } while (SteadyClock::now() < give_up);
  return remember(TransactionVerdict::abortable, std::move(last));
}

wire::Outcome<void> Transactions::remember(TransactionVerdict verdict, wire::Failure why) {
  if (verdict == TransactionVerdict::ok) return {};
  MutexLock lock(mutex_);
  if (state_ != State::fatal) {
    state_ = verdict == TransactionVerdict::fatal ? State::fatal : State::abortable;
    failure_ = why;
  }
  // Whatever the coordinator made of it: under another epoch the next transaction has nothing to do with this one.
  wants_epoch_ = true;
  return Fail(std::move(why));
}

wire::Outcome<ProducerIdentity> Transactions::identify(ProducerIdentity known) {
  wire::InitProducerIdRequest request;
  request.transactional_id = id_;
  request.transaction_timeout_ms = static_cast<int32_t>(timeout_.count());
  request.producer_id = known.id;
  request.producer_epoch = known.epoch;
  wire::InitProducerIdResponse response;
  auto done = ask<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(
      coordinator_, request, TransactionCall::init, [](const auto& r) { return r.error_code; }, INT16_MAX, &response);
  if (!done) return done.failure();
  identity_ = {response.producer_id, response.producer_epoch};
  MutexLock lock(mutex_);
  wants_epoch_ = false;
  state_ = State::ready;
  return identity_;
}

wire::Outcome<ProducerIdentity> Transactions::init() {
  {
    MutexLock lock(mutex_);
    if (state_ == State::fatal) return Fail(failure_);
    if (state_ != State::unknown && state_ != State::abortable) {
      return wire::refuse(ErrorCode::invalid_txn_state, "the producer has been initialized before");
    }
  }
  return identify({});
}

wire::Outcome<void> Transactions::begin() {
  MutexLock lock(mutex_);
  if (state_ == State::fatal || state_ == State::abortable) return Fail(failure_);
  if (state_ != State::ready) {
    return wire::refuse(ErrorCode::invalid_txn_state, state_ == State::open
                                                          ? "a transaction is open; commit or abort it first"
                                                          : "init_transactions() has to come first");
  }
  state_ = State::open;
  return {};
}

wire::Outcome<void> Transactions::can_send() const {
  MutexLock lock(mutex_);
  if (state_ == State::fatal || state_ == State::abortable) return Fail(failure_);
  if (state_ != State::open) return wire::refuse(ErrorCode::invalid_txn_state, "no transaction has been begun");
  return {};
}

wire::Outcome<void> Transactions::add(const TopicPartition& partition) {
  if (auto open = can_send(); !open) return open;
  if (added_.contains(partition)) return {};
  wire::AddPartitionsToTxnRequest request;
  request.v3_and_below_transactional_id = id_;
  request.v3_and_below_producer_id = identity_.id;
  request.v3_and_below_producer_epoch = identity_.epoch;
  request.v3_and_below_topics.push_back({partition.topic, {partition.partition}});
  begun_ = true;
  auto done = ask<wire::AddPartitionsToTxnRequest, wire::AddPartitionsToTxnResponse>(
      coordinator_, request, TransactionCall::add_partitions,
      [](const auto& response) {
        const auto& topics = response.results_by_topic_v3_and_below;
        const bool answered = topics.size() == 1 && topics[0].results_by_partition.size() == 1;
        return answered ? topics[0].results_by_partition[0].partition_error_code : ErrorCode::unknown_server_error;
      },
      kLastOfClients);
  if (done) added_.insert(partition);
  return done;
}

wire::Outcome<void> Transactions::add_offsets(const std::string& group, const Offsets& offsets,
                                              const CommitIdentity& who) {
  if (auto open = can_send(); !open || offsets.empty()) return open;
  wire::AddOffsetsToTxnRequest request;
  request.transactional_id = id_;
  request.producer_id = identity_.id;
  request.producer_epoch = identity_.epoch;
  request.group_id = group;
  begun_ = true;
  auto added = ask<wire::AddOffsetsToTxnRequest, wire::AddOffsetsToTxnResponse>(
      coordinator_, request, TransactionCall::add_offsets, [](const auto& r) { return r.error_code; }, INT16_MAX);
  return added ? commit_offsets(group, offsets, who) : added;
}

wire::Outcome<void> Transactions::commit_offsets(const std::string& group, const Offsets& offsets,
                                                 const CommitIdentity& who) {
  wire::TxnOffsetCommitRequest request;
  request.transactional_id = id_;
  request.group_id = group;
  request.producer_id = identity_.id;
  request.producer_epoch = identity_.epoch;
  request.generation_id = who.generation;
  request.member_id = who.member_id;
  request.group_instance_id = who.instance_id;
  for (const auto& [partition, value] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic) {
      request.topics.emplace_back().name = partition.topic;
    }
    auto& p = request.topics.back().partitions.emplace_back();
    p.partition_index = partition.partition;
    p.committed_offset = value.offset;
    p.committed_leader_epoch = value.leader_epoch;
    p.committed_metadata = value.metadata;
  }
  CoordinatorClient group_coordinator(cluster_, group, patience_);
  return ask<wire::TxnOffsetCommitRequest, wire::TxnOffsetCommitResponse>(
      group_coordinator, request, TransactionCall::commit_offsets,
      [](const auto& response) {
        for (const auto& topic : response.topics) {
          for (const auto& p : topic.partitions) {
            if (p.error_code != ErrorCode::none) return p.error_code;
          }
        }
        return ErrorCode::none;
      },
      INT16_MAX);
}

void Transactions::on_failed_send(const wire::Failure& why) {
  const TransactionVerdict verdict = judge(TransactionCall::produce, why.code);
  [[maybe_unused]] auto remembered = remember(verdict, why);
}

void Transactions::skip_sequence() {
  MutexLock lock(mutex_);
  wants_epoch_ = true;
}

wire::Outcome<void> Transactions::tell_end(bool commit) {
  wire::EndTxnRequest request;
  request.transactional_id = id_;
  request.producer_id = identity_.id;
  request.producer_epoch = identity_.epoch;
  request.committed = commit;
  return ask<wire::EndTxnRequest, wire::EndTxnResponse>(
      coordinator_, request, TransactionCall::end, [](const auto& r) { return r.error_code; }, INT16_MAX);
}

wire::Outcome<ProducerIdentity> Transactions::end(bool commit) {
  {
    MutexLock lock(mutex_);
    if (state_ == State::fatal || (commit && state_ == State::abortable)) return Fail(failure_);
    if (state_ != State::open && state_ != State::abortable) {
      return wire::refuse(ErrorCode::invalid_txn_state, "no transaction has been begun");
    }
  }
  if (begun_) {
    auto told = tell_end(commit);
    MutexLock lock(mutex_);
    if (!told && (commit || state_ == State::fatal)) return told.failure();
  }
  begun_ = false;
  added_.clear();
  {
    MutexLock lock(mutex_);
    state_ = State::ready;
    if (!wants_epoch_) return identity_;
  }
  // Aborts what the coordinator may still have open (KIP-360).
  return identify(identity_);
}

}  // namespace meerkat::client
