#include "cluster/config_store.h"

#include <glog/logging.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <map>
#include <set>

#include "base/mutex.h"
#include "cluster/snapshot.h"
#include "zk/paths.h"
#include "zk/payloads.h"
#include "zk/sequential.h"
#include "zk/tree.h"

namespace meerkat::cluster {

namespace {

constexpr int64_t kNotificationAge = 15 * 60 * 1000;  // ms after which anybody may delete a notification
constexpr int kControllerRetries = 5;

std::vector<zk::Request> gets(const std::vector<ConfigEntity>& entities) {
  std::vector<zk::Request> requests;
  for (const auto& e : entities) requests.push_back(zk::Get{zk::paths::config(entity_path(e))});
  return requests;
}

// What an answer to a Get says of an entity: its settings, or nothing if there is no entry. A node that cannot be
// understood counts as empty, so that one bad entry stops nobody.
zk::ZkResult<std::optional<ConfigMap>> decode(const zk::Response& response) {
  if (response.code == zk::Code::no_node) return std::optional<ConfigMap>();
  if (!response.ok()) return Fail(response.error());
  if (!response.data) return std::optional<ConfigMap>();  // only the parent of entries, as users/U with U/clients
  auto config = zk::decode_config(response.path, *response.data);
  if (config) return std::optional<ConfigMap>(std::move(*config));
  LOG(ERROR) << config.error().message << "; taken as empty";
  return std::optional<ConfigMap>(ConfigMap());
}

zk::ZkResult<ConfigImage::Changes> decode(const std::vector<ConfigEntity>& entities,
                                          const std::vector<zk::Response>& responses) {
  ConfigImage::Changes changes;
  for (size_t i = 0; i < entities.size(); i++) {
    auto config = decode(responses[i]);
    if (!config) return config.failure();
    changes.emplace_back(entities[i], std::move(*config));
  }
  return changes;
}

}  // namespace

// Shared with the callbacks on their way; `closed` tells them that the store is gone.
struct ConfigStore::State : std::enable_shared_from_this<ConfigStore::State> {
  State(zk::Session& s, Clock& c) : session(s), clock(c), image(std::make_shared<const ConfigImage>()) {}

  zk::Session& session;
  Clock& clock;
  Snapshot<ConfigImage> image;
  std::vector<Listener> listeners;  // complete before start()
  zk::Session::WatchId watch = 0;
  zk::Session::HandlerId handler = 0;

  Mutex mutex;
  bool closed GUARDED_BY(mutex) = false;
  bool scanning GUARDED_BY(mutex) = true;  // one scan at a time; start() is the first
  bool again GUARDED_BY(mutex) = false;    // something has changed since the scan began
  int64_t last_executed GUARDED_BY(mutex) = -1;
  std::map<std::string, int64_t> created_ms GUARDED_BY(mutex);  // of the notifications read, by path, for purging
  std::condition_variable_any calls_done;
  bool calling GUARDED_BY(mutex) = false;

  void scan();
  void end_scan();
  void read_notifications(std::vector<zk::Response> children);
  void read_entities(std::vector<std::pair<int64_t, std::string>> names, std::vector<zk::Response> notifications);
  void purge(const std::set<std::string>& present);
  void apply(const ConfigImage::Changes& changes);
  void tell(const ConfigImage::Changes& changes);
  zk::ZkResult<std::vector<ConfigEntity>> list_entities(const std::vector<ConfigType>& types);
  zk::ZkResult<ConfigImage::Changes> read_all(const std::vector<ConfigType>& types);
};

// ---- Following /config/changes: children, then the new notifications, then the entities that they name.

void ConfigStore::State::scan() {
  {
    MutexLock lock(mutex);
    if (closed) return;
    if (scanning) {
      again = true;
      return;
    }
    scanning = true;
  }
  session.run_async(
      {zk::Children{zk::paths::kConfigChanges}},
      [self = shared_from_this()](std::vector<zk::Response> r) { self->read_notifications(std::move(r)); });
}

void ConfigStore::State::end_scan() {
  {
    MutexLock lock(mutex);
    scanning = false;
    if (!again || closed) return;
    again = false;
  }
  scan();
}

void ConfigStore::State::read_notifications(std::vector<zk::Response> children) {
  if (!children[0].ok()) {
    // Over with the session: its successor scans again. Anything else is not normal.
    if (children[0].code != zk::Code::session_expired && children[0].code != zk::Code::closing) {
      LOG(ERROR) << "cannot read config changes: " << children[0].error().message;
    }
    return end_scan();
  }
  std::set<std::string> present;
  for (const auto& name : children[0].children) present.insert(std::string(zk::paths::kConfigChanges) + "/" + name);
  purge(present);
  int64_t last;
  {
    MutexLock lock(mutex);
    last = last_executed;
  }
  auto newer = zk::newer_than(children[0].children, zk::paths::kConfigChangePrefix, last);
  if (newer.empty()) return end_scan();
  std::vector<zk::Request> reads;
  for (const auto& [sequence, name] : newer) {
    reads.push_back(zk::Get{std::string(zk::paths::kConfigChanges) + "/" + name});
  }
  session.run_async(std::move(reads), [self = shared_from_this(), newer](std::vector<zk::Response> r) mutable {
    self->read_entities(std::move(newer), std::move(r));
  });
}

void ConfigStore::State::read_entities(std::vector<std::pair<int64_t, std::string>> names,
                                       std::vector<zk::Response> notifications) {
  std::vector<ConfigEntity> entities;
  for (const auto& r : notifications) {
    if (r.code == zk::Code::no_node) continue;
    if (!r.ok()) return end_scan();
    {
      MutexLock lock(mutex);
      created_ms[r.path] = r.stat.ctime_ms;
    }
    auto path = zk::decode_config_change(r.path, r.data.value_or(""));
    auto entity = path ? parse_entity_path(*path) : Result<ConfigEntity>(path.failure());
    if (!entity) {
      LOG(ERROR) << "config change " << r.path << " is passed over: " << entity.error().message;
      continue;
    }
    if (std::find(entities.begin(), entities.end(), *entity) == entities.end()) entities.push_back(std::move(*entity));
  }
  auto reads = gets(entities);
  session.run_async(std::move(reads), [self = shared_from_this(), last = names.back().first,
                                       entities = std::move(entities)](std::vector<zk::Response> r) {
    auto changes = decode(entities, r);
    if (changes) {
      {
        MutexLock lock(self->mutex);
        self->last_executed = std::max(self->last_executed, last);
      }
      self->apply(*changes);
      self->tell(*changes);
    }
    self->end_scan();
  });
}

// Deletes the notifications that have been read and are old; forgets those that others have deleted.
void ConfigStore::State::purge(const std::set<std::string>& present) {
  std::vector<zk::Request> deletes;
  {
    MutexLock lock(mutex);
    if (closed) return;
    int64_t limit = clock.wall_ms() - kNotificationAge;
    std::erase_if(created_ms, [&](const auto& entry) {
      const auto& [path, created] = entry;
      if (!present.contains(path)) return true;
      if (created < limit) deletes.push_back(zk::Delete{path, -1});
      return created < limit;
    });
  }
  if (!deletes.empty()) session.run_async(std::move(deletes), [](std::vector<zk::Response>) {});
}

void ConfigStore::State::apply(const ConfigImage::Changes& changes) {
  MutexLock lock(mutex);
  image.store(image.load()->with(changes));
}

void ConfigStore::State::tell(const ConfigImage::Changes& changes) {
  for (const auto& [entity, config] : changes) {
    for (const auto& listener : listeners) {
      MutexLock lock(mutex);
      if (closed) return;
      calling = true;
      lock.unlock();
      listener(entity, config.value_or(ConfigMap()));
      lock.lock();
      calling = false;
      calls_done.notify_all();
    }
  }
}

// ---- Loading everything.

zk::ZkResult<std::vector<ConfigEntity>> ConfigStore::State::list_entities(const std::vector<ConfigType>& types) {
  std::vector<zk::Request> lists;
  for (ConfigType type : types) lists.push_back(zk::Children{zk::paths::config(name(type))});
  std::vector<zk::Response> children = session.run(std::move(lists));
  std::vector<ConfigEntity> entities;
  auto add = [&](const std::string& path) {
    if (auto entity = parse_entity_path(path))
      entities.push_back(std::move(*entity));
    else
      LOG(ERROR) << "/config/" << path << " is passed over: " << entity.error().message;
  };
  std::vector<std::string> users;
  std::vector<zk::Request> client_lists;
  for (size_t i = 0; i < children.size(); i++) {
    if (children[i].code == zk::Code::no_node) continue;
    if (!children[i].ok()) return Fail(children[i].error());
    for (const auto& child : children[i].children) {
      std::string path = std::string(name(types[i])) + "/" + child;
      add(path);
      if (types[i] != ConfigType::users) continue;
      users.push_back(path + "/clients");
      client_lists.push_back(zk::Children{zk::paths::config(users.back())});
    }
  }
  std::vector<zk::Response> clients = session.run(std::move(client_lists));
  for (size_t i = 0; i < clients.size(); i++) {
    if (clients[i].code == zk::Code::no_node) continue;
    if (!clients[i].ok()) return Fail(clients[i].error());
    for (const auto& client : clients[i].children) add(users[i] + "/" + client);
  }
  return entities;
}

zk::ZkResult<ConfigImage::Changes> ConfigStore::State::read_all(const std::vector<ConfigType>& types) {
  auto entities = list_entities(types);
  if (!entities) return entities.failure();
  return decode(*entities, session.run(gets(*entities)));
}

ConfigStore::ConfigStore(zk::Session& session, Clock& clock) : state_(std::make_shared<State>(session, clock)) {}

ConfigStore::~ConfigStore() {
  {
    MutexLock lock(state_->mutex);
    state_->closed = true;
    state_->calls_done.wait(lock, [this] { return !state_->calling; });
  }
  if (state_->watch != 0) state_->session.unwatch(state_->watch);
  if (state_->handler != 0) state_->session.remove_handler(state_->handler);
}

void ConfigStore::on_change(Listener listener) { state_->listeners.push_back(std::move(listener)); }

zk::ZkStatus ConfigStore::start() {
  State* state = state_.get();  // the watch and the handler end before the store does
  state->watch = state->session.watch(zk::paths::kConfigChanges, zk::WatchKind::children,
                                      [state](const zk::WatchEvent&) { state->scan(); });
  state->handler = state->session.add_handler({{}, [state] { state->scan(); }});
  // What is noted in /config/changes now is in the entities as they are read afterwards.
  auto old = zk::read_notifications(state->session, zk::paths::kConfigChanges, zk::paths::kConfigChangePrefix);
  if (!old) return old.failure();
  {
    MutexLock lock(state->mutex);
    for (const auto& n : *old) {
      state->last_executed = n.sequence;
      state->created_ms[n.path] = n.created_ms;
    }
  }
  auto changes = state->read_all(
      {ConfigType::topics, ConfigType::brokers, ConfigType::clients, ConfigType::users, ConfigType::ips});
  if (!changes) return changes.failure();
  state->apply(*changes);
  state->end_scan();
  return {};
}

std::shared_ptr<const ConfigImage> ConfigStore::image() const { return state_->image.load(); }

// ---- Reading and writing entities.

void ConfigStore::read_async(std::vector<ConfigEntity> entities, ReadDone done, zk::Executor executor) {
  auto requests = gets(entities);
  // The image changes on the event thread, in the order of ZooKeeper's answers, so that nothing older comes last.
  state_->session.run_async(std::move(requests), [state = state_, entities = std::move(entities),
                                                  done = std::move(done),
                                                  executor = std::move(executor)](std::vector<zk::Response> r) mutable {
    auto changes = decode(entities, r);
    std::vector<ConfigMap> configs;
    if (changes) {
      state->apply(*changes);
      for (auto& [entity, config] : *changes) configs.push_back(config.value_or(ConfigMap()));
    }
    auto result = changes ? zk::ZkResult<std::vector<ConfigMap>>(std::move(configs))
                          : zk::ZkResult<std::vector<ConfigMap>>(changes.failure());
    if (!executor) return std::move(done)(std::move(result));
    executor([done = std::move(done), result = std::move(result)]() mutable { std::move(done)(std::move(result)); });
  });
}

zk::ZkResult<std::vector<ConfigMap>> ConfigStore::read(const std::vector<ConfigEntity>& entities) {
  std::promise<zk::ZkResult<std::vector<ConfigMap>>> promise;
  auto future = promise.get_future();
  read_async(entities, [&](zk::ZkResult<std::vector<ConfigMap>> result) { promise.set_value(std::move(result)); });
  return future.get();
}

zk::ZkResult<std::shared_ptr<const ConfigImage>> ConfigStore::read_all(const std::vector<ConfigType>& types) {
  auto changes = state_->read_all(types);
  if (!changes) return changes.failure();
  return ConfigImage().with(*changes);
}

void ConfigStore::forget(const std::vector<ConfigEntity>& entities) {
  ConfigImage::Changes changes;
  for (const auto& e : entities) changes.emplace_back(e, std::nullopt);
  state_->apply(changes);
}

zk::ZkStatus ConfigStore::set(const ConfigEntity& entity, const ConfigMap& config) {
  zk::Session& session = state_->session;
  const std::string path = zk::paths::config(entity_path(entity));
  const std::string payload = zk::encode_config(config);
  // The check of /controller keeps writes away from a cluster that has moved to KRaft between reading and writing.
  for (int attempt = 0;; attempt++) {
    if (attempt == kControllerRetries)
      return zk::zk_fail(zk::Code::controller_moved, path + ": the controller keeps changing; try again");
    zk::Response controller = session.run(zk::Get{zk::paths::kController});
    zk::Multi write;
    if (controller.ok()) {
      auto node = zk::decode_controller(controller.data.value_or(""));
      if (node && node->kraft_controller_epoch > 0) {
        return zk::zk_fail(zk::Code::controller_moved, path + ": a KRaft controller owns this cluster");
      }
      write.ops.push_back(zk::Check{zk::paths::kController, controller.stat.version});
    } else if (controller.code != zk::Code::no_node) {
      return Fail(controller.error());
    }
    write.ops.push_back(zk::SetData{path, payload, -1});
    zk::Response written = session.run(write);
    if (written.ok()) break;
    bool moved = write.ops.size() == 2 && written.ops.size() == 2 && written.ops[0].code != zk::Code::ok;
    if (moved) continue;
    if (written.code != zk::Code::no_node) return Fail(written.error());
    zk::ZkStatus created = zk::create_with_parents(session, path, payload);
    if (created.ok()) break;
    if (created.error().code != zk::Code::node_exists) return created;  // if it does by now: write to it
  }
  auto noted = zk::create_notification(session, zk::paths::kConfigChanges, zk::paths::kConfigChangePrefix,
                                       zk::encode_config_change(entity_path(entity)));
  if (!noted) return noted.failure();
  return {};
}

}  // namespace meerkat::cluster
