// EndTxn v0–4: the outcome of a transaction is decided here; markers follow.
#include "wire/messages/26_end_txn.h"

#include "api/authorization.h"
#include "api/handlers.h"
#include "api/services.h"
#include "txn/coordinator.h"

namespace meerkat::api {

void end_txn(Services& services, RequestContext context, wire::EndTxnRequest request,
             Reply<wire::EndTxnResponse> reply) {
  if (!Gate(services, context).transactional_id(security::Operation::write, request.transactional_id)) {
    wire::EndTxnResponse response;
    response.error_code = wire::ErrorCode::transactional_id_authorization_failed;
    return reply.send(response);
  }
  services.transactions.end(std::move(request.transactional_id), {request.producer_id, request.producer_epoch},
                            request.committed,
                            [version = context.version(), reply = std::move(reply)](wire::ErrorCode error) mutable {
                              using wire::ErrorCode;
                              constexpr int16_t kFirstWithFenced = 2;
                              if (version < kFirstWithFenced && error == ErrorCode::producer_fenced)
                                error = ErrorCode::invalid_producer_epoch;
                              wire::EndTxnResponse response;
                              response.error_code = error;
                              reply.send(response);
                            });
}

}  // namespace meerkat::api
