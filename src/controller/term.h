// One term of a controller, from its election to its resignation: all that the event families work on.
#pragma once

#include <functional>
#include <string>

#include "controller/context.h"
#include "controller/control_requests.h"
#include "controller/own_broker.h"
#include "controller/settings.h"
#include "controller/store.h"

namespace meerkat::controller {

/// Registers interest in znodes; a change comes back as an event on the controller's thread. Reading arms the watch.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void watch_topic(const std::string& topic) = 0;
  virtual void unwatch_topic(const std::string& topic) = 0;
  virtual void watch_broker(int32_t id) = 0;
  virtual void unwatch_broker(int32_t id) = 0;
};

/// The connections to brokers.
class Channels : public Sender {
 public:
  /// Opens a queue to a broker; its endpoint is the one of the controller's listener.
  virtual void add(const Broker& broker) = 0;
  /// Drops the queue with what is unsent, and answers that are still to come.
  virtual void remove(int32_t broker) = 0;
};

/// Plain bundle; belongs to the controller's thread.
struct Term {
  const Settings& settings;
  Store& store;
  Channels& channels;
  Watcher& watcher;
  const OwnBroker& own_broker;

  Context context;
  ControlRequests requests;

  /// Sends what has been collected, or drops it when the term is lost.
  void flush();
};

}  // namespace meerkat::controller
