#include "client/cluster.h"

#include <algorithm>

namespace meerkat::client {

std::optional<HostPort> ClusterView::leader(const std::string& topic, int32_t partition) const {
  auto found = topics.find(topic);
  if (found == topics.end()) return std::nullopt;
  for (const auto& p : found->second.partitions) {
    if (p.partition_index != partition) continue;
    auto broker = brokers.find(p.leader_id);
    if (broker != brokers.end()) return broker->second;
  }
  return std::nullopt;
}

int32_t ClusterView::partition_count(const std::string& topic) const {
  auto found = topics.find(topic);
  return found == topics.end() ? 0 : static_cast<int32_t>(found->second.partitions.size());
}

Cluster::Cluster(Network& network, std::vector<HostPort> bootstrap)
    : network_(network), bootstrap_(std::move(bootstrap)) {}

std::shared_ptr<const ClusterView> Cluster::view() const {
  MutexLock lock(mutex_);
  return view_;
}

std::vector<HostPort> Cluster::candidates() const {
  std::vector<HostPort> brokers;
  for (const auto& [id, broker] : view()->brokers) brokers.push_back(broker);
  for (const HostPort& broker : bootstrap_) {
    if (std::find(brokers.begin(), brokers.end(), broker) == brokers.end()) brokers.push_back(broker);
  }
  return brokers;
}

namespace {

wire::MetadataRequest metadata_request(const std::optional<std::vector<std::string>>& topics, bool may_create) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = may_create;
  request.topics.reset();
  if (!topics) return request;
  request.topics.emplace();
  for (const std::string& name : *topics) request.topics->emplace_back().name = name;
  return request;
}

}  // namespace

Result<std::shared_ptr<const ClusterView>> Cluster::refresh(const std::optional<std::vector<std::string>>& topics,
                                                            bool may_create) {
  auto answered = std::make_shared<std::promise<Status>>();
  auto future = answered->get_future();
  network_.loop().post([this, request = metadata_request(topics, may_create), answered]() mutable {
    refresh_from(candidates(), std::move(request),
                 [answered](Status status) { answered->set_value(std::move(status)); });
  });
  if (Status status = future.get(); !status) return status.failure();
  return view();
}

void Cluster::refresh_async(std::vector<std::string> topics, Callback<Status> done) {
  network_.loop().post([this, request = metadata_request(std::move(topics), false), done = std::move(done)]() mutable {
    refresh_from(candidates(), std::move(request), std::move(done));
  });
}

void Cluster::refresh_from(std::vector<HostPort> brokers, wire::MetadataRequest request, Callback<Status> done) {
  const HostPort first = brokers.front();
  brokers.erase(brokers.begin());
  network_.call<wire::MetadataRequest, wire::MetadataResponse>(
      first, request,
      [this, brokers = std::move(brokers), request,
       done = std::move(done)](Result<wire::MetadataResponse> answer) mutable {
        if (!answer) {
          if (brokers.empty()) return done(answer.failure());
          return refresh_from(std::move(brokers), std::move(request), std::move(done));
        }
        merge(*answer, !request.topics.has_value());
        done({});
      });
}

std::shared_ptr<const ClusterView> Cluster::merge(const wire::MetadataResponse& response, bool all) {
  MutexLock lock(mutex_);
  auto next = std::make_shared<ClusterView>(*view_);
  next->brokers.clear();
  next->racks.clear();
  for (const auto& broker : response.brokers) {
    next->brokers[broker.node_id] = {broker.host, broker.port};
    if (broker.rack) next->racks[broker.node_id] = *broker.rack;
  }
  next->controller = response.controller_id;
  next->cluster_id = response.cluster_id.value_or("");
  if (all) next->topics.clear();
  for (const auto& topic : response.topics) {
    if (topic.name) next->topics[*topic.name] = topic;
  }
  view_ = next;
  return next;
}

}  // namespace meerkat::client
