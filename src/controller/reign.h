// A term with what it needs from outside: watches on ZooKeeper, channels to brokers, timers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/channels.h"
#include "controller/term.h"
#include "event/loop.h"
#include "zk/controller_lease.h"
#include "zk/session.h"

namespace meerkat::controller {

/// Lives on the controller's loop from election to resignation. Everything that happens is turned into an event on the
/// loop that runs under this term or not at all.
class Reign : public Watcher {
 public:
  struct Deps {
    const Settings& settings;
    zk::Session& session;
    event::Loop& loop;          // the controller's
    event::Loop& channel_loop;  // the connections'
    const OwnBroker& own_broker;
    std::function<void()> after_event;   // on the loop, after each event
    std::optional<int32_t> in_place_of;  // the controller before, if it was replaced on suspicion
  };

  /// `store` is shared with whoever may have to end the term from another thread.
  Reign(Deps deps, std::shared_ptr<Store> store);
  ~Reign() override;

  /// Reads the cluster, tells the brokers, and starts to watch and to balance.
  void begin();
  Term& term() { return term_; }

  void watch_topic(const std::string& topic) override;
  void unwatch_topic(const std::string& topic) override;
  void watch_broker(int32_t id) override;
  void unwatch_broker(int32_t id) override;

 private:
  // A task that runs on the loop if this term is still the one.
  Task event(std::function<void()> work);
  zk::Session::WatchId watch(const std::string& path, zk::WatchKind kind, std::function<void()> on_change);
  void watch_folders();
  void rebalance_after(std::chrono::milliseconds delay);
  void restore_later();
  void take(int32_t broker, const Answer& answer);

  Deps deps_;
  std::shared_ptr<Store> store_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // set false at the end; loop only
  BrokerChannels channels_;
  Term term_;
  std::vector<zk::Session::WatchId> folder_watches_;
  std::unordered_map<std::string, zk::Session::WatchId> topic_watches_;
  std::unordered_map<int32_t, zk::Session::WatchId> broker_watches_;
  event::Timer rebalance_timer_;
  event::Timer restore_timer_;
};

}  // namespace meerkat::controller
