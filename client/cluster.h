// What a client knows of a cluster: brokers, topics, leaders. Asked for again when something turns out to be outdated.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "client/network.h"
#include "wire/error.h"
#include "wire/messages/03_metadata.h"

namespace meerkat::client {

/// The state of a cluster at one moment. Immutable.
struct ClusterView {
  std::map<int32_t, HostPort> brokers;
  std::map<int32_t, std::string> racks;  // of those that have one
  int32_t controller = -1;
  std::string cluster_id;
  std::map<std::string, wire::MetadataResponse::MetadataResponseTopic> topics;

  /// Where a partition's leader listens; nothing if there is none at the moment.
  std::optional<HostPort> leader(const std::string& topic, int32_t partition) const;
  /// How many partitions a topic has; 0 if it is not known.
  int32_t partition_count(const std::string& topic) const;
};

/// Thread-safe; blocking calls not from the network's loop.
class Cluster {
 public:
  Cluster(Network& network, std::vector<HostPort> bootstrap);

  Network& network() { return network_; }
  std::shared_ptr<const ClusterView> view() const;

  /// Asks a broker about topics (nullopt: all) and merges what it says into the view. Tries every broker known, then
  /// the bootstrap ones.
  Result<std::shared_ptr<const ClusterView>> refresh(const std::optional<std::vector<std::string>>& topics,
                                                     bool may_create = false);
  /// The same without waiting; `done` runs on the loop. Concurrent calls are not merged: the caller paces itself.
  void refresh_async(std::vector<std::string> topics, Callback<Status> done);

  /// Sends a request to the controller, finding it anew if it has moved; `moved` tells so from the response. Where
  /// there is none, one is waited for: up to default.api.timeout.ms as it is by default, a minute.
  template <class Request, class Response>
  Result<Response> ask_controller(const Request& request, bool (*moved)(const Response&)) {
    constexpr std::chrono::seconds kPatience{60};
    constexpr std::chrono::milliseconds kBackoff{100};  // retry.backoff.ms
    Result<Response> answer = fail("the cluster has no controller");
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(kBackoff)) {
      auto view = refresh(std::vector<std::string>{});
      if (!view) return view.failure();
      auto controller = (*view)->brokers.find((*view)->controller);
      if (controller == (*view)->brokers.end()) continue;
      answer = network_.ask<Request, Response>(controller->second, request);
      if (!answer || !moved(*answer)) return answer;
    }
    return answer;
  }

 private:
  std::vector<HostPort> candidates() const;
  std::shared_ptr<const ClusterView> merge(const wire::MetadataResponse& response, bool all);
  void refresh_from(std::vector<HostPort> brokers, wire::MetadataRequest request, Callback<Status> done);

  Network& network_;
  const std::vector<HostPort> bootstrap_;
  mutable Mutex mutex_;
  std::shared_ptr<const ClusterView> view_ GUARDED_BY(mutex_) = std::make_shared<ClusterView>();
};

}  // namespace meerkat::client
