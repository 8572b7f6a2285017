// InitProducerId v0–5: for idempotent producers an id of their own, epoch 0; for transactional ones the id's producer
// with a new epoch. (KIP-98, KIP-360)
#include "wire/messages/22_init_producer_id.h"

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/services.h"
#include "txn/coordinator.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;

wire::InitProducerIdResponse failed(ErrorCode error) {
  wire::InitProducerIdResponse response;
  response.error_code = error;
  response.producer_epoch = -1;
  return response;
}

wire::InitProducerIdResponse answer_of(const wire::Outcome<txn::Producer>& producer, int16_t version) {
  if (!producer) {
    constexpr int16_t kFirstWithFenced = 4;
    const ErrorCode error = producer.error().code;
    const bool unknown = error == ErrorCode::producer_fenced && version < kFirstWithFenced;
    return failed(unknown ? ErrorCode::invalid_producer_epoch : error);
  }
  wire::InitProducerIdResponse response;
  response.producer_id = producer->id;
  response.producer_epoch = producer->epoch;
  return response;
}

}  // namespace

void init_producer_id(Services& services, RequestContext context, wire::InitProducerIdRequest request,
                      Reply<wire::InitProducerIdResponse> reply) {
  const Gate gate(services, context);
  if (request.transactional_id) {
    if (!gate.transactional_id(security::Operation::write, *request.transactional_id)) {
      return reply.send(failed(ErrorCode::transactional_id_authorization_failed));
    }
  } else if (!gate.cluster(security::Operation::idempotent_write) && !gate.any_topic(security::Operation::write)) {
    return reply.send(failed(ErrorCode::cluster_authorization_failed));
  }
  const bool half_known = (request.producer_id == -1) != (request.producer_epoch == -1);
  if (half_known || (request.transactional_id && request.transactional_id->empty())) {
    return reply.send(failed(ErrorCode::invalid_request));
  }
  auto done = [version = context.version(), reply = std::move(reply)](wire::Outcome<txn::Producer> producer) mutable {
    reply.send(answer_of(producer, version));
  };
  if (!request.transactional_id) {
    services.producer_ids.next([done = std::move(done)](wire::Outcome<int64_t> id) mutable {
      if (!id) return done(id.failure());
      done(txn::Producer{*id, 0});
    });
    return;
  }
  std::optional<txn::Producer> expected;
  if (request.producer_id != -1) expected = {request.producer_id, request.producer_epoch};
  services.transactions.init_producer(std::move(*request.transactional_id), request.transaction_timeout_ms, expected,
                                      std::move(done));
}

}  // namespace meerkat::api
