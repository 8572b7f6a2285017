#include "replica/verification_sender.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "cluster/coordinator_partition.h"
#include "wire/header.h"
#include "wire/internal_topics.h"

namespace meerkat::replica {

using wire::AddPartitionsToTxnRequest;
using wire::AddPartitionsToTxnResponse;
using wire::ErrorCode;

namespace {

constexpr int16_t kVersion = 5;

AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction transaction_of(const TransactionClaim& claim,
                                                                        const std::vector<TopicPartition>& partitions) {
  AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction transaction;
  transaction.transactional_id = claim.transactional_id;
  transaction.producer_id = claim.producer_id;
  transaction.producer_epoch = claim.producer_epoch;
  transaction.verify_only = true;
  for (const TopicPartition& tp : partitions) {
    auto& topics = transaction.topics;
    auto topic = std::find_if(topics.begin(), topics.end(), [&](const auto& t) { return t.name == tp.topic; });
    if (topic == topics.end()) topic = topics.insert(topics.end(), {tp.topic, {}});
    topic->partitions.push_back(tp.partition);
  }
  return transaction;
}

/// As whoever asked is to hear it.
ErrorCode translated(ErrorCode code, bool knows_abortable) {
  if (code == ErrorCode::producer_fenced) return ErrorCode::invalid_producer_epoch;
  if (code == ErrorCode::transaction_abortable && !knows_abortable) return ErrorCode::invalid_txn_state;
  return code;
}

ErrorCode error_for(const AddPartitionsToTxnResponse::AddPartitionsToTxnResult& result, const TopicPartition& tp) {
  for (const auto& topic : result.topic_results) {
    if (topic.name != tp.topic) continue;
    for (const auto& partition : topic.results_by_partition) {
      if (partition.partition_index == tp.partition) return partition.partition_error_code;
    }
  }
  return ErrorCode::none;
}

}  // namespace

VerificationSender::VerificationSender(Settings settings, event::Loop& loop, const cluster::MetadataCache& metadata)
    : settings_(std::move(settings)), loop_(loop), metadata_(metadata) {}

void VerificationSender::verify(TransactionClaim claim, std::vector<TopicPartition> partitions,
                                Callback<std::vector<ErrorCode>> done) {
  loop_.post([this, question = Question{std::move(claim), std::move(partitions), std::move(done)}]() mutable {
    ask(std::move(question));
  });
}

void VerificationSender::close() {
  closed_ = true;
  coordinators_.clear();
}

int32_t VerificationSender::coordinator_of(const std::string& transactional_id,
                                           const cluster::MetadataImage& image) const {
  const cluster::TopicInfo* topic = image.topic(wire::kTransactionsTopic);
  const int32_t count = topic ? static_cast<int32_t>(topic->partitions.size()) : settings_.state_topic_partitions;
  const auto* partition =
      image.partition(wire::kTransactionsTopic, cluster::coordinator_partition(transactional_id, count));
  return partition && image.alive(partition->leader) ? partition->leader : -1;
}

void VerificationSender::ask(Question question) {
  if (closed_) return;
  const auto image = metadata_.image();
  const int32_t broker = coordinator_of(question.claim.transactional_id, *image);
  const auto* endpoint = broker < 0 ? nullptr : image->broker(broker)->endpoint(settings_.listener);
  if (endpoint == nullptr) return question.answer(ErrorCode::coordinator_not_available);
  Coordinator& coordinator = coordinators_[broker];

  auto& waiting = coordinator.waiting;
  const auto same = std::find_if(waiting.begin(), waiting.end(), [&](const Question& other) {
    return other.claim.transactional_id == question.claim.transactional_id;
  });
  if (same != waiting.end()) {
    // The older one's client has given up on it, or is fenced: whichever has the newer epoch is asked for.
    const int16_t other = same->claim.producer_epoch, mine = question.claim.producer_epoch;
    if (other > mine) return question.answer(ErrorCode::invalid_producer_epoch);
    same->answer(other < mine ? ErrorCode::invalid_producer_epoch : ErrorCode::network_exception);
    waiting.erase(same);
  }
  waiting.push_back(std::move(question));

  auto& connection = coordinator.connection;
  if (connection && (connection->config().host != endpoint->host || connection->config().port != endpoint->port)) {
    net::Outbound::retire(std::move(connection), "the broker listens elsewhere now");
  }
  if (!connection) {
    net::OutboundConfig config;
    config.host = endpoint->host;
    config.port = endpoint->port;
    config.purpose = "transaction verification with broker " + std::to_string(broker);
    config.request_timeout = std::chrono::milliseconds(settings_.request_timeout_ms);
    connection = std::make_unique<net::Outbound>(loop_, std::move(config));
  }
  if (coordinator.asked.empty()) send(broker);
}

void VerificationSender::send(int32_t broker) {
  Coordinator& coordinator = coordinators_[broker];
  coordinator.asked.swap(coordinator.waiting);
  AddPartitionsToTxnRequest request;
  for (const Question& question : coordinator.asked) {
    request.transactions.push_back(transaction_of(question.claim, question.partitions));
  }
  auto frame = wire::encode_request(next_correlation_id_++, std::to_string(settings_.broker_id), kVersion, request);
  if (!frame) return on_answer(broker, frame.failure());
  coordinator.connection->send(std::move(*frame), [this, broker](Result<net::Frame> answer) {
    if (!answer) return on_answer(broker, answer.failure());
    size_t used = 0;
    auto header = wire::decode_response_header(answer->bytes, wire::ApiKey::add_partitions_to_txn, kVersion, &used);
    if (!header) return on_answer(broker, header.failure());
    on_answer(broker, wire::decode<AddPartitionsToTxnResponse>(ByteView(answer->bytes).subspan(used), kVersion));
  });
}

void VerificationSender::on_answer(int32_t broker, Result<AddPartitionsToTxnResponse> answer) {
  Coordinator& coordinator = coordinators_[broker];
  std::vector<Question> asked;
  asked.swap(coordinator.asked);
  if (!answer) {
    LOG_EVERY_N(WARNING, 20) << "verifying transactions with broker " << broker
                             << " failed, producers will repeat their batches: " << answer.error().message;
  }
  for (Question& question : asked) {
    if (!answer) {
      question.answer(ErrorCode::network_exception);
      continue;
    }
    if (answer->error_code != ErrorCode::none) {
      // That brokers must not talk to each other is no matter of the producer's.
      question.answer(answer->error_code == ErrorCode::cluster_authorization_failed ? ErrorCode::invalid_txn_state
                                                                                    : answer->error_code);
      continue;
    }
    const auto& results = answer->results_by_transaction;
    const auto result = std::find_if(results.begin(), results.end(), [&](const auto& r) {
      return r.transactional_id == question.claim.transactional_id;
    });
    if (result == results.end()) {
      question.answer(ErrorCode::network_exception);
      continue;
    }
    std::vector<ErrorCode> errors;
    for (const TopicPartition& tp : question.partitions) {
      errors.push_back(translated(error_for(*result, tp), question.claim.knows_abortable));
    }
    question.done(std::move(errors));
  }
  if (!coordinator.waiting.empty()) send(broker);
}

}  // namespace meerkat::replica
