// Produce v0–11: appended where the request came in. acks=0 has no answer, but a failure closes the connection.
#include "wire/messages/00_produce.h"

#include <span>
#include <vector>

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
auto answer(int16_t acks, int throttle_ms, Reply<wire::ProduceResponse> reply) {
  return [acks, throttle_ms, reply = std::move(reply)](wire::ProduceResponse response) mutable {
    if (acks == 0) return any_failed(response) ? reply.close() : reply.nothing(throttle_ms);
    response.throttle_time_ms = throttle_ms;
    reply.send(response, throttle_ms);
  };
}

}  // namespace

void produce(Services& services, RequestContext context, wire::ProduceRequest request,
             Reply<wire::ProduceResponse> reply) {
  const auto who = who_asks(context);
  const int throttle_ms =
      services.quotas.throttle_ms(Bandwidth::produce, kAnonymous, context.client_id(), bytes_of(request));
  auto respond = answer(request.acks, throttle_ms, std::move(reply));
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
    if (const auto questions = replica::questions_of(services.replicas, asking, request);
        !questions || !questions->empty()) {
      append();  // in their order
      produce(services, std::move(context), std::move(request), std::move(reply));
      continue;
    }
    const int throttle_ms =
        services.quotas.throttle_ms(Bandwidth::produce, kAnonymous, context.client_id(), bytes_of(request));
    plain.push_back({&asking, &request, answer(request.acks, throttle_ms, std::move(reply))});
  }
  append();
}

}  // namespace meerkat::api
