// Fetch v0–17, for consumers and followers: see replica/fetch.h.
#include "wire/messages/01_fetch.h"

#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "replica/fetch.h"

namespace meerkat::api {

void fetch(Services& services, RequestContext context, wire::FetchRequest request, Reply<wire::FetchResponse> reply) {
  replica::handle_fetch(services.replicas, who_asks(context), request, answer(std::move(reply)));
}

}  // namespace meerkat::api
