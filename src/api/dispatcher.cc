#include "api/dispatcher.h"

#include <glog/logging.h>

#include <algorithm>

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

void Dispatcher::on_frame(const std::shared_ptr<net::Peer>& peer, net::Frame frame, net::Responder responder) {
  size_t used = 0;
  auto header = wire::decode_request_header(frame.bytes, &used);
  if (!header) return refuse(*peer, "no request header: " + header.error().message, std::move(responder));
  const Api* api = find_api(header->request_api_key);
  if (api == nullptr || !answerable(*api, *header)) {
    return refuse(*peer,
                  "API key " + std::to_string(header->request_api_key) + " version " +
                      std::to_string(header->request_api_version) + " is not served here",
                  std::move(responder));
  }
  ByteView body = ByteView(frame.bytes).subspan(used);
  VLOG(1) << "request " << wire::name(api->key) << " v" << header->request_api_version << " #" << header->correlation_id
          << " of " << header->client_id.value_or("") << " at " << peer->host << ":" << peer->port << ", "
          << frame.bytes.size() << " bytes";
  RequestContext context{std::move(*header), peer, std::move(frame.owner)};
  if (api->where == Where::loop) return api->run(*services_, std::move(context), body, std::move(responder));
  services_->workers.post([this, api, context = std::move(context), body, responder = std::move(responder)]() mutable {
    api->run(*services_, std::move(context), body, std::move(responder));
  });
}

bool Dispatcher::may_pipeline(ByteView frame) const {
  if (frame.size() < 2) return false;
  const Api* api = find_api(load_be<int16_t>(frame.data()));
  return api != nullptr && api->pipelined && !names_transaction(frame);
}

}  // namespace meerkat::api
