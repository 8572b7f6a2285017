// ListTransactions v0–1 (KIP-664): the transactions that this broker coordinates. It coordinates none, so that only the
// filters are looked at.
#include "wire/messages/66_list_transactions.h"

#include <algorithm>
#include <array>

#include "api/handlers.h"

namespace meerkat::api {

void list_transactions(Services&, RequestContext, wire::ListTransactionsRequest request,
                       Reply<wire::ListTransactionsResponse> reply) {
  constexpr std::array<std::string_view, 8> kStates = {"Empty",        "Ongoing",          "PrepareCommit",
                                                       "PrepareAbort", "CompleteCommit",   "CompleteAbort",
                                                       "Dead",         "PrepareEpochFence"};
  wire::ListTransactionsResponse response;
  for (auto& state : request.state_filters) {
    if (std::find(kStates.begin(), kStates.end(), state) == kStates.end()) {
      response.unknown_state_filters.push_back(std::move(state));
    }
  }
  reply.send(response);
}

}  // namespace meerkat::api
