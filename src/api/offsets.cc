// ListOffsets v0–9, DeleteRecords v0–2 and OffsetForLeaderEpoch v0–4: questions about a partition's offsets.
#include "api/authorization.h"
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "replica/delete_records.h"
#include "replica/list_offsets.h"
#include "replica/offset_for_leader_epoch.h"
#include "wire/messages/02_list_offsets.h"
#include "wire/messages/21_delete_records.h"
#include "wire/messages/23_offset_for_leader_epoch.h"

namespace meerkat::api {

namespace {

using wire::ErrorCode;

/// Sends the answer to what may be done together with the refusals of the rest.
template <class Response>
auto answer_with(Response refused, Reply<Response> reply) {
  return [refused = std::move(refused), reply = std::move(reply)](Response response) mutable {
    for (auto& topic : refused.topics) response.topics.push_back(std::move(topic));
    reply.send(response);
  };
}

/// Whether records have to be looked at: those of old segments may have to come from the disk.
bool searches_by_time(const wire::ListOffsetsRequest& request) {
  constexpr int64_t kOfGreatestTimestamp = -3;
  for (const auto& topic : request.topics) {
    for (const auto& p : topic.partitions) {
      if (p.timestamp >= 0 || p.timestamp == kOfGreatestTimestamp) return true;
    }
  }
  return false;
}

}  // namespace

void list_offsets(Services& services, RequestContext context, wire::ListOffsetsRequest request,
                  Reply<wire::ListOffsetsResponse> reply) {
  wire::ListOffsetsResponse refused;
  using Topic = wire::ListOffsetsRequest::ListOffsetsTopic;
  for (auto& topic :
       take_denied(Gate(services, context), security::Operation::describe, request.topics, &Topic::name)) {
    auto& out = refused.topics.emplace_back();
    out.name = std::move(topic.name);
    for (const auto& p : topic.partitions) {
      out.partitions.push_back({p.partition_index, ErrorCode::topic_authorization_failed});
    }
  }
  const bool reads = searches_by_time(request);
  auto answer = [&services, who = who_asks(context), request = std::move(request),
                 reply = answer_with(std::move(refused), std::move(reply))]() mutable {
    replica::handle_list_offsets(services.replicas, who, request, std::move(reply));
  };
  if (reads) return services.disk.post(std::move(answer));
  answer();
}

void delete_records(Services& services, RequestContext context, wire::DeleteRecordsRequest request,
                    Reply<wire::DeleteRecordsResponse> reply) {
  wire::DeleteRecordsResponse refused;
  using Topic = wire::DeleteRecordsRequest::DeleteRecordsTopic;
  for (auto& topic : take_denied(Gate(services, context), security::Operation::remove, request.topics, &Topic::name)) {
    auto& out = refused.topics.emplace_back();
    out.name = std::move(topic.name);
    for (const auto& p : topic.partitions) {
      out.partitions.push_back({p.partition_index, -1, ErrorCode::topic_authorization_failed});
    }
  }
  replica::handle_delete_records(services.replicas, who_asks(context), request,
                                 answer_with(std::move(refused), std::move(reply)));
}

/// Asked by followers, who may look into every topic, and by consumers.
void offset_for_leader_epoch(Services& services, RequestContext context, wire::OffsetForLeaderEpochRequest request,
                             Reply<wire::OffsetForLeaderEpochResponse> reply) {
  wire::OffsetForLeaderEpochResponse refused;
  const Gate gate(services, context);
  if (!gate.cluster(security::Operation::cluster_action)) {
    using Topic = wire::OffsetForLeaderEpochRequest::OffsetForLeaderTopic;
    for (auto& topic : take_denied(gate, security::Operation::describe, request.topics, &Topic::topic)) {
      auto& out = refused.topics.emplace_back();
      out.topic = std::move(topic.topic);
      for (const auto& p : topic.partitions) {
        out.partitions.push_back({ErrorCode::topic_authorization_failed, p.partition});
      }
    }
  }
  replica::handle_offset_for_leader_epoch(services.replicas, who_asks(context), request,
                                          answer_with(std::move(refused), std::move(reply)));
}

}  // namespace meerkat::api
