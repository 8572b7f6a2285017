// AddPartitionsToTxn v0–5: clients add partitions to one transaction (up to v3); brokers ask for several transactions
// at once whether partitions belong to them, or add them (from v4 on, KIP-890).
#include "wire/messages/24_add_partitions_to_txn.h"

#include <algorithm>

#include "api/authorization.h"
#include "api/auto_topics.h"
#include "api/handlers.h"
#include "api/services.h"
#include "base/gather.h"
#include "cluster/metadata_image.h"
#include "txn/coordinator.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::AddPartitionsToTxnRequest;
using Response = wire::AddPartitionsToTxnResponse;
using TransactionResult = Response::AddPartitionsToTxnResult;

constexpr int16_t kFirstBatched = 4;

std::vector<TopicPartition> partitions_of(const Request::AddPartitionsToTxnTransaction& transaction) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : transaction.topics) {
    for (int32_t index : topic.partitions) partitions.push_back({topic.name, index});
  }
  return partitions;
}

/// One code for each partition, in the order of the request.
TransactionResult result_of(const Request::AddPartitionsToTxnTransaction& transaction,
                            const std::vector<ErrorCode>& codes) {
  TransactionResult result;
  result.transactional_id = transaction.transactional_id;
  size_t i = 0;
  for (const auto& topic : transaction.topics) {
    auto& out = result.topic_results.emplace_back();
    out.name = topic.name;
    for (int32_t index : topic.partitions) out.results_by_partition.push_back({index, codes[i++]});
  }
  return result;
}

/// All or nothing: beside a partition that does not exist, or that a client may not write to, the others are not even
/// tried. `gate`: null for a broker's request.
std::vector<ErrorCode> refused(const Gate* gate, const cluster::MetadataImage& image,
                               const std::vector<TopicPartition>& partitions) {
  std::vector<ErrorCode> codes;
  bool any = false;
  for (const auto& tp : partitions) {
    const bool denied =
        gate != nullptr && (is_internal_topic(tp.topic) || !gate->topic(security::Operation::write, tp.topic));
    const bool exists = image.partition(tp.topic, tp.partition) != nullptr;
    any = any || denied || !exists;
    codes.push_back(denied   ? ErrorCode::topic_authorization_failed
                    : exists ? ErrorCode::operation_not_attempted
                             : ErrorCode::unknown_topic_or_partition);
  }
  return any ? codes : std::vector<ErrorCode>();
}

void handle_one(Services& services, const Gate& gate, int16_t version,
                Request::AddPartitionsToTxnTransaction transaction, Callback<TransactionResult> done) {
  auto partitions = partitions_of(transaction);
  const bool of_client = version < kFirstBatched;
  if (of_client && !gate.transactional_id(security::Operation::write, transaction.transactional_id)) {
    return done(result_of(transaction,
                          std::vector<ErrorCode>(partitions.size(), ErrorCode::transactional_id_authorization_failed)));
  }
  auto codes = refused(of_client ? &gate : nullptr, *services.metadata.image(), partitions);
  if (!codes.empty()) {
    return done(result_of(transaction, codes));
  }
  const std::string id = transaction.transactional_id;
  const txn::Producer producer{transaction.producer_id, transaction.producer_epoch};
  if (transaction.verify_only) {
    services.transactions.verify_partitions(
        id, producer, std::move(partitions),
        [transaction = std::move(transaction), done = std::move(done)](std::vector<ErrorCode> codes) mutable {
          done(result_of(transaction, codes));
        });
    return;
  }
  const size_t count = partitions.size();
  services.transactions.add_partitions(
      id, producer, {partitions.begin(), partitions.end()},
      [version, count, transaction = std::move(transaction), done = std::move(done)](ErrorCode error) mutable {
        constexpr int16_t kFirstWithFenced = 2;
        if (version < kFirstWithFenced && error == ErrorCode::producer_fenced)
          error = ErrorCode::invalid_producer_epoch;
        done(result_of(transaction, std::vector<ErrorCode>(count, error)));
      });
}

}  // namespace

void add_partitions_to_txn(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  const int16_t version = context.version();
  const Gate gate(services, context);
  if (version >= kFirstBatched && !gate.cluster(security::Operation::cluster_action)) {
    Response response;
    response.error_code = ErrorCode::cluster_authorization_failed;
    return reply.send(response);
  }
  if (version < kFirstBatched) {
    request.transactions = {{.transactional_id = std::move(request.v3_and_below_transactional_id),
                             .producer_id = request.v3_and_below_producer_id,
                             .producer_epoch = request.v3_and_below_producer_epoch,
                             .topics = std::move(request.v3_and_below_topics)}};
  }
  auto gather = Gather<TransactionResult>::of(
      request.transactions.size(), [version, reply = std::move(reply)](std::vector<TransactionResult> results) mutable {
        Response response;
        if (version < kFirstBatched) {
          response.results_by_topic_v3_and_below = std::move(results.front().topic_results);
        } else {
          response.results_by_transaction = std::move(results);
        }
        reply.send(response);
      });
  for (size_t i = 0; i < request.transactions.size(); ++i) {
    handle_one(services, gate, version, std::move(request.transactions[i]),
               [gather, i](TransactionResult result) { gather->put(i, std::move(result)); });
  }
}

}  // namespace meerkat::api
