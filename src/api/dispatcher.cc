#include "api/dispatcher.h"

#include <glog/logging.h>

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
  return api != nullptr && api->pipelined;
}

}  // namespace meerkat::api
