#include "controller/vigil.h"

#include <utility>

#include "controller/kin.h"
#include "controller/presence.h"

namespace meerkat::controller {

/// The connection. Lives on the loop.
class Vigil::Watched {
 public:
  Watched(event::Loop& loop, int32_t broker, net::OutboundConfig config, std::function<void(int32_t)> on_vanished)
      : loop_(loop),
        broker_(broker),
        on_vanished_(std::move(on_vanished)),
        outbound_(loop, std::move(config),
                  [this](net::Outbound::State state, const std::string&) { on_state(state); }) {
    outbound_.connect();
  }

  bool is(int32_t broker, const net::OutboundConfig& config) const {
    return broker == broker_ && config.host == outbound_.config().host && config.port == outbound_.config().port;
  }

 private:
  void on_state(net::Outbound::State state) {
    if (state == net::Outbound::State::open) {
      presence_.on_open();
      ask_for_kin(outbound_, [this] { presence_.on_kin(); });
    }
    if (state != net::Outbound::State::closed) return;
    const auto change = presence_.on_closed(outbound_.refused());
    timer_ = loop_.after(presence_.pause(), [this] { outbound_.connect(); });
    if (change == Presence::Change::vanished) on_vanished_(broker_);
  }

  event::Loop& loop_;
  const int32_t broker_;
  const std::function<void(int32_t)> on_vanished_;
  Presence presence_;
  net::Outbound outbound_;
  event::Timer timer_;
};

struct Vigil::State {
  std::function<void(int32_t)> on_vanished;
  std::unique_ptr<Watched> watched;  // loop only
};

Vigil::Vigil(event::Loop& loop, std::function<void(int32_t broker)> on_vanished)
    : loop_(loop), state_(std::make_shared<State>()) {
  state_->on_vanished = std::move(on_vanished);
}

Vigil::~Vigil() { stop(); }

void Vigil::watch(int32_t broker, const std::string& host, int port) {
  net::OutboundConfig config;
  config.host = host;
  config.port = port;
  config.purpose = "watching the controller, broker " + std::to_string(broker);
  loop_.post([state = state_, &loop = loop_, broker, config = std::move(config)]() mutable {
    if (state->watched && state->watched->is(broker, config)) return;
    state->watched = std::make_unique<Watched>(loop, broker, std::move(config), state->on_vanished);
  });
}

void Vigil::stop() {
  loop_.post([state = state_] { state->watched.reset(); });
}

}  // namespace meerkat::controller
