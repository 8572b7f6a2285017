// DescribeTransactions v0 and ListTransactions v0–1: what this broker coordinates (KIP-664, KIP-994).
#include "api/authorization.h"
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "txn/coordinator.h"
#include "wire/messages/65_describe_transactions.h"
#include "wire/messages/66_list_transactions.h"

namespace meerkat::api {

void describe_transactions(Services& services, RequestContext context, wire::DescribeTransactionsRequest request,
                           Reply<wire::DescribeTransactionsResponse> reply) {
  using State = wire::DescribeTransactionsResponse::TransactionState;
  Gate gate(services, context);
  std::vector<std::string> allowed;
  std::vector<State> denied;
  for (auto& id : request.transactional_ids) {
    if (gate.transactional_id(security::Operation::describe, id)) {
      allowed.push_back(std::move(id));
    } else {
      auto& state = denied.emplace_back();
      state.error_code = wire::ErrorCode::transactional_id_authorization_failed;
      state.transactional_id = std::move(id);
    }
  }
  services.transactions.describe(std::move(allowed), [gate = std::move(gate), denied = std::move(denied),
                                                      reply = std::move(reply)](std::vector<State> states) mutable {
    wire::DescribeTransactionsResponse response;
    response.transaction_states = std::move(states);
    for (auto& state : response.transaction_states) {
      std::erase_if(state.topics,
                    [&](const auto& topic) { return !gate.topic(security::Operation::describe, topic.topic); });
    }
    for (auto& state : denied) response.transaction_states.push_back(std::move(state));
    reply.send(response);
  });
}

void list_transactions(Services& services, RequestContext context, wire::ListTransactionsRequest request,
                       Reply<wire::ListTransactionsResponse> reply) {
  services.transactions.list(std::move(request), [gate = Gate(services, context), reply = std::move(reply)](
                                                     wire::ListTransactionsResponse response) mutable {
    std::erase_if(response.transaction_states, [&](const auto& state) {
      return !gate.transactional_id(security::Operation::describe, state.transactional_id);
    });
    reply.send(response);
  });
}

}  // namespace meerkat::api
