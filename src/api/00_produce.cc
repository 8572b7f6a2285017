// Produce v0–11: appended where the request came in. acks=0 has no answer, but a failure closes the connection.
#include "wire/messages/00_produce.h"

#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "replica/produce.h"

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

}  // namespace

void produce(Services& services, RequestContext context, wire::ProduceRequest request,
             Reply<wire::ProduceResponse> reply) {
  const bool unanswered = request.acks == 0;
  replica::handle_produce(services.replicas, who_asks(context), request,
                          [unanswered, reply = std::move(reply)](wire::ProduceResponse response) mutable {
                            if (!unanswered) return reply.send(response);
                            any_failed(response) ? reply.close() : reply.nothing();
                          });
}

}  // namespace meerkat::api
