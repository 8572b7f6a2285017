#include "api/dispatcher.h"

#include <glog/logging.h>

#include <algorithm>
#include <vector>

#include "wire/messages/00_produce.h"

namespace meerkat::api {
namespace {

void refuse(const net::Peer& peer, const std::string& why, net::Responder responder) {
  LOG_EVERY_N(WARNING, 20) << "closing the connection of " << peer.host << ":" << peer.port << " (listener "
                           << peer.listener << "): " << why;
  responder.close();
}

/// ApiVersions of a version beyond ours has an answer; every other API has none.
bool answerable(const Api& api, const wire::RequestHeader& header) {
  return api.versions.has(header.request_api_version) ||
         (api.key == wire::ApiKey::api_versions && header.request_api_version >= 0);
}

/// Whether a Produce request has a transactional id. While its partitions are verified with a coordinator, batches that
/// follow must not overtake it.
bool names_transaction(ByteView frame) {
  constexpr size_t kVersionAt = 2, kClientIdAt = 8;
  constexpr int16_t kFirstTransactional = 3;
  if (frame.size() < kClientIdAt + 2) return false;
  const int16_t version = load_be<int16_t>(frame.data() + kVersionAt);
  if (version < kFirstTransactional) return false;
  const int16_t client_id_size = load_be<int16_t>(frame.data() + kClientIdAt);
  size_t at = kClientIdAt + 2 + static_cast<size_t>(std::max<int16_t>(client_id_size, 0));
  const bool flexible = version >= wire::ProduceRequest::kFlexible;
  // A header with tagged fields is none that a client sends; it goes the slower way.
  if (flexible && (at >= frame.size() || frame[at++] != 0)) return true;
  if (at >= frame.size()) return false;
  return flexible ? frame[at] != 0 : (frame[at] & 0x80) == 0;
}

}  // namespace

// Reads the header; refuses what has none, or none that we serve.
const Api* Dispatcher::open(const std::shared_ptr<net::Peer>& peer, net::Frame& frame, net::Responder& responder,
                            RequestContext* context, ByteView* body) {
  size_t used = 0;
  auto header = wire::decode_request_header(frame.bytes, &used);
  if (!header) {
    refuse(*peer, "no request header: " + header.error().message, std::move(responder));
    return nullptr;
  }
  const Api* api = find_api(header->request_api_key);
  if (api == nullptr || !answerable(*api, *header)) {
    refuse(*peer,
           "API key " + std::to_string(header->request_api_key) + " version " +
               std::to_string(header->request_api_version) + " is not served here",
           std::move(responder));
    return nullptr;
  }
  VLOG(1) << "request " << wire::name(api->key) << " v" << header->request_api_version << " #" << header->correlation_id
          << " of " << header->client_id.value_or("") << " at " << peer->host << ":" << peer->port << ", "
          << frame.bytes.size() << " bytes";
  *body = ByteView(frame.bytes).subspan(used);
  *context = RequestContext{std::move(*header), peer, std::move(frame.owner)};
  return api;
}

void Dispatcher::on_frame(const std::shared_ptr<net::Peer>& peer, net::Frame frame, net::Responder responder) {
  RequestContext context;
  ByteView body;
  const Api* api = open(peer, frame, responder, &context, &body);
  if (api == nullptr) return;
  if (api->where == Where::loop) return api->run(*services_, std::move(context), body, std::move(responder));
  services_->workers.post([this, api, context = std::move(context), body, responder = std::move(responder)]() mutable {
    api->run(*services_, std::move(context), body, std::move(responder));
  });
}

void Dispatcher::on_frames(const std::shared_ptr<net::Peer>& peer, std::span<net::Arrival> arrivals) {
  const Api* common = find_api(load_be<int16_t>(arrivals.front().frame.bytes.data()));  // may_pipeline() looked at it
  const auto is_common = [&](const net::Arrival& a) {
    return load_be<int16_t>(a.frame.bytes.data()) == static_cast<int16_t>(common->key);
  };
  if (common->run_all == nullptr || !std::all_of(arrivals.begin(), arrivals.end(), is_common)) {
    return FrameHandler::on_frames(peer, arrivals);
  }
  std::vector<Incoming> requests;
  requests.reserve(arrivals.size());
  for (net::Arrival& a : arrivals) {
    RequestContext context;
    ByteView body;
    // Behind a frame that closes the connection none counts.
    if (open(peer, a.frame, a.responder, &context, &body) == nullptr) break;
    requests.push_back({std::move(context), body, std::move(a.responder)});
  }
  common->run_all(*services_, requests);
}

bool Dispatcher::may_pipeline(ByteView frame) const {
  if (frame.size() < 2) return false;
  const Api* api = find_api(load_be<int16_t>(frame.data()));
  return api != nullptr && api->pipelined && !names_transaction(frame);
}

}  // namespace meerkat::api
