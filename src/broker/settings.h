// What the other rooms want to know of the configuration, in their own plain structs.
#pragma once

#include <memory>

#include "cluster/topic_admin.h"
#include "config/topic_values.h"
#include "config/values.h"
#include "controller/controller.h"
#include "group/settings.h"
#include "net/server.h"
#include "replica/context.h"
#include "replica/fetcher.h"
#include "replica/verification_sender.h"
#include "storage/log_config.h"
#include "storage/log_manager.h"
#include "txn/settings.h"
#include "zk/session.h"

namespace meerkat::broker {

zk::Session::Options session_options(const config::Config& all);
/// Of the ensemble that keeps the ACLs.
zk::Session::Options acl_session_options(const config::Config& all);
net::ServerConfig server_config(const config::BrokerConfig& config);
net::ConnectionLimits connection_limits(const config::BrokerConfig& config);
storage::LogConfig log_config(const config::TopicConfig& topic);
/// The cleaner's settings, which may change while the broker runs.
storage::CleanerConfig cleaner_config(const config::BrokerConfig& config);
/// All but who it is, the callbacks and the scheduler.
storage::LogManagerOptions log_manager_options(const config::Config& config);
replica::ReplicaSettings replica_settings(const config::BrokerConfig& config, int32_t broker_id);
replica::VerificationSender::Settings verification_settings(const config::BrokerConfig& config, int32_t broker_id);
replica::FetcherSettings fetcher_settings(const config::BrokerConfig& config);
/// What replica.selector.class names; null for none, or for a class that is not ours to load (a warning tells).
std::unique_ptr<replica::ReplicaSelector> replica_selector(const config::BrokerConfig& config);
group::Settings group_settings(const config::BrokerConfig& config);
txn::Settings transaction_settings(const config::BrokerConfig& config, int32_t broker_id);
controller::Settings controller_settings(const config::BrokerConfig& config, int32_t broker_id);
cluster::TopicAdmin::Settings topic_admin_settings(const config::BrokerConfig& config);

}  // namespace meerkat::broker
