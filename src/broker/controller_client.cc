#include "broker/controller_client.h"

namespace meerkat::broker {

ControllerClient::ControllerClient(Settings settings, event::Loop& loop, const cluster::MetadataCache& metadata,
                                   const controller::Controller& controller)
    : settings_(std::move(settings)), loop_(loop), metadata_(metadata), controller_(controller) {}

void ControllerClient::close() { connection_.reset(); }

Status ControllerClient::connect() {
  const int32_t id = controller_.current_controller();
  auto image = metadata_.image();
  const cluster::BrokerInfo* broker = image->broker(id);
  if (broker == nullptr) return fail("no controller is known at the moment");
  const cluster::BrokerEndpoint* endpoint = broker->endpoint(settings_.listener);
  if (endpoint == nullptr)
    return fail("the controller, broker " + std::to_string(id) + ", has no listener " + settings_.listener);
  if (connection_ && connection_->config().host == endpoint->host && connection_->config().port == endpoint->port)
    return {};
  net::OutboundConfig config;
  config.host = endpoint->host;
  config.port = endpoint->port;
  config.purpose = "controller " + std::to_string(id);
  config.request_timeout = std::chrono::milliseconds(settings_.timeout_ms);
  net::Outbound::retire(std::move(connection_), "the controller has changed");
  connection_ = std::make_unique<net::Outbound>(loop_, std::move(config));
  return {};
}

void ControllerClient::send(Chain request, net::Outbound::OnAnswer done) {
  if (auto connected = connect(); !connected) {
    return loop_.post([done = std::move(done), failed = connected.failure()]() mutable { done(failed); });
  }
  connection_->send(std::move(request), std::move(done));
}

}  // namespace meerkat::broker
