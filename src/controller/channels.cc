#include "controller/channels.h"

#include <glog/logging.h>

#include <chrono>
#include <deque>
#include <set>
#include <unordered_map>

#include "controller/kin.h"
#include "controller/presence.h"
#include "net/outbound.h"
#include "wire/codec.h"
#include "wire/header.h"

namespace meerkat::controller {
namespace {

DeletionAnswer deletion_answer(const std::vector<Replica>& deleting, const wire::StopReplicaResponse& response) {
  std::set<TopicPartition> refused;
  std::set<TopicPartition> answered;
  for (const auto& p : response.partition_errors) {
    TopicPartition tp{p.topic_name, p.partition_index};
    if (p.error_code != wire::ErrorCode::none) refused.insert(tp);
    answered.insert(std::move(tp));
  }
  DeletionAnswer out;
  for (const auto& replica : deleting) {
    const bool ok = response.error_code == wire::ErrorCode::none && answered.contains(replica.partition) &&
                    !refused.contains(replica.partition);
    (ok ? out.deleted : out.failed).push_back(replica);
  }
  return out;
}

}  // namespace

/// A request on its way. The bytes are kept until the answer is there.
struct BrokerChannels::Item {
  wire::ApiKey key;
  int16_t version = 0;
  Chain bytes;
  std::vector<Replica> deleting;  // of a StopReplica: what it deletes
};

/// Lives on the loop.
class BrokerChannels::Channel {
 public:
  Channel(event::Loop& loop, int32_t broker, int64_t broker_epoch, bool known, net::OutboundConfig config,
          std::shared_ptr<const OnAnswer> on_answer)
      : loop_(loop),
        broker_(broker),
        broker_epoch_(broker_epoch),
        presence_(known),
        outbound_(loop, std::move(config),
                  [this](net::Outbound::State state, const std::string& why) { on_state(state, why); }),
        on_answer_(std::move(on_answer)) {
    outbound_.connect();
  }

  void push(Item item) {
    if (presence_.vanished()) return;
    queue_.push_back(std::move(item));
    if (!in_flight_ && !timer_.active()) send_first();
  }

 private:
  void on_state(net::Outbound::State state, const std::string& why) {
    if (state == net::Outbound::State::open) {
      tell(presence_.on_open());
      ask_for_kin(outbound_, [this] { presence_.on_kin(); });
    }
    if (state != net::Outbound::State::closed) return;
    if (!failing_) LOG(WARNING) << "No connection to broker " << broker_ << ", trying until it is gone: " << why;
    failing_ = true;
    in_flight_ = false;
    tell(presence_.on_closed(outbound_.refused()));
    timer_ = loop_.after(presence_.pause(), [this] {
      if (queue_.empty()) {
        outbound_.connect();
      } else {
        send_first();
      }
    });
  }

  void tell(Presence::Change change) {
    if (change == Presence::Change::none) return;
    queue_.clear();
    (*on_answer_)(broker_, PresenceChange{broker_epoch_, change == Presence::Change::vanished});
  }

  void send_first() {
    in_flight_ = true;
    outbound_.send(Chain(queue_.front().bytes), [this](Result<net::Frame> answer) {
      // A failure closes the connection, and on_state() sends again.
      if (answer) take(answer->bytes);
    });
  }

  void take(ByteView frame) {
    if (failing_) LOG(INFO) << "Broker " << broker_ << " answers again.";
    failing_ = in_flight_ = false;
    const Item item = std::move(queue_.front());
    queue_.pop_front();
    size_t used = 0;
    const auto header = wire::decode_response_header(frame, item.key, item.version, &used);
    if (header) {
      deliver(item, frame.subspan(used));
    } else {
      LOG(ERROR) << "Cannot read an answer of broker " << broker_ << ": " << header.error().message;
    }
    if (!queue_.empty()) send_first();
  }

  void deliver(const Item& item, ByteView body) {
    if (item.key == wire::ApiKey::leader_and_isr) {
      with_decoded<wire::LeaderAndIsrResponse>(item, body,
                                               [&](auto response) { (*on_answer_)(broker_, std::move(response)); });
    } else if (item.key == wire::ApiKey::stop_replica) {
      with_decoded<wire::StopReplicaResponse>(item, body, [&](auto response) {
        if (!item.deleting.empty()) (*on_answer_)(broker_, deletion_answer(item.deleting, response));
      });
    } else {
      with_decoded<wire::UpdateMetadataResponse>(item, body, [&](auto response) {
        if (response.error_code != wire::ErrorCode::none) {
          LOG(WARNING) << "Broker " << broker_ << " refuses UpdateMetadata: " << wire::name(response.error_code);
        }
      });
    }
  }

  template <class Response, class F>
  void with_decoded(const Item& item, ByteView body, F use) {
    auto response = wire::decode<Response>(body, item.version);
    if (response) {
      use(std::move(*response));
    } else {
      LOG(ERROR) << "Cannot read an answer of broker " << broker_ << ": " << response.error().message;
    }
  }

  event::Loop& loop_;
  const int32_t broker_;
  const int64_t broker_epoch_;
  Presence presence_;
  net::Outbound outbound_;
  std::shared_ptr<const OnAnswer> on_answer_;
  std::deque<Item> queue_;
  event::Timer timer_;      // until the next attempt to connect
  bool in_flight_ = false;  // the first of the queue is sent
  bool failing_ = false;    // so that trouble is logged once
};

struct BrokerChannels::State {
  std::unordered_map<int32_t, std::unique_ptr<Channel>> channels;  // loop only
  std::shared_ptr<const OnAnswer> on_answer;
};

BrokerChannels::BrokerChannels(const Settings& settings, event::Loop& loop, std::optional<int32_t> known,
                               OnAnswer on_answer)
    : settings_(settings), loop_(loop), known_(known), state_(std::make_shared<State>()) {
  state_->on_answer = std::make_shared<const OnAnswer>(std::move(on_answer));
}

BrokerChannels::~BrokerChannels() {
  loop_.post([state = std::move(state_)] { state->channels.clear(); });
}

void BrokerChannels::add(const Broker& broker) {
  const int32_t id = broker.info.id;
  const zk::Endpoint* endpoint = nullptr;
  for (const auto& e : broker.info.endpoints) {
    if (e.listener == settings_.listener) endpoint = &e;
  }
  if (endpoint == nullptr) {
    LOG(ERROR) << "Broker " << id << " has no listener " << settings_.listener
               << ", so the controller cannot reach it: "
               << "all brokers need the same inter-broker listener name.";
    return;
  }
  net::OutboundConfig config;
  config.host = endpoint->host;
  config.port = endpoint->port;
  config.purpose = "controller channel to broker " + std::to_string(id);
  config.connect_timeout = std::chrono::milliseconds(settings_.socket_timeout_ms);
  config.request_timeout = std::chrono::milliseconds(settings_.socket_timeout_ms);
  loop_.post([state = state_, &loop = loop_, id, epoch = broker.epoch, known = known_ == id,
              config = std::move(config)]() mutable {
    state->channels[id] = std::make_unique<Channel>(loop, id, epoch, known, std::move(config), state->on_answer);
  });
}

void BrokerChannels::remove(int32_t broker) {
  loop_.post([state = state_, broker] { state->channels.erase(broker); });
}

template <class Request>
void BrokerChannels::encode_and_post(int32_t broker, int16_t version, const Request& request,
                                     std::vector<Replica> deleting) {
  auto bytes = wire::encode_request(++correlation_id_, std::to_string(settings_.broker_id), version, request);
  if (!bytes) {
    LOG(ERROR) << "Cannot encode a request for broker " << broker << ": " << bytes.error().message;
    return;
  }
  Item item{static_cast<wire::ApiKey>(Request::kKey), version, std::move(*bytes), std::move(deleting)};
  loop_.post([state = state_, broker, item = std::move(item)]() mutable {
    const auto channel = state->channels.find(broker);
    if (channel != state->channels.end()) channel->second->push(std::move(item));
  });
}

void BrokerChannels::send(int32_t broker, const wire::LeaderAndIsrRequest& request) {
  encode_and_post(broker, kLeaderAndIsrVersion, request, {});
}

void BrokerChannels::send(int32_t broker, const wire::UpdateMetadataRequest& request) {
  encode_and_post(broker, kUpdateMetadataVersion, request, {});
}

void BrokerChannels::send(int32_t broker, const wire::StopReplicaRequest& request) {
  std::vector<Replica> deleting;
  for (const auto& topic : request.topic_states) {
    for (const auto& partition : topic.partition_states) {
      if (partition.delete_partition) deleting.push_back({{topic.topic_name, partition.partition_index}, broker});
    }
  }
  encode_and_post(broker, kStopReplicaVersion, request, std::move(deleting));
}

}  // namespace meerkat::controller
