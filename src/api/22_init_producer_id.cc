// InitProducerId v0–5 for idempotent producers: an id of their own, epoch 0. (KIP-98, KIP-360)
#include "wire/messages/22_init_producer_id.h"

#include "api/handlers.h"
#include "api/services.h"

namespace meerkat::api {

void init_producer_id(Services& services, RequestContext, wire::InitProducerIdRequest request,
                      Reply<wire::InitProducerIdResponse> reply) {
  wire::InitProducerIdResponse response;
  const bool half_known = (request.producer_id == -1) != (request.producer_epoch == -1);
  if (half_known || (request.transactional_id && request.transactional_id->empty())) {
    response.error_code = wire::ErrorCode::invalid_request;
    return reply.send(response);
  }
  if (request.transactional_id) {
    response.error_code = wire::ErrorCode::not_coordinator;
    return reply.send(response);
  }
  services.producer_ids.next([reply = std::move(reply)](wire::Outcome<int64_t> id) mutable {
    wire::InitProducerIdResponse answer;
    if (id) {
      answer.producer_id = *id;
    } else {
      answer.error_code = id.error().code;
      answer.producer_epoch = -1;
    }
    reply.send(answer);
  });
}

}  // namespace meerkat::api
