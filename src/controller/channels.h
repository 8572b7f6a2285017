// The controller's connections to brokers, its own included: a queue each, one request in flight, first in first out,
// tried again for ever until the broker is removed or found dead. They are kept open to notice that at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/settings.h"
#include "controller/term.h"
#include "event/loop.h"
#include "wire/messages/04_leader_and_isr.h"

namespace meerkat::controller {

/// The answer to a StopReplica, as far as replicas were to be deleted.
struct DeletionAnswer {
  std::vector<Replica> deleted;
  std::vector<Replica> failed;
};

/// Nobody listens at the broker's port any more, or somebody does again; see presence.h. In between what was to be
/// sent is dropped: once it is back the broker has to be told everything anew.
struct PresenceChange {
  int64_t broker_epoch = -1;
  bool vanished = false;
};

/// What the controller hears of a broker and has to act on.
using Answer = std::variant<wire::LeaderAndIsrResponse, DeletionAnswer, PresenceChange>;

/// Channels over TCP. Called on the controller's thread; the connections live on `loop`. Each request carries the
/// version fixed by the inter-broker protocol; an ApiVersions in front only asks whether the broker is Meerkat too.
class BrokerChannels : public Channels {
 public:
  /// Called on `loop`, in the order of a broker's answers; not any more once the broker is removed or this destroyed
  /// (but a call may be under way then).
  using OnAnswer = std::function<void(int32_t broker, Answer answer)>;

  /// `loop` and `settings` outlive this. `known`: a Meerkat broker that this process has had a connection to before.
  BrokerChannels(const Settings& settings, event::Loop& loop, std::optional<int32_t> known, OnAnswer on_answer);
  ~BrokerChannels() override;

  void add(const Broker& broker) override;
  void remove(int32_t broker) override;
  void send(int32_t broker, const wire::LeaderAndIsrRequest& request) override;
  void send(int32_t broker, const wire::UpdateMetadataRequest& request) override;
  void send(int32_t broker, const wire::StopReplicaRequest& request) override;

 private:
  class Channel;
  struct State;
  struct Item;
  template <class Request>
  void encode_and_post(int32_t broker, int16_t version, const Request& request, std::vector<Replica> deleting);

  const Settings& settings_;
  event::Loop& loop_;
  const std::optional<int32_t> known_;
  int32_t correlation_id_ = 0;
  std::shared_ptr<State> state_;
};

}  // namespace meerkat::controller
