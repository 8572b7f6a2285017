#include "broker/broker.h"

#include <glog/logging.h>

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

#include "api/auto_topics.h"
#include "api/bandwidth_quotas.h"
#include "api/dispatcher.h"
#include "api/metadata_waits.h"
#include "api/services.h"
#include "broker/access_control.h"
#include "broker/controlled_shutdown.h"
#include "broker/controller_client.h"
#include "broker/disk_guard.h"
#include "broker/dynamic_config.h"
#include "broker/isr_sender.h"
#include "broker/metadata_file.h"
#include "broker/partition_lookup.h"
#include "broker/producer_id_blocks.h"
#include "broker/registration.h"
#include "broker/session_file.h"
#include "broker/session_guard.h"
#include "broker/settings.h"
#include "broker/topic_watches.h"
#include "broker/zookeeper_offsets.h"
#include "cluster/topic_admin.h"
#include "group/coordinator.h"
#include "replica/apply.h"
#include "replica/dir_mover.h"
#include "replica/replica_fetchers.h"
#include "txn/coordinator.h"
#include "txn/marker_connections.h"
#include "zk/cluster_id.h"
#include "zk/paths.h"
#include "zk/persistent_paths.h"
#include "zk/registration.h"
#include "zk/sequential.h"

namespace meerkat::broker {
namespace {

Fail<Error> user_error(const zk::ZkError& error) { return fail(error.message); }

}  // namespace

/// In the order of their making; what stands lower uses what stands higher.
struct Broker::Parts {
  Parts(config::Config config, std::function<void(const std::string&)> on_fatal_, SessionGuard* session_guard_)
      : configuration(std::move(config)), on_fatal(std::move(on_fatal_)), session_guard(session_guard_) {}

  const config::BrokerConfig& static_values() const { return first_config->values(); }

  Status open_logs();
  Status connect();
  Status identify();
  Status load_configs();
  Status load_acls();
  Status load_logs();
  Status listen();
  void wire_up();
  void start_groups();
  void start_transactions();
  Status join();

  void on_broker_config();
  void set_throttles();
  void on_topic_config(const std::string& topic);
  void on_metadata(const cluster::MetadataImage& before, const cluster::MetadataImage& now,
                   const std::vector<TopicPartition>& deleted);
  void on_dir_failure(const std::string& dir, const Error& cause);
  void hand_controller_over();

  DynamicConfig configuration;
  std::function<void(const std::string&)> on_fatal;
  SessionGuard* const session_guard;
  std::shared_ptr<const config::Config> first_config = configuration.current();
  Clock& clock = Clock::system();
  api::BandwidthQuotas quotas{
      {static_values().quota_window_num, static_values().quota_window_size_seconds* int64_t{1000}}, clock};
  int32_t broker_id = -1;
  std::string cluster_id;
  std::map<std::string, int> ports;  // by listener, as bound
  std::atomic<bool> logs_loaded{false};
  std::atomic<int64_t> broker_epoch{-1};

  event::Pool workers{"worker", 4};
  event::Pool disk{"disk", 2};
  std::unique_ptr<storage::ThreadScheduler> scheduler;
  std::unique_ptr<SessionFile> session_file;
  std::unique_ptr<MetadataFile> metadata_file;
  std::unique_ptr<zk::Session> session;
  std::unique_ptr<cluster::ConfigStore> configs;
  std::unique_ptr<AccessControl> access_control;  // null without an authorizer
  std::unique_ptr<storage::LogManager> logs;
  api::Dispatcher dispatcher;
  std::unique_ptr<net::Server> server;

  cluster::MetadataCache metadata;
  event::Loop loop{"broker"};
  std::unique_ptr<controller::Controller> controller;
  std::unique_ptr<ControllerClient> controller_client;
  std::unique_ptr<IsrSender> isr_sender;
  std::unique_ptr<ProducerIdBlocks> producer_ids;
  std::vector<std::unique_ptr<event::Loop>> group_loops;
  event::Loop transaction_loop{"txn"};
  std::unique_ptr<replica::ReplicaSelector> replica_selector;
  std::unique_ptr<replica::ReplicaContext> replicas;
  std::unique_ptr<replica::VerificationSender> verifications;
  std::unique_ptr<group::ReplicatedOffsetsLog> offsets_log;
  std::unique_ptr<TopicWatches> topic_watches;
  std::unique_ptr<group::Coordinator> groups;
  std::unique_ptr<replica::ReplicatedRecordLog> transaction_log;
  std::unique_ptr<txn::MarkerConnections> marker_connections;
  std::unique_ptr<txn::Coordinator> transactions;
  std::unique_ptr<ZooKeeperOffsets> zookeeper_offsets;
  std::unique_ptr<replica::ReplicaFetchers> fetchers;
  std::unique_ptr<replica::StateChanges> state_changes;
  std::unique_ptr<replica::DirMover> dir_mover;
  std::unique_ptr<cluster::TopicAdmin> topics;
  std::unique_ptr<api::AutoTopics> auto_topics;
  std::unique_ptr<api::MetadataWaits> metadata_waits;
  std::unique_ptr<Registration> registration;
  std::unique_ptr<api::Services> services;
  event::Timer isr_timer;
  std::unique_ptr<DiskGuard> disk_guard;
};

Status Broker::Parts::connect() {
  const zk::Session::Options options = session_options(*first_config);
  std::vector<std::string> dirs;
  for (const auto& dir : logs->dirs()) {
    if (dir.online) dirs.push_back(dir.path);
  }
  metadata_file = std::make_unique<MetadataFile>(FileSystem::system(), dirs);
  session_file = std::make_unique<SessionFile>(FileSystem::system(), std::move(dirs));
  // We hold the directories' lock, so its process is dead, and its registration in our way.
  if (const auto left_behind = session_file->read(options.connect)) {
    LOG(INFO) << "closing the ZooKeeper session of an earlier process on these log directories";
    if (auto closed = zk::close_session(options, *left_behind); !closed) {
      LOG(WARNING) << "it is left to its timeout: " << closed.error().message;
    }
  }
  auto opened = zk::Session::open(options);
  if (!opened) return opened.failure();
  session = std::move(*opened);
  const auto note_session = [this] {
    session_file->write(session->options().connect, session->id());
    if (session_guard != nullptr) session_guard->hold(session->id());
  };
  note_session();
  session->add_handler({nullptr, note_session});
  if (auto made = zk::create_persistent_paths(*session); !made) return user_error(made.error());
  return {};
}

Status Broker::Parts::identify() {
  auto id = zk::create_or_get_cluster_id(*session);
  if (!id) return user_error(id.error());
  cluster_id = *id;
  const auto stored = logs->stored_ids();
  if (!stored.cluster_id.empty() && stored.cluster_id != cluster_id) {
    return fail("the log directories belong to cluster " + stored.cluster_id + " (meta.properties), but ZooKeeper at " +
                static_values().zookeeper_connect + " is that of cluster " + cluster_id +
                ": check zookeeper.connect and log.dirs");
  }
  broker_id = static_values().broker_id >= 0 ? static_values().broker_id : stored.broker_id;
  if (broker_id >= 0) return logs->set_ids(broker_id, cluster_id);
  if (!static_values().broker_id_generation_enable) {
    return fail("broker.id is not set, and broker.id.generation.enable is false: set one of them");
  }
  auto generated = zk::generate_broker_id(*session, static_values().reserved_broker_max_id);
  if (!generated) return user_error(generated.error());
  broker_id = *generated;
  return logs->set_ids(broker_id, cluster_id);
}

Status Broker::Parts::open_logs() {
  scheduler = std::make_unique<storage::ThreadScheduler>("log", std::clamp(static_values().background_threads, 1, 4));
  auto options = log_manager_options(*first_config);
  options.scheduler = scheduler.get();
  options.config_of = [this](const std::string& topic) { return log_config(configuration.topic(topic, logs_loaded)); };
  options.on_flushed = [this](const TopicPartition& tp) {
    if (replicas) replica::on_flushed(*replicas, tp);
  };
  options.on_dir_failure = [this](const std::string& dir, const Error& cause) { on_dir_failure(dir, cause); };
  auto opened = storage::LogManager::open(std::move(options));
  if (!opened) return opened.failure();
  logs = std::move(*opened);
  return {};
}

Status Broker::Parts::load_configs() {
  configs = std::make_unique<cluster::ConfigStore>(*session, clock);
  configuration.follow(
      *configs, broker_id, [this] { workers.post([this] { on_broker_config(); }); },
      [this](const std::string& topic) { workers.post([this, topic] { on_topic_config(topic); }); });
  configs->on_change([this](const cluster::ConfigEntity& entity, const cluster::ConfigMap& settings) {
    quotas.update(entity, {settings.begin(), settings.end()});
  });
  if (auto started = configs->start(); !started) return user_error(started.error());
  configuration.load();
  const auto image = configs->image();
  for (auto type : {cluster::ConfigType::users, cluster::ConfigType::clients}) {
    for (const auto& entity : image->entities(type)) {
      const cluster::ConfigMap& settings = image->of(entity);
      quotas.update(entity, {settings.begin(), settings.end()});
    }
  }
  return {};
}

Status Broker::Parts::load_acls() {
  if (static_values().authorizer_class_name.empty()) return {};
  auto opened = AccessControl::open(*first_config, *session, clock, workers);
  if (!opened) return opened.failure();
  access_control = std::move(*opened);
  return {};
}

Status Broker::Parts::load_logs() {
  if (auto loaded = logs->load(); !loaded) return loaded;
  logs_loaded = true;
  return {};
}

Status Broker::Parts::listen() {
  auto config = server_config(configuration.current()->values());
  config.disk = &disk;
  server = std::make_unique<net::Server>(std::move(config), dispatcher);
  for (const auto& listener : static_values().listeners) {
    if (listener.security_protocol != "PLAINTEXT") {
      return fail("listener " + listener.name + " asks for " + listener.security_protocol +
                  ", but this broker speaks PLAINTEXT only: change listeners or listener.security.protocol.map");
    }
    auto bound = server->bind({listener.name, listener.security_protocol, listener.host, listener.port});
    if (!bound) return bound.failure();
    ports[listener.name] = *bound;
    LOG(INFO) << "listening on " << listener.name << "://" << listener.host << ":" << *bound;
  }
  return {};
}

void Broker::Parts::wire_up() {
  const config::BrokerConfig& values = static_values();
  controller = std::make_unique<controller::Controller>(
      controller_settings(values, broker_id), *session, clock,
      controller::OwnBroker{[this] { return configuration.current()->values().unclean_leader_election_enable; },
                            [this] {
                              auto image = metadata.image();
                              return image->topic_count() > 0 ? image : metadata_file->read();
                            }});
  controller_client = std::make_unique<ControllerClient>(
      ControllerClient::Settings{broker_id, controller_settings(values, broker_id).listener,
                                 values.controller_socket_timeout_ms},
      loop, metadata, *controller);
  isr_sender = std::make_unique<IsrSender>(*controller_client, broker_id, broker_epoch);
  producer_ids = std::make_unique<ProducerIdBlocks>(*controller_client, broker_id, broker_epoch);
  replica_selector = broker::replica_selector(values);
  replicas = std::make_unique<replica::ReplicaContext>(replica_settings(values, broker_id), *logs, metadata,
                                                       *isr_sender, clock, replica_selector.get());
  verifications =
      std::make_unique<replica::VerificationSender>(verification_settings(values, broker_id), loop, metadata);
  replicas->verifier = verifications.get();
  replicas->disk = &disk;
  set_throttles();
  start_groups();
  start_transactions();
  fetchers = std::make_unique<replica::ReplicaFetchers>(*replicas, fetcher_settings(values));
  state_changes = std::make_unique<replica::StateChanges>(
      *replicas, fetchers.get(), std::vector<replica::LeadershipListener*>{&*groups, &*transactions});
  dir_mover = std::make_unique<replica::DirMover>(*replicas, *state_changes);
  dir_mover->set_limit(configuration.current()->values().replica_alter_log_dirs_io_max_bytes_per_second);
  topics = std::make_unique<cluster::TopicAdmin>(*session, topic_admin_settings(values));
  auto_topics = std::make_unique<api::AutoTopics>(*topics);
  metadata.add_listener(
      [this](const auto& before, const auto& now, const auto& deleted) { on_metadata(before, now, deleted); });
  metadata_waits = std::make_unique<api::MetadataWaits>(loop, metadata);
  registration = std::make_unique<Registration>(
      *session, clock,
      [this](int64_t epoch) {
        broker_epoch = epoch;
        replicas->broker_epoch = epoch;
        controller->on_registered();
      },
      on_fatal);
  disk_guard = std::make_unique<DiskGuard>(
      DiskGuard::Settings{broker_id, values.meerkat_log_disk_reserve_bytes, values.meerkat_log_disk_stall_timeout_ms},
      DiskGuard::Parts{loop, workers, *logs, metadata, *replicas, *controller, *controller_client, *registration,
                       clock});
  services = std::make_unique<api::Services>(api::Services{
      .broker_id = broker_id,
      .cluster_id = cluster_id,
      .config = [this] { return configuration.current(); },
      .finalized_features_epoch = [this] { return registration->feature_epoch(); },
      .metadata = metadata,
      .configs = *configs,
      .topics = *topics,
      .controller = *controller,
      .replicas = *replicas,
      .state_changes = *state_changes,
      .dir_mover = *dir_mover,
      .logs = *logs,
      .producer_ids = *producer_ids,
      .groups = *groups,
      .transactions = *transactions,
      .zookeeper_offsets = *zookeeper_offsets,
      .metadata_waits = *metadata_waits,
      .auto_topics = *auto_topics,
      .quotas = quotas,
      .authorizer = access_control ? &access_control->authorizer() : nullptr,
      .workers = workers,
      .disk = disk,
      .clock = clock,
  });
  dispatcher.attach(*services);
  loop.start();
  loop.post([this] {
    const auto period = std::chrono::milliseconds(std::max<int64_t>(static_values().replica_lag_time_max_ms / 2, 1));
    isr_timer = loop.every(period, [this] { replica::shrink_isrs(*replicas); });
  });
}

Status Broker::Parts::join() {
  logs->start();
  auto info = registration_info(static_values(), broker_id, ports, clock.wall_ms());
  if (auto registered = registration->start(std::move(info)); !registered) return registered;
  controller->start();
  disk_guard->start();
  server->enable_processing();
  return {};
}

void Broker::Parts::on_broker_config() {
  auto config = configuration.current();
  if (server) {
    server->set_limits(connection_limits(config->values()));
    server->set_network_threads(config->values().num_network_threads);
  }
  if (dir_mover) dir_mover->set_limit(config->values().replica_alter_log_dirs_io_max_bytes_per_second);
  if (logs) {
    logs->reload_configs();
    logs->set_producer_rules(config->values().producer_id_expiration_ms,
                             config->values().transaction_partition_verification_enable);
    if (auto* cleaner = logs->cleaner()) cleaner->set_config(cleaner_config(config->values()));
  }
  set_throttles();
  if (controller && config->values().unclean_leader_election_enable) controller->on_unclean_election_enabled("");
}

void Broker::Parts::set_throttles() {
  if (!replicas) return;
  const auto config = configuration.current();
  replicas->leader_throttle.set_limit(config->values().leader_replication_throttled_rate);
  replicas->follower_throttle.set_limit(config->values().follower_replication_throttled_rate);
}

void Broker::Parts::on_topic_config(const std::string& topic) {
  const config::TopicConfig config = configuration.topic(topic, false);
  if (logs) logs->set_topic_config(topic, log_config(config));
  if (controller && config.unclean_leader_election_enable) controller->on_unclean_election_enabled(topic);
}

/// A group's events take microseconds; a few loops serve all of them.
void Broker::Parts::start_groups() {
  const size_t count = std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, 4);
  std::vector<event::Loop*> loops;
  for (size_t i = 0; i < count; ++i) {
    group_loops.push_back(std::make_unique<event::Loop>("group-" + std::to_string(i)));
    group_loops.back()->start();
    loops.push_back(group_loops.back().get());
  }
  const group::Settings settings = group_settings(static_values());
  offsets_log = std::make_unique<group::ReplicatedOffsetsLog>(
      *replicas,
      replica::ReplicatedRecordLog::Settings{std::string(wire::kOffsetsTopic), static_values().offsets_load_buffer_size,
                                             static_values().offsets_topic_num_partitions});
  topic_watches = std::make_unique<TopicWatches>(*session);
  groups = std::make_unique<group::Coordinator>(settings, std::move(loops), *offsets_log, workers, clock,
                                                topic_watches.get());
  zookeeper_offsets = std::make_unique<ZooKeeperOffsets>(*session);
}

void Broker::Parts::start_transactions() {
  const txn::Settings settings = transaction_settings(static_values(), broker_id);
  transaction_loop.start();
  transaction_log = std::make_unique<replica::ReplicatedRecordLog>(
      *replicas, replica::ReplicatedRecordLog::Settings{std::string(wire::kTransactionsTopic),
                                                        static_values().transaction_state_log_load_buffer_size,
                                                        static_values().transaction_state_log_num_partitions});
  marker_connections = std::make_unique<txn::MarkerConnections>(settings, transaction_loop, metadata);
  transactions = std::make_unique<txn::Coordinator>(
      settings, txn::Ledger::Parts{.loop = transaction_loop,
                                   .log = *transaction_log,
                                   .workers = workers,
                                   .metadata = metadata,
                                   .partition_exists = partition_lookup(*session),
                                   .channel = *marker_connections,
                                   .next_producer_id = [this](auto done) { producer_ids->next(std::move(done)); },
                                   .clock = clock});
}

void Broker::Parts::on_metadata(const cluster::MetadataImage&, const cluster::MetadataImage& now,
                                const std::vector<TopicPartition>& deleted) {
  groups->on_deleted(deleted);
  std::vector<cluster::ConfigEntity> gone;
  for (const TopicPartition& tp : deleted) {
    auto entity = cluster::ConfigEntity::topic(tp.topic);
    if (now.topic(tp.topic) == nullptr && (gone.empty() || gone.back() != entity)) gone.push_back(std::move(entity));
  }
  if (!gone.empty()) configs->forget(gone);
}

void Broker::Parts::on_dir_failure(const std::string& dir, const Error& cause) {
  LOG(ERROR) << "log directory " << dir << " has failed and is taken out of service: " << cause.message;
  bool any_left = false;
  for (const auto& d : logs->dirs()) any_left = any_left || d.online;
  if (!any_left) return on_fatal("all log directories have failed");
  if (!state_changes) return;
  state_changes->on_dir_failure(dir, [this] {
    zk::Create event{std::string(zk::paths::kLogDirEventNotification) + "/log_dir_event_",
                     zk::encode_log_dir_event(broker_id),
                     zk::CreateMode::persistent_sequential,
                     {}};
    session->run_async({std::move(event)}, [](std::vector<zk::Response>) {});
  });
}

/// While connections are still served: a client that turns elsewhere when they close shall find the new controller
/// known there, and the new controller shall know that we leave.
void Broker::Parts::hand_controller_over() {
  constexpr std::chrono::milliseconds kPatience{3000};
  constexpr std::chrono::milliseconds kLook{5};
  const int64_t end = clock.mono_ms() + kPatience.count();
  if (!controller->hand_over(kPatience)) return;
  while (metadata.image()->controller_id() == broker_id && clock.mono_ms() < end) std::this_thread::sleep_for(kLook);
}

Broker::Broker(config::Config config, std::function<void(const std::string&)> on_fatal, SessionGuard* guard)
    : parts_(std::make_unique<Parts>(std::move(config), std::move(on_fatal), guard)) {}

Broker::~Broker() = default;

Status Broker::start() {
  for (const std::string& warning : parts_->first_config->warnings()) LOG(WARNING) << warning;
  // The directories come first: a second broker on them must not even touch ZooKeeper.
  if (auto done = parts_->open_logs(); !done) return done;
  if (auto done = parts_->connect(); !done) return done;
  if (auto done = parts_->identify(); !done) return done;
  if (auto done = parts_->load_configs(); !done) return done;
  if (auto done = parts_->load_acls(); !done) return done;
  if (auto done = parts_->load_logs(); !done) return done;
  if (auto done = parts_->listen(); !done) return done;
  parts_->wire_up();
  if (auto done = parts_->join(); !done) return done;
  LOG(INFO) << "broker " << parts_->broker_id << " of cluster " << parts_->cluster_id << " is up";
  return {};
}

void Broker::stop() {
  Parts& parts = *parts_;
  const config::BrokerConfig& values = parts.static_values();
  LOG(INFO) << "shutting down";
  parts.session->fail_while_disconnected();
  const bool alone = parts.metadata.image()->brokers().size() <= 1;
  if (!alone && parts.controller->is_active()) parts.hand_controller_over();
  if (values.controlled_shutdown_enable && !alone) {
    controlled_shutdown(*parts.controller_client,
                        {parts.broker_id, parts.broker_epoch, values.controlled_shutdown_max_retries,
                         values.controlled_shutdown_retry_backoff_ms});
  }
  parts.replicas->purgatories.expire_all();
  parts.controller->stop();
  parts.groups->stop();
  parts.transactions->stop([&parts] { parts.marker_connections->close(); });
  constexpr std::chrono::milliseconds kGrace{1000};
  parts.server->stop(kGrace);
  parts.workers.stop();
  parts.disk.stop();
  parts.dir_mover->stop();
  parts.state_changes->stop();
  parts.fetchers->stop();
  parts.loop.post([&parts] {
    parts.isr_timer.cancel();
    parts.disk_guard->stop();
    parts.controller_client->close();
    parts.verifications->close();
  });
  parts.loop.stop();
  parts.metadata_file->write(*parts.metadata.image());
  parts.logs->shutdown();
  parts.scheduler->stop();
  parts.registration.reset();
  parts.configs.reset();
  parts.access_control.reset();
  parts.session->close();
  if (parts.session_guard != nullptr) parts.session_guard->release();
  parts.session_file->remove();
  LOG(INFO) << "shut down";
}

}  // namespace meerkat::broker
