// WriteTxnMarkers v0–1: a transaction coordinator, or an administrator, ends transactions on partitions led here
// (KIP-98).
#include "wire/messages/27_write_txn_markers.h"

#include <memory>

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "config/values.h"
#include "group/coordinator.h"
#include "group/offsets_log.h"
#include "record/builder.h"
#include "replica/produce.h"
#include "wire/internal_topics.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;
using Request = wire::WriteTxnMarkersRequest;
using Response = wire::WriteTxnMarkersResponse;

/// The answer while markers are under way; it goes out with the last of them. Loop thread only.
struct Pending {
  Response response;
  size_t left = 1;  // one for the loop that begins them
  Reply<Response> reply;

  Pending(Response empty, Reply<Response> r) : response(std::move(empty)), reply(std::move(r)) {}
  void done() {
    if (--left == 0) reply.send(response);
  }
};

/// The answer, in the order of the request.
Response shape(const Request& request, ErrorCode code = ErrorCode::none) {
  Response response;
  for (const auto& marker : request.markers) {
    auto& result = response.markers.emplace_back();
    result.producer_id = marker.producer_id;
    for (const auto& topic : marker.topics) {
      auto& out = result.topics.emplace_back();
      out.name = topic.name;
      for (int32_t index : topic.partition_indexes) out.partitions.push_back({index, code});
    }
  }
  return response;
}

/// Appends one marker; its offsets count, or are forgotten, as soon as all in-sync replicas have it.
void append(Services& services, const replica::RequestContext& who, const Request::WritableTxnMarker& marker,
            TopicPartition tp, const std::shared_ptr<Pending>& pending, ErrorCode& code) {
  const auto map = services.replicas.partitions.current();
  const auto* hosted = map->find(tp.topic, tp.partition);
  if (hosted == nullptr || (*hosted)->offline() || !(*hosted)->log()) {
    code = ErrorCode::unknown_topic_or_partition;
    return;
  }
  const bool commit = marker.transaction_result;
  Bytes batch = record::build_end_txn_marker(
      {commit ? record::ControlType::commit : record::ControlType::abort, marker.coordinator_epoch}, marker.producer_id,
      marker.producer_epoch, services.clock.wall_ms());
  const std::chrono::milliseconds timeout(services.config()->values().request_timeout_ms);
  ++pending->left;
  replica::append_own(services.replicas, who, tp, batch, timeout,
                      [&services, &code, pending, tp, producer = marker.producer_id,
                       commit](const wire::Outcome<storage::AppendInfo>& appended) {
                        if (!appended) {
                          code = appended.error().code;
                        } else if (tp.topic == wire::kOffsetsTopic) {
                          services.groups.on_transaction_end(tp.partition, producer, commit);
                        }
                        pending->done();
                      });
}

}  // namespace

void write_txn_markers(Services& services, RequestContext context, Request request, Reply<Response> reply) {
  const Gate gate(services, context);
  if (!gate.cluster(security::Operation::alter) && !gate.cluster(security::Operation::cluster_action)) {
    return reply.send(shape(request, ErrorCode::cluster_authorization_failed));
  }
  const auto who = who_asks(context);
  auto pending = std::make_shared<Pending>(shape(request), std::move(reply));
  for (size_t m = 0; m < request.markers.size(); ++m) {
    const auto& marker = request.markers[m];
    for (size_t t = 0; t < marker.topics.size(); ++t) {
      const auto& topic = marker.topics[t];
      for (size_t p = 0; p < topic.partition_indexes.size(); ++p) {
        append(services, who, marker, {topic.name, topic.partition_indexes[p]}, pending,
               pending->response.markers[m].topics[t].partitions[p].error_code);
      }
    }
  }
  pending->done();
}

}  // namespace meerkat::api
