#include "security/acl_store.h"

#include <glog/logging.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/mutex.h"
#include "cluster/snapshot.h"
#include "security/acl_nodes.h"
#include "zk/paths.h"
#include "zk/sequential.h"
#include "zk/tree.h"

namespace meerkat::security {
namespace {

constexpr int64_t kNotificationAge = 15 * 60 * 1000;  // ms after which anybody may delete a notification
constexpr int kUpdateRetries = 10;
constexpr int kRetryBackoffMs = 100;
constexpr int kRetryJitterMs = 50;

/// Over with the session: the next one looks again.
bool is_end_of_session(const zk::ZkError& error) {
  return error.code == zk::Code::session_expired || error.code == zk::Code::closing;
}

/// A folder of notifications, as far as it has been read.
struct Feed {
  PatternType pattern;
  int64_t last_executed = -1;
  std::map<std::string, int64_t> created_ms;  // of the notifications read, by path, for purging
};

}  // namespace

// Shared with the tasks on their way; `closed` tells them that the store is gone.
struct AclStore::State : std::enable_shared_from_this<AclStore::State> {
  State(zk::Session& s, Clock& c, zk::Executor w)
      : session(s), clock(c), workers(std::move(w)), image(std::make_shared<const AclImage>()) {}

  zk::Session& session;
  Clock& clock;
  const zk::Executor workers;
  cluster::Snapshot<AclImage> image;
  std::vector<zk::Session::WatchId> watches;
  zk::Session::HandlerId handler = 0;

  /// Held from reading ZooKeeper to the image that follows from it, so that nothing older comes last. Blocks long.
  Mutex io;
  std::vector<Feed> feeds GUARDED_BY(io) = {{PatternType::literal}, {PatternType::prefixed}};

  Mutex mutex;
  bool closed GUARDED_BY(mutex) = false;
  bool scan_posted GUARDED_BY(mutex) = false;

  void post_scan();
  void scan();
  zk::ZkStatus scan(Feed& feed) REQUIRES(io);
  void purge(Feed& feed) REQUIRES(io);
  zk::ZkStatus load() REQUIRES(io);
  zk::ZkResult<std::vector<ResourcePattern>> list() REQUIRES(io);
  zk::ZkResult<ResourceAcls> read(const ResourcePattern& resource);
  void apply(const AclImage::Changes& changes) REQUIRES(io) { image.store(image.load()->with(changes)); }

  using Change = std::function<void(std::vector<AccessControlEntry>&)>;
  wire::Outcome<void> update(const ResourcePattern& resource, const Change& change) REQUIRES(io);
  zk::Response write(const ResourcePattern& resource, const ResourceAcls& now,
                     const std::vector<AccessControlEntry>& entries);
};

// ---- Following the notifications.

void AclStore::State::post_scan() {
  MutexLock lock(mutex);
  if (closed || scan_posted) return;
  scan_posted = true;
  workers([self = shared_from_this()] { self->scan(); });
}

void AclStore::State::scan() {
  MutexLock hold(io);
  {
    MutexLock lock(mutex);
    scan_posted = false;
    if (closed) return;
  }
  for (Feed& feed : feeds) {
    if (auto done = scan(feed); !done && !is_end_of_session(done.error())) {
      LOG(ERROR) << "cannot follow the changes of ACLs: " << done.error().message;
    }
  }
}

zk::ZkStatus AclStore::State::scan(Feed& feed) {
  auto news =
      zk::read_notifications(session, change_folder(feed.pattern), zk::paths::kAclChangePrefix, feed.last_executed);
  if (!news) return news.failure();
  std::set<ResourcePattern> changed;
  for (const auto& note : *news) {
    feed.created_ms[note.path] = note.created_ms;
    auto resource = decode_change(feed.pattern, note.path, note.data);
    if (resource) {
      changed.insert(std::move(*resource));
    } else {
      LOG(ERROR) << "an ACL change is passed over: " << resource.error().message;
    }
  }
  std::vector<zk::Request> reads;
  for (const auto& resource : changed) reads.push_back(zk::Get{acl_path(resource)});
  auto answers = session.run(std::move(reads));
  AclImage::Changes changes;
  auto answer = answers.begin();
  for (const auto& resource : changed) {
    auto acls = decode_entries(*answer++);
    if (acls) {
      changes.emplace_back(resource, std::move(*acls));
    } else if (acls.error().code == zk::Code::malformed) {
      LOG(ERROR) << acls.error().message << "; what was known of it before stays in force";
    } else {
      return acls.failure();
    }
  }
  if (!changes.empty()) apply(changes);
  if (!news->empty()) feed.last_executed = news->back().sequence;
  purge(feed);
  return {};
}

void AclStore::State::purge(Feed& feed) {
  const int64_t limit = clock.wall_ms() - kNotificationAge;
  std::vector<std::string> old;
  std::erase_if(feed.created_ms, [&](const auto& entry) {
    if (entry.second >= limit) return false;
    old.push_back(entry.first);
    return true;
  });
  if (old.empty()) return;
  if (auto done = zk::delete_notifications(session, old); !done && !is_end_of_session(done.error())) {
    LOG(WARNING) << "old ACL notifications stay: " << done.error().message;
  }
}

// ---- Loading everything.

zk::ZkResult<std::vector<ResourcePattern>> AclStore::State::list() {
  std::vector<ResourcePattern> all;
  for (PatternType pattern : kPatternTypes) {
    auto types = zk::children_or_none(session, acl_root(pattern));
    if (!types) return types.failure();
    for (const auto& type_name : *types) {
      const ResourceType type = resource_type_of_name(type_name);
      if (type == ResourceType::unknown || type == ResourceType::any) {
        LOG(WARNING) << acl_root(pattern) << "/" << type_name << " is passed over: there is no such resource type";
        continue;
      }
      auto names = zk::children_or_none(session, std::string(acl_root(pattern)) + "/" + type_name);
      if (!names) return names.failure();
      for (auto& name : *names) all.push_back({type, std::move(name), pattern});
    }
  }
  return all;
}

zk::ZkStatus AclStore::State::load() {
  auto resources = list();
  if (!resources) return resources.failure();
  std::vector<zk::Request> reads;
  for (const auto& resource : *resources) reads.push_back(zk::Get{acl_path(resource)});
  auto answers = session.run(std::move(reads));
  AclImage::Changes changes;
  for (size_t i = 0; i < answers.size(); ++i) {
    auto acls = decode_entries(answers[i]);
    if (!acls) return acls.failure();
    changes.emplace_back(std::move((*resources)[i]), std::move(*acls));
  }
  image.store(AclImage().with(changes));
  return {};
}

AclStore::AclStore(zk::Session& session, Clock& clock, zk::Executor workers)
    : state_(std::make_shared<State>(session, clock, std::move(workers))) {}

AclStore::~AclStore() {
  {
    MutexLock lock(state_->mutex);
    state_->closed = true;
  }
  for (auto watch : state_->watches) state_->session.unwatch(watch);
  if (state_->handler != 0) state_->session.remove_handler(state_->handler);
  MutexLock last(state_->io);  // a scan under way still uses the session
}

zk::ZkStatus AclStore::start() {
  State* state = state_.get();  // watches and the handler end before the store does
  for (PatternType pattern : kPatternTypes) {
    for (ResourceType type : kResourceTypes) {
      const std::string path = std::string(acl_root(pattern)) + "/" + std::string(name(type));
      if (auto made = zk::ensure_path(state->session, path); !made) return made;
    }
    if (auto made = zk::ensure_path(state->session, change_folder(pattern)); !made) return made;
    state->watches.push_back(state->session.watch(change_folder(pattern), zk::WatchKind::children,
                                                  [state](const zk::WatchEvent&) { state->post_scan(); }));
  }
  // Notifications of the time without a session may have been purged: everything is read again.
  state->handler = state->session.add_handler({{}, [state] {
                                                 state->scan();
                                                 MutexLock hold(state->io);
                                                 if (auto done = state->load(); !done) {
                                                   LOG(ERROR) << "cannot load the ACLs: " << done.error().message;
                                                 }
                                               }});
  MutexLock hold(state->io);
  for (Feed& feed : state->feeds) {
    if (auto done = state->scan(feed); !done) return done;
  }
  return state->load();
}

std::shared_ptr<const AclImage> AclStore::image() const { return state_->image.load(); }

// ---- Writing.

zk::ZkResult<ResourceAcls> AclStore::State::read(const ResourcePattern& resource) {
  return decode_entries(session.run(zk::Get{acl_path(resource)}));
}

zk::Response AclStore::State::write(const ResourcePattern& resource, const ResourceAcls& now,
                                    const std::vector<AccessControlEntry>& entries) {
  const std::string path = acl_path(resource);
  const bool exists = now.version >= 0;
  if (entries.empty()) {
    if (!exists) return session.run(zk::Exists{path});  // nothing to delete, if that is still so
    return session.run(zk::Delete{path, now.version});
  }
  if (exists) return session.run(zk::SetData{path, encode_entries(entries), now.version});
  return session.run(zk::Create{path, encode_entries(entries), zk::CreateMode::persistent, {}});
}

wire::Outcome<void> AclStore::State::update(const ResourcePattern& resource, const Change& change) {
  auto failed = [&](const zk::ZkError& error) {
    LOG(ERROR) << "cannot change the ACLs of " << acl_path(resource) << ": " << error.message;
    return wire::refuse(wire::ErrorCode::unknown_server_error);
  };
  ResourceAcls now{{}, -1};
  const auto known = image.load();
  if (const ResourceAcls* acls = known->find(resource)) {
    now = *acls;
  } else if (auto fresh = read(resource)) {
    now = std::move(*fresh);
  } else {
    return failed(fresh.error());
  }
  const std::vector<AccessControlEntry> first = now.entries;
  thread_local std::minstd_rand random{std::random_device{}()};
  for (int attempt = 0;; ++attempt) {
    std::vector<AccessControlEntry> entries = now.entries;
    change(entries);
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    const zk::Response written = write(resource, now, entries);
    const bool gone = entries.empty() && written.code == zk::Code::no_node;
    const bool appeared = entries.empty() && now.version < 0 && written.ok();
    if (gone || (written.ok() && !appeared)) {
      // A first copy of a resent write may have changed what was read last, so the first reading counts as well.
      const bool differs = entries != first || entries != now.entries;
      const int32_t version = now.version >= 0 ? written.stat.version : 0;
      apply({{resource, ResourceAcls{std::move(entries), version}}});
      if (!differs) return {};
      auto noted = zk::create_notification(session, change_folder(resource.pattern), zk::paths::kAclChangePrefix,
                                           encode_change(resource));
      if (!noted) return failed(noted.error());
      return {};
    }
    const bool conflict = appeared || written.code == zk::Code::bad_version || written.code == zk::Code::no_node ||
                          written.code == zk::Code::node_exists;
    if (!conflict) return failed(written.error());
    if (attempt == kUpdateRetries) {
      return failed({written.code, "others keep changing them; gave up after " + std::to_string(attempt) + " tries"});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryBackoffMs + random() % kRetryJitterMs));
    auto fresh = read(resource);
    if (!fresh) return failed(fresh.error());
    now = std::move(*fresh);
  }
}

std::vector<wire::Outcome<void>> AclStore::add(const std::vector<AclBinding>& bindings) {
  std::vector<wire::Outcome<void>> results(bindings.size(), wire::Outcome<void>());
  std::map<ResourcePattern, std::vector<size_t>> by_resource;
  for (size_t i = 0; i < bindings.size(); ++i) by_resource[bindings[i].resource].push_back(i);
  MutexLock hold(state_->io);
  for (const auto& [resource, indexes] : by_resource) {
    auto done = state_->update(resource, [&](std::vector<AccessControlEntry>& entries) {
      for (size_t i : indexes) entries.push_back(bindings[i].entry);
    });
    for (size_t i : indexes) results[i] = done;
  }
  return results;
}

std::vector<std::vector<AclStore::Removal>> AclStore::remove(const std::vector<AclFilter>& filters) {
  std::vector<std::vector<Removal>> results(filters.size());
  MutexLock hold(state_->io);
  std::set<ResourcePattern> resources;
  for (auto& resource : state_->image.load()->resources()) resources.insert(std::move(resource));
  for (const auto& filter : filters) {
    for (auto& resource : filter.named_resources()) resources.insert(std::move(resource));
  }
  for (const auto& resource : resources) {
    auto filter_of = [&](const AccessControlEntry& entry) -> std::optional<size_t> {
      for (size_t i = 0; i < filters.size(); ++i) {
        if (filters[i].matches(resource) && filters[i].matches(entry)) return i;
      }
      return std::nullopt;
    };
    if (std::none_of(filters.begin(), filters.end(), [&](const auto& f) { return f.matches(resource); })) continue;
    std::set<AccessControlEntry> removed;
    auto done = state_->update(resource, [&](std::vector<AccessControlEntry>& entries) {
      std::erase_if(entries, [&](const AccessControlEntry& entry) {
        if (!filter_of(entry)) return false;
        removed.insert(entry);
        return true;
      });
    });
    for (const auto& entry : removed) results[*filter_of(entry)].push_back({{resource, entry}, done});
  }
  return results;
}

}  // namespace meerkat::security
