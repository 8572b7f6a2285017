// Produce v0–11: appended where the request came in. acks=0 has no answer, but a failure closes the connection.
#include "wire/messages/00_produce.h"

#include <span>
#include <vector>

#include "api/authorization.h"
#include "api/bandwidth_quotas.h"
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "replica/produce.h"
#include "replica/verification.h"

namespace meerkat::api {
namespace {

bool any_failed(const wire::ProduceResponse& response) {
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partition_responses) {
      if (partition.error_code != wire::ErrorCode::none) return true;
    }
  }
  return false;
}

int64_t bytes_of(const wire::ProduceRequest& request) {
  int64_t bytes = 0;
  for (const auto& topic : request.topic_data) {
    for (const auto& data : topic.partition_data) bytes += data.records.size();
  }
  return bytes;
}

/// Answers, and lets the connection pause if the client produces too much.
auto answer(int16_t acks, int throttle_ms, std::vector<wire::ProduceResponse::TopicProduceResponse> refused,
            Reply<wire::ProduceResponse> reply) {
  return [acks, throttle_ms, refused = std::move(refused),
          reply = std::move(reply)](wire::ProduceResponse response) mutable {
    for (auto& topic : refused) response.responses.push_back(std::move(topic));
    if (acks == 0) return any_failed(response) ? reply.close() : reply.nothing(throttle_ms);
    response.throttle_time_ms = throttle_ms;
    reply.send(response, throttle_ms);
  };
}

/// The part of the answer about topics that the client may not write to.
std::vector<wire::ProduceResponse::TopicProduceResponse> refuse_topics(
    const std::vector<wire::ProduceRequest::TopicProduceData>& topics) {
  std::vector<wire::ProduceResponse::TopicProduceResponse> refused;
  for (const auto& topic : topics) {
    auto& out = refused.emplace_back();
    out.name = topic.name;
    for (const auto& data : topic.partition_data) {
      auto& partition = out.partition_responses.emplace_back();
      partition.index = data.index;
      partition.error_code = wire::ErrorCode::topic_authorization_failed;
      partition.base_offset = -1;
    }
  }
  return refused;
}

}  // namespace

void produce(Services& services, RequestContext context, wire::ProduceRequest request,
             Reply<wire::ProduceResponse> reply) {
  const auto who = who_asks(context);
  const int throttle_ms =
      services.quotas.throttle_ms(Bandwidth::produce, kAnonymous, context.client_id(), bytes_of(request));
  const Gate gate(services, context);
  if (request.transactional_id && !gate.transactional_id(security::Operation::write, *request.transactional_id)) {
    const auto code = wire::ErrorCode::transactional_id_authorization_failed;
    return answer(request.acks, throttle_ms, {}, std::move(reply))(replica::refused_produce(request, code));
  }
  using Topic = wire::ProduceRequest::TopicProduceData;
  const auto denied = take_denied(gate, security::Operation::write, request.topic_data, &Topic::name);
  auto respond = answer(request.acks, throttle_ms, refuse_topics(denied), std::move(reply));
  if (!denied.empty() && request.topic_data.empty()) return respond({});
  auto questions = replica::questions_of(services.replicas, who, request);
  if (questions && questions->empty()) {
    return replica::handle_produce(services.replicas, who, request, std::move(respond));
  }
  if (!questions) return respond(replica::refused_produce(request, questions.error().code));
  // The request's records lie in the frame, which the context keeps.
  replica::verify_produce(services.replicas, who, std::move(*questions),
                          [&services, context = std::move(context), who, request = std::move(request),
                           respond = std::move(respond)](const replica::Verifications& verified) mutable {
                            replica::handle_produce(services.replicas, who, request, std::move(respond), verified);
                          });
}

void produce_all(Services& services, std::span<Call<wire::ProduceRequest, wire::ProduceResponse>> calls) {
  std::vector<replica::RequestContext> who;
  std::vector<replica::ProduceCall> plain;
  who.reserve(calls.size());
  plain.reserve(calls.size());
  const auto append = [&] {
    replica::handle_produces(services.replicas, plain);
    plain.clear();
  };
  for (auto& [context, request, reply] : calls) {
    const auto& asking = who.emplace_back(who_asks(context));
    const auto questions = replica::questions_of(services.replicas, asking, request);
    if (services.authorizer != nullptr || !questions || !questions->empty()) {
      append();  // in their order
      produce(services, std::move(context), std::move(request), std::move(reply));
      continue;
    }
    const int throttle_ms =
        services.quotas.throttle_ms(Bandwidth::produce, kAnonymous, context.client_id(), bytes_of(request));
    plain.push_back({&asking, &request, answer(request.acks, throttle_ms, {}, std::move(reply))});
  }
  append();
}

}  // namespace meerkat::api
