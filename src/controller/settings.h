// What the controller takes from the broker's configuration.
#pragma once

#include <cstdint>
#include <string>

namespace meerkat::controller {

struct Settings {
  int32_t broker_id = -1;
  /// control.plane.listener.name, else the inter-broker listener: where brokers are spoken to.
  std::string listener = "PLAINTEXT";
  /// The inter-broker listener: where LeaderAndIsr says that leaders are.
  std::string inter_broker_listener = "PLAINTEXT";
  int32_t socket_timeout_ms = 30000;               // controller.socket.timeout.ms
  bool delete_topic_enable = true;                 // delete.topic.enable
  bool auto_leader_rebalance_enable = true;        // auto.leader.rebalance.enable
  int64_t imbalance_check_interval_seconds = 300;  // leader.imbalance.check.interval.seconds
  int32_t imbalance_per_broker_percentage = 10;    // leader.imbalance.per.broker.percentage
};

}  // namespace meerkat::controller
