#include "zk/registration.h"

#include <glog/logging.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "zk/paths.h"
#include "zk/tree.h"

namespace meerkat::zk {

namespace {

bool same_address(const Endpoint& a, const Endpoint& b) { return a.host == b.host && a.port == b.port; }

bool share_an_address(const BrokerInfo& a, const BrokerInfo& b) {
  for (const auto& x : a.endpoints) {
    for (const auto& y : b.endpoints) {
      if (same_address(x, y)) return true;
    }
  }
  return false;
}

std::string addresses(const BrokerInfo& broker) {
  std::string text;
  for (const auto& e : broker.endpoints) text += (text.empty() ? "" : ",") + e.host + ":" + std::to_string(e.port);
  return text;
}

// Fails if a broker with another id has one of our host:port pairs: clients could not tell the two apart.
ZkStatus check_addresses(Session& session, const BrokerInfo& broker) {
  auto ids = children_or_none(session, paths::kBrokerIds);
  if (!ids) return ids.failure();
  std::vector<int32_t> others;
  std::vector<Request> reads;
  for (const auto& name : *ids) {
    auto id = paths::parse_id(name);
    if (!id || *id == broker.id) continue;
    others.push_back(*id);
    reads.push_back(Get{paths::broker(*id)});
  }
  std::vector<Response> answers = session.run(std::move(reads));
  for (size_t i = 0; i < answers.size(); i++) {
    if (answers[i].code == Code::no_node) continue;
    if (!answers[i].ok()) return Fail(answers[i].error());
    auto other = decode_broker(others[i], answers[i].data.value_or(""));
    if (!other) {
      LOG(WARNING) << other.error().message;
      continue;
    }
    if (share_an_address(*other, broker)) {
      return zk_fail(Code::node_exists, "broker " + std::to_string(other->id) +
                                            " is registered with one of our advertised addresses (" +
                                            addresses(broker) + "); give each broker its own advertised.listeners");
    }
  }
  return {};
}

// Waits for a node to be deleted. One node watch, armed by `look`.
class Deletion {
 public:
  Deletion(Session& session, const std::string& path) : session_(session), path_(path) {
    watch_ = session.watch(path, WatchKind::node, [this](const WatchEvent&) {
      std::lock_guard lock(mutex_);
      fired_ = true;
      changed_.notify_all();
    });
  }
  ~Deletion() { session_.unwatch(watch_); }
  // Reads the node and arms the watch.
  Response look() {
    {
      std::lock_guard lock(mutex_);
      fired_ = false;
    }
    return session_.run(Get{path_});
  }
  // Whether something happened to the node before the given time.
  bool wait_until(std::chrono::steady_clock::time_point end) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, end, [this] { return fired_; });
  }

 private:
  Session& session_;
  std::string path_;
  Session::WatchId watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool fired_ = false;
};

ZkError taken(const BrokerInfo& broker, const Response& found, const std::string& what) {
  char owner[20];
  std::snprintf(owner, sizeof owner, "0x%llx", static_cast<unsigned long long>(found.stat.ephemeral_owner));
  return {Code::node_exists, "broker id " + std::to_string(broker.id) + " is taken: " + paths::broker(broker.id) +
                                 " belongs to session " + owner + " (" + what +
                                 "); stop that broker or give this one another broker.id"};
}

}  // namespace

ZkResult<int64_t> register_broker(Session& session, const BrokerInfo& broker, std::chrono::milliseconds patience) {
  if (ZkStatus free = check_addresses(session, broker); !free) return free.failure();
  const std::string path = paths::broker(broker.id);
  const std::string payload = encode(broker);
  const auto end = std::chrono::steady_clock::now() + session.negotiated_timeout() + patience;
  Deletion deletion(session, path);
  bool waited = false;
  while (true) {
    // The second operation is there for its stat, which carries the czxid.
    Response made =
        session.run(Multi{{Create{path, std::nullopt, CreateMode::ephemeral, {}}, SetData{path, payload, 0}}});
    if (made.ok()) return made.ops[1].stat.czxid;
    if (made.code != Code::node_exists) return Fail(made.error());

    Response found = deletion.look();
    if (found.code == Code::no_node) continue;
    if (!found.ok()) return Fail(found.error());
    int64_t owner = found.stat.ephemeral_owner;
    if (session.is_current(owner)) {
      if (found.data == payload) return found.stat.czxid;
      Response updated = session.run(SetData{path, payload, -1});
      if (!updated.ok()) return Fail(updated.error());
      return updated.stat.czxid;
    }
    if (session.was_ours(owner)) {
      Response deleted = session.run(Delete{path, found.stat.version});
      if (!deleted.ok() && deleted.code != Code::no_node && deleted.code != Code::bad_version) {
        return Fail(deleted.error());
      }
      continue;
    }
    auto other = decode_broker(broker.id, found.data.value_or(""));
    if (!other) return Fail(taken(broker, found, other.error().message));
    std::string who = "registered with " + addresses(*other);
    if (!share_an_address(*other, broker)) return Fail(taken(broker, found, who));
    // Our own address: most likely a process of ours that ended without closing its session.
    if (!waited) LOG(INFO) << "waiting for an earlier session to give up " << path;
    waited = true;
    if (!deletion.wait_until(end)) return Fail(taken(broker, found, who + " and has not expired within its timeout"));
  }
}

ZkStatus update_registration(Session& session, const BrokerInfo& broker) {
  Response r = session.run(SetData{paths::broker(broker.id), encode(broker), -1});
  if (!r.ok()) return Fail(r.error());
  return {};
}

ZkResult<int32_t> generate_broker_id(Session& session, int32_t reserved) {
  Response r = session.run(SetData{paths::kBrokerSequenceId, "", -1});
  if (r.code == Code::no_node) {
    if (ZkStatus made = ensure_path(session, paths::kBrokerSequenceId); !made) return made.failure();
    r = session.run(SetData{paths::kBrokerSequenceId, "", -1});
  }
  if (!r.ok()) return Fail(r.error());
  return r.stat.version + reserved;
}

}  // namespace meerkat::zk
