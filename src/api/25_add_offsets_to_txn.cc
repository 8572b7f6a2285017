// AddOffsetsToTxn v0–4: the partition of __consumer_offsets that keeps a group's offsets becomes part of a transaction.
#include "wire/messages/25_add_offsets_to_txn.h"

#include "api/authorization.h"
#include "api/auto_topics.h"
#include "api/handlers.h"
#include "api/services.h"
#include "cluster/coordinator_partition.h"
#include "cluster/metadata_image.h"
#include "config/values.h"
#include "txn/coordinator.h"

namespace meerkat::api {
namespace {

int32_t offsets_partitions(Services& services) {
  const auto image = services.metadata.image();
  const auto* topic = image->topic(kOffsetsTopic);
  return topic != nullptr ? static_cast<int32_t>(topic->partitions.size())
                          : services.config()->values().offsets_topic_num_partitions;
}

}  // namespace

void add_offsets_to_txn(Services& services, RequestContext context, wire::AddOffsetsToTxnRequest request,
                        Reply<wire::AddOffsetsToTxnResponse> reply) {
  const Gate gate(services, context);
  const bool may_write = gate.transactional_id(security::Operation::write, request.transactional_id);
  if (!may_write || !gate.group(security::Operation::read, request.group_id)) {
    wire::AddOffsetsToTxnResponse response;
    response.error_code = may_write ? wire::ErrorCode::group_authorization_failed
                                    : wire::ErrorCode::transactional_id_authorization_failed;
    return reply.send(response);
  }
  const TopicPartition partition{std::string(kOffsetsTopic),
                                 cluster::coordinator_partition(request.group_id, offsets_partitions(services))};
  services.transactions.add_partitions(
      std::move(request.transactional_id), {request.producer_id, request.producer_epoch}, {partition},
      [version = context.version(), reply = std::move(reply)](wire::ErrorCode error) mutable {
        using wire::ErrorCode;
        constexpr int16_t kFirstWithFenced = 2;
        if (version < kFirstWithFenced && error == ErrorCode::producer_fenced)
          error = ErrorCode::invalid_producer_epoch;
        wire::AddOffsetsToTxnResponse response;
        response.error_code = error;
        reply.send(response);
      });
}

}  // namespace meerkat::api
