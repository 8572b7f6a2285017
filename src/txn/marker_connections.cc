#include "txn/marker_connections.h"

#include "wire/header.h"

namespace meerkat::txn {

using wire::WriteTxnMarkersResponse;

namespace {

Result<WriteTxnMarkersResponse> decode_answer(const Result<net::Frame>& answer, int16_t version) {
  if (!answer) return answer.failure();
  size_t used = 0;
  auto header = wire::decode_response_header(answer->bytes, wire::ApiKey::write_txn_markers, version, &used);
  if (!header) return header.failure();
  return wire::decode<WriteTxnMarkersResponse>(ByteView(answer->bytes).subspan(used), version);
}

}  // namespace

MarkerConnections::MarkerConnections(Settings settings, event::Loop& loop, const cluster::MetadataCache& metadata)
    : settings_(std::move(settings)), loop_(loop), metadata_(metadata) {}

Result<net::Outbound*> MarkerConnections::connect(int32_t id) {
  const auto image = metadata_.image();
  const auto* broker = image->broker(id);
  const auto* endpoint = broker != nullptr ? broker->endpoint(settings_.listener) : nullptr;
  if (endpoint == nullptr) {
    return fail("broker " + std::to_string(id) + " is not alive, or has no listener " + settings_.listener);
  }
  auto& connection = connections_[id];
  const bool same =
      connection && connection->config().host == endpoint->host && connection->config().port == endpoint->port;
  if (same) return connection.get();
  net::OutboundConfig config;
  config.host = endpoint->host;
  config.port = endpoint->port;
  config.purpose = "transaction markers to broker " + std::to_string(id);
  config.request_timeout = std::chrono::milliseconds(settings_.request_timeout_ms);
  net::Outbound::retire(std::move(connection), "the broker listens elsewhere now");
  connection = std::make_unique<net::Outbound>(loop_, std::move(config));
  return connection.get();
}

void MarkerConnections::send(int32_t broker, const wire::WriteTxnMarkersRequest& request, Done done) {
  const int16_t version = settings_.markers_version;
  const std::string client_id = "broker-" + std::to_string(settings_.broker_id) + "-txn-marker-sender";
  auto connection = connect(broker);
  auto frame = wire::encode_request(next_correlation_id_++, client_id, version, request);
  if (!connection || !frame) {
    auto failed = connection ? frame.failure() : connection.failure();
    return loop_.post([done = std::move(done), failed = std::move(failed)]() mutable { done(failed); });
  }
  (*connection)->send(std::move(*frame), [version, done = std::move(done)](Result<net::Frame> answer) mutable {
    done(decode_answer(answer, version));
  });
}

}  // namespace meerkat::txn
