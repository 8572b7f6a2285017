#include "broker/registration.h"

#include <glog/logging.h>
#include <unistd.h>

#include "zk/paths.h"
#include "zk/registration.h"

namespace meerkat::broker {
namespace {

/// What clients can reach a listener by that is bound to all interfaces and not advertised otherwise.
std::string canonical_host() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

}  // namespace

zk::BrokerInfo registration_info(const config::BrokerConfig& config, int32_t broker_id,
                                 const std::map<std::string, int>& ports, int64_t wall_ms) {
  zk::BrokerInfo info;
  info.id = broker_id;
  info.rack = config.broker_rack;
  info.timestamp_ms = wall_ms;
  for (const auto& listener : config.advertised_listeners) {
    zk::Endpoint endpoint;
    endpoint.listener = listener.name;
    endpoint.host = listener.host.empty() ? canonical_host() : listener.host;
    endpoint.port = listener.port;
    if (auto bound = ports.find(listener.name); endpoint.port == 0 && bound != ports.end())
      endpoint.port = bound->second;
    endpoint.security_protocol = listener.security_protocol;
    info.endpoints.push_back(std::move(endpoint));
  }
  return info;
}

Registration::Registration(zk::Session& session, Clock& clock, std::function<void(int64_t)> on_registered,
                           std::function<void(const std::string&)> on_conflict)
    : session_(session),
      clock_(clock),
      on_registered_(std::move(on_registered)),
      on_conflict_(std::move(on_conflict)) {}

Registration::~Registration() {
  if (handler_ != 0) session_.remove_handler(handler_);
  if (feature_watch_ != 0) session_.unwatch(feature_watch_);
}

zk::ZkStatus Registration::register_now() {
  info_.timestamp_ms = clock_.wall_ms();
  auto epoch = zk::register_broker(session_, info_);
  if (!epoch) return epoch.failure();
  LOG(INFO) << "registered as broker " << info_.id << ", broker epoch " << *epoch;
  on_registered_(*epoch);
  return {};
}

Status Registration::start(zk::BrokerInfo info) {
  info_ = std::move(info);
  if (auto registered = register_now(); !registered) return fail(registered.error().message);
  feature_watch_ =
      session_.watch(zk::paths::kFeature, zk::WatchKind::node, [this](const zk::WatchEvent&) { read_feature(); });
  read_feature();
  handler_ = session_.add_handler({nullptr, [this] {
                                     if (!withdrawn_) register_or_complain();
                                     read_feature();
                                   }});
  return {};
}

void Registration::register_or_complain() {
  const auto registered = register_now();
  if (registered) return;
  if (registered.error().code == zk::Code::node_exists) return on_conflict_(registered.error().message);
  LOG(ERROR) << "not registered: " << registered.error().message;
}

void Registration::register_anew() {
  (void)session_.run(zk::Delete{zk::paths::broker(info_.id), -1});
  register_or_complain();
}

void Registration::withdraw() {
  if (withdrawn_.exchange(true)) return;
  session_.run_async({zk::Delete{zk::paths::broker(info_.id), -1}}, [](std::vector<zk::Response> answers) {
    if (!answers[0].ok()) LOG(ERROR) << "cannot leave the cluster: " << answers[0].error().message;
  });
}

void Registration::come_back() {
  if (withdrawn_.exchange(false)) register_or_complain();
}

void Registration::read_feature() {
  std::vector<zk::Request> batch;
  batch.push_back(zk::Exists{zk::paths::kFeature});
  session_.run_async(std::move(batch), [epoch = feature_epoch_](std::vector<zk::Response> answers) {
    *epoch = answers[0].ok() ? answers[0].stat.version : -1;
  });
}

}  // namespace meerkat::broker
