// This broker's presence in ZooKeeper: its registration, made again for each new session, and the features node.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "config/broker_values.h"
#include "zk/payloads.h"
#include "zk/session.h"

namespace meerkat::broker {

/// The payload of /brokers/ids/N: `ports` has the real port of each listener that was bound to port 0.
zk::BrokerInfo registration_info(const config::BrokerConfig& config, int32_t broker_id,
                                 const std::map<std::string, int>& ports, int64_t wall_ms);

class Registration {
 public:
  /// `on_registered(epoch)` is called after each registration, on the thread that made it. `on_conflict(why)`: after a
  /// session was lost somebody else holds the id; the broker cannot go on.
  Registration(zk::Session& session, Clock& clock, std::function<void(int64_t)> on_registered,
               std::function<void(const std::string&)> on_conflict);
  ~Registration();

  /// Registers and stays registered. Blocks while our own previous registration has to expire.
  Status start(zk::BrokerInfo info);
  /// Registers under a new broker epoch, which makes the controller tell us everything anew. Blocks.
  void register_anew();
  /// Leaves the cluster (the controller takes us for dead, and moves our leaderships) until come_back(). Both at once,
  /// on any thread; nothing is waited for.
  void withdraw();
  void come_back();
  /// Version of /feature, -1 while it is not there.
  int64_t feature_epoch() const { return feature_epoch_->load(); }

 private:
  zk::ZkStatus register_now();
  void register_or_complain();
  void read_feature();

  zk::Session& session_;
  Clock& clock_;
  const std::function<void(int64_t)> on_registered_;
  const std::function<void(const std::string&)> on_conflict_;
  zk::BrokerInfo info_;
  std::atomic<bool> withdrawn_{false};
  // Shared with the answers that are on their way: they may come when this is gone.
  const std::shared_ptr<std::atomic<int64_t>> feature_epoch_ = std::make_shared<std::atomic<int64_t>>(-1);
  zk::Session::HandlerId handler_ = 0;
  zk::Session::WatchId feature_watch_ = 0;
};

}  // namespace meerkat::broker
