// Produce v0–11: appended where the request came in. acks=0 has no answer, but a failure closes the connection.
#include "wire/messages/00_produce.h"

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

auto answer(const wire::ProduceRequest& request, Reply<wire::ProduceResponse> reply) {
  return [unanswered = request.acks == 0, reply = std::move(reply)](const wire::ProduceResponse& response) mutable {
    if (!unanswered) return reply.send(response);
    any_failed(response) ? reply.close() : reply.nothing();
  };
}

}  // namespace

void produce(Services& services, RequestContext context, wire::ProduceRequest request,
             Reply<wire::ProduceResponse> reply) {
  const auto who = who_asks(context);
  auto questions = replica::questions_of(services.replicas, who, request);
  if (questions && questions->empty()) {
    return replica::handle_produce(services.replicas, who, request, answer(request, std::move(reply)));
  }
  if (!questions) return answer(request, std::move(reply))(replica::refused_produce(request, questions.error().code));
  // The request's records lie in the frame, which the context keeps.
  replica::verify_produce(services.replicas, who, std::move(*questions),
                          [&services, context = std::move(context), who, request = std::move(request),
                           reply = std::move(reply)](const replica::Verifications& verified) mutable {
                            replica::handle_produce(services.replicas, who, request, answer(request, std::move(reply)),
                                                    verified);
                          });
}

}  // namespace meerkat::api
