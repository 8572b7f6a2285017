// Fetch v0–17, for consumers and followers: see replica/fetch.h.
#include "wire/messages/01_fetch.h"

#include "api/authorization.h"
#include "api/bandwidth_quotas.h"
#include "api/handlers.h"
#include "api/replica_request.h"
#include "api/services.h"
#include "replica/fetch.h"
#include "replica/fetch_formats.h"

namespace meerkat::api {

namespace {

/// A client above its quota gets an empty answer, and the records when it comes again: it may wait for them as well.
int throttle(Services& services, const std::string& client_id, wire::FetchResponse& response) {
  int64_t bytes = 0;
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partitions) bytes += partition.records.size();
  }
  const int throttle_ms = services.quotas.throttle_ms(Bandwidth::fetch, kAnonymous, client_id, bytes);
  if (throttle_ms == 0) return 0;
  services.quotas.take_back(Bandwidth::fetch, kAnonymous, client_id, bytes);
  response.responses.clear();
  response.throttle_time_ms = throttle_ms;
  return throttle_ms;
}

}  // namespace

void fetch(Services& services, RequestContext context, wire::FetchRequest request, Reply<wire::FetchResponse> reply) {
  auto who = who_asks(context);
  // Followers are held to other limits (KIP-73).
  const bool is_consumer = (context.version() >= 15 ? request.replica_state.replica_id : request.replica_id) < 0;
  if (const Gate gate(services, context); gate.guards()) {
    if (is_consumer) {
      who.may_read = [gate](const std::string& topic) { return gate.topic(security::Operation::read, topic); };
    } else if (!gate.cluster(security::Operation::cluster_action)) {
      who.may_read = [](const std::string&) { return false; };
    }
  }
  auto send = [&services, is_consumer, client = is_consumer ? context.client_id() : std::string(),
               reply = std::move(reply)](wire::FetchResponse response) mutable {
    const int throttle_ms = is_consumer ? throttle(services, client, response) : 0;
    reply.send(response, throttle_ms);
  };
  if (!replica::wants_old_formats(who.version)) {
    return replica::handle_fetch(services.replicas, who, request, std::move(send));
  }
  replica::handle_fetch(services.replicas, who, request,
                        [&services, version = who.version, offsets = replica::fetch_offsets(request),
                         send = std::move(send)](wire::FetchResponse response) mutable {
                          services.disk.post([version, offsets = std::move(offsets), send = std::move(send),
                                              response = std::move(response)]() mutable {
                            replica::convert_formats(version, offsets, response);
                            send(std::move(response));
                          });
                        });
}

}  // namespace meerkat::api
