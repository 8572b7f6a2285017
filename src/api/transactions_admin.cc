// DescribeTransactions v0 and ListTransactions v0–1: what this broker coordinates (KIP-664, KIP-994).
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "txn/coordinator.h"
#include "wire/messages/65_describe_transactions.h"
#include "wire/messages/66_list_transactions.h"

namespace meerkat::api {

void describe_transactions(Services& services, RequestContext, wire::DescribeTransactionsRequest request,
                           Reply<wire::DescribeTransactionsResponse> reply) {
  using State = wire::DescribeTransactionsResponse::TransactionState;
  services.transactions.describe(std::move(request.transactional_ids),
                                 [reply = std::move(reply)](std::vector<State> states) mutable {
                                   wire::DescribeTransactionsResponse response;
                                   response.transaction_states = std::move(states);
                                   reply.send(response);
                                 });
}

void list_transactions(Services& services, RequestContext, wire::ListTransactionsRequest request,
                       Reply<wire::ListTransactionsResponse> reply) {
  services.transactions.list(std::move(request), answer(std::move(reply)));
}

}  // namespace meerkat::api
