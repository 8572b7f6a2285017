// DescribeCluster (key 60): the brokers and the controller (KIP-700).
#pragma once

#include "wire/message.h"

namespace meerkat::wire {

/// v1 brokers or controllers (KIP-919).
struct DescribeClusterRequest {
  static constexpr int16_t kKey = 60;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 0;

  bool include_cluster_authorized_operations = false;
  int8_t endpoint_type = 1;  // 1 brokers, 2 controllers

  static void fields(auto& m, auto& io) {
    io("IncludeClusterAuthorizedOperations", m.include_cluster_authorized_operations);
    io("EndpointType", m.endpoint_type, since(1));
  }
};

/// v1 brokers or controllers (KIP-919).
struct DescribeClusterResponse {
  static constexpr int16_t kKey = 60;
  static constexpr Versions kVersions = between(0, 1);
  static constexpr int16_t kFlexible = 0;

  struct DescribeClusterBroker {
    int32_t broker_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;

    static void fields(auto& m, auto& io) {
      io("BrokerId", m.broker_id);
      io("Host", m.host);
      io("Port", m.port);
      io("Rack", m.rack);
    }
  };

  int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  int8_t endpoint_type = 1;
  std::string cluster_id;
  int32_t controller_id = -1;
  std::vector<DescribeClusterBroker> brokers;
  int32_t cluster_authorized_operations =
      std::numeric_limits<int32_t>::min();  // bit set by operation code; the default: not asked for

  static void fields(auto& m, auto& io) {
    io("ThrottleTimeMs", m.throttle_time_ms);
    io("ErrorCode", m.error_code);
    io("ErrorMessage", m.error_message);
    io("EndpointType", m.endpoint_type, since(1));
    io("ClusterId", m.cluster_id);
    io("ControllerId", m.controller_id);
    io("Brokers", m.brokers);
    io("ClusterAuthorizedOperations", m.cluster_authorized_operations);
  }
};

}  // namespace meerkat::wire
