#include "zk/handle.h"

#include <netdb.h>
#include <sys/socket.h>
#include <zookeeper/zookeeper.h>

#include <cstring>

#include "zk/client_log.h"

namespace meerkat::zk {

namespace {

Stat to_stat(const ::Stat* s) {
  if (s == nullptr) return {};
  return {s->czxid,    s->mzxid,    s->ctime,          s->mtime,      s->version,
          s->cversion, s->aversion, s->ephemeralOwner, s->numChildren};
}

std::optional<std::string> to_data(const char* value, int length) {
  if (value == nullptr || length < 0) return std::nullopt;
  return std::string(value, static_cast<size_t>(length));
}

// The C client's form of an access list. Points into the list it is made of.
class CAcl {
 public:
  explicit CAcl(const AclList& list) {
    for (const auto& a : list) {
      entries_.push_back({a.permissions, {const_cast<char*>(a.scheme.c_str()), const_cast<char*>(a.id.c_str())}});
    }
    vector_ = {static_cast<int32_t>(entries_.size()), entries_.data()};
  }
  CAcl(const CAcl&) = delete;
  ACL_vector* get() { return &vector_; }

 private:
  std::vector<ACL> entries_;
  ACL_vector vector_{};
};

int to_mode(CreateMode mode) {
  switch (mode) {
    case CreateMode::persistent:
      return ZOO_PERSISTENT;
    case CreateMode::ephemeral:
      return ZOO_EPHEMERAL;
    case CreateMode::persistent_sequential:
      return ZOO_PERSISTENT_SEQUENTIAL;
    case CreateMode::ephemeral_sequential:
      return ZOO_EPHEMERAL_SEQUENTIAL;
  }
  return ZOO_PERSISTENT;
}

const char* data_of(const std::optional<std::string>& data) { return data ? data->data() : nullptr; }
int size_of(const std::optional<std::string>& data) { return data ? static_cast<int>(data->size()) : -1; }

// The address of the server that a handle is connected to. (The C client's own text for it is in a shared buffer.)
std::string peer_of(zhandle_t* zh) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (zookeeper_get_connected_host(zh, generic, &size) == nullptr ||
      getnameinfo(generic, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "a server";
  }
  return std::string(host) + ":" + port;
}

AclList acl_of(const Create& create, bool secure) {
  return create.acl.empty() ? default_acl(create.path, secure) : create.acl;
}

}  // namespace

// A request on its way; freed by its completion.
struct Handle::Call {
  Handle* handle;
  uint64_t serial;
  std::string path;
  // Of a Multi: where the C client puts the results.
  std::vector<zoo_op_result_t> results;
  std::vector<std::string> op_paths;
  std::vector<std::string> name_buffers;
  std::vector<::Stat> stats;

  void finish(int rc, Response response) {
    response.code = static_cast<Code>(rc);
    if (response.path.empty()) response.path = std::move(path);
    handle->events_.on_handle_response(handle->generation_, serial, std::move(response));
    delete this;
  }
};

struct Handle::Callbacks {
  static Call* call(const void* data) { return static_cast<Call*>(const_cast<void*>(data)); }

  static void data(int rc, const char* value, int length, const ::Stat* stat, const void* data) {
    Response r;
    if (rc == ZOK) r.data = to_data(value, length);
    if (rc == ZOK) r.stat = to_stat(stat);
    call(data)->finish(rc, std::move(r));
  }
  static void stat(int rc, const ::Stat* stat, const void* data) {
    Response r;
    if (rc == ZOK) r.stat = to_stat(stat);
    call(data)->finish(rc, std::move(r));
  }
  static void children(int rc, const String_vector* names, const ::Stat* stat, const void* data) {
    Response r;
    if (rc == ZOK && names != nullptr) r.children.assign(names->data, names->data + names->count);
    if (rc == ZOK) r.stat = to_stat(stat);
    call(data)->finish(rc, std::move(r));
  }
  static void string(int rc, const char* value, const void* data) {
    Response r;
    if (rc == ZOK && value != nullptr) r.path = value;
    call(data)->finish(rc, std::move(r));
  }
  static void nothing(int rc, const void* data) { call(data)->finish(rc, {}); }
  static void acl(int rc, ACL_vector* acl, ::Stat* stat, const void* data) {
    Response r;
    if (rc == ZOK && acl != nullptr) {
      for (int i = 0; i < acl->count; i++) {
        r.acl.push_back({acl->data[i].perms, acl->data[i].id.scheme, acl->data[i].id.id});
      }
    }
    if (rc == ZOK) r.stat = to_stat(stat);
    call(data)->finish(rc, std::move(r));
  }
  static void multi(int rc, const void* data) {
    Call* c = call(data);
    Response r;
    // An error that is none of the operations' own (a lost connection, say) leaves the results unset.
    bool answered = rc == ZOK;
    for (const auto& result : c->results) answered = answered || result.err != ZOK;
    for (size_t i = 0; answered && i < c->results.size(); i++) {
      OpResponse op{static_cast<Code>(c->results[i].err), std::move(c->op_paths[i]), to_stat(&c->stats[i])};
      if (rc == ZOK && c->name_buffers[i][0] != '\0') op.path = c->name_buffers[i].c_str();
      r.ops.push_back(std::move(op));
    }
    c->finish(rc, std::move(r));
  }

  static void watch(zhandle_t* zh, int type, int state, const char* path, void* context) {
    auto* h = static_cast<Handle*>(context);
    if (type == ZOO_SESSION_EVENT) return session(zh, state, *h);
    HandleWatch w;
    if (type == ZOO_CREATED_EVENT)
      w = HandleWatch::created;
    else if (type == ZOO_DELETED_EVENT)
      w = HandleWatch::deleted;
    else if (type == ZOO_CHANGED_EVENT)
      w = HandleWatch::data_changed;
    else if (type == ZOO_CHILD_EVENT)
      w = HandleWatch::children_changed;
    else
      return;
    h->events_.on_handle_watch(h->generation_, w, path == nullptr ? "" : path);
  }
  static void session(zhandle_t* zh, int state, Handle& h) {
    SessionId id;
    if (const clientid_t* c = zoo_client_id(zh)) {
      id.id = c->client_id;
      std::memcpy(id.password.data(), c->passwd, id.password.size());
    }
    HandleState s = HandleState::disconnected;
    if (state == ZOO_CONNECTED_STATE) s = HandleState::connected;
    if (state == ZOO_EXPIRED_SESSION_STATE) s = HandleState::expired;
    if (state == ZOO_AUTH_FAILED_STATE) s = HandleState::auth_failed;
    std::string server;
    if (s == HandleState::connected) server = peer_of(zh);
    h.events_.on_handle_state(h.generation_, s, id, std::chrono::milliseconds(zoo_recv_timeout(zh)), server);
  }
};

Result<std::unique_ptr<Handle>> Handle::open(const std::string& connect, std::chrono::milliseconds session_timeout,
                                             const std::optional<SessionId>& attach, uint64_t generation,
                                             HandleEvents& events) {
  redirect_client_log();
  std::unique_ptr<Handle> handle(new Handle(generation, events));
  clientid_t client{};
  if (attach) {
    client.client_id = attach->id;
    std::memcpy(client.passwd, attach->password.data(), attach->password.size());
  }
  // The client's threads may call back before init returns; they bring their own handle pointer.
  handle->zh_ = zookeeper_init2(connect.c_str(), Callbacks::watch, static_cast<int>(session_timeout.count()),
                                attach ? &client : nullptr, handle.get(), 0, client_log_line);
  if (handle->zh_ == nullptr) {
    int code = errno;
    return fail("ZooKeeper at " + connect + ": cannot start a connection: " + std::strerror(code) +
                    "; check host names and ports in zookeeper.connect",
                code);
  }
  // Host names are resolved when a connection is made, as Java's client does it. By default the C client resolves them
  // at every turn of its loop, which with many requests on their way costs more than the requests.
  zoo_set_servers_resolution_delay(handle->zh_, -1);
  return handle;
}

Handle::~Handle() {
  if (zh_ != nullptr) zookeeper_close(zh_);
}

Code Handle::send(uint64_t serial, const Request& request, bool watch, bool secure) {
  auto call = std::make_unique<Call>(Call{this, serial, path_of(request), {}, {}, {}, {}});
  int w = watch ? 1 : 0;
  const void* context = call.get();
  struct Visitor {
    zhandle_t* zh;
    Call& call;
    int w;
    bool secure;
    const void* context;

    int operator()(const Get& r) const { return zoo_aget(zh, r.path.c_str(), w, Callbacks::data, context); }
    int operator()(const Exists& r) const { return zoo_aexists(zh, r.path.c_str(), w, Callbacks::stat, context); }
    int operator()(const Children& r) const {
      return zoo_aget_children2(zh, r.path.c_str(), w, Callbacks::children, context);
    }
    int operator()(const Create& r) const {
      AclList acl = acl_of(r, secure);
      return zoo_acreate(zh, r.path.c_str(), data_of(r.data), size_of(r.data), CAcl(acl).get(), to_mode(r.mode),
                         Callbacks::string, context);
    }
    int operator()(const SetData& r) const {
      return zoo_aset(zh, r.path.c_str(), data_of(r.data), size_of(r.data), r.version, Callbacks::stat, context);
    }
    int operator()(const Delete& r) const {
      return zoo_adelete(zh, r.path.c_str(), r.version, Callbacks::nothing, context);
    }
    int operator()(const Sync& r) const { return zoo_async(zh, r.path.c_str(), Callbacks::string, context); }
    int operator()(const GetAcl& r) const { return zoo_aget_acl(zh, r.path.c_str(), Callbacks::acl, context); }
    int operator()(const SetAcl& r) const {
      return zoo_aset_acl(zh, r.path.c_str(), r.version, CAcl(r.acl).get(), Callbacks::nothing, context);
    }
    int operator()(const Multi& r) const {
      size_t n = r.ops.size();
      std::vector<zoo_op_t> ops(n);
      std::vector<AclList> acls(n);
      std::vector<std::unique_ptr<CAcl>> c_acls(n);
      call.results.resize(n);
      call.stats.resize(n);
      call.name_buffers.resize(n);
      for (size_t i = 0; i < n; i++) {
        call.op_paths.push_back(path_of(r.ops[i]));
        call.name_buffers[i].assign(call.op_paths[i].size() + 16, '\0');  // room for ten digits of a sequence
        if (const auto* c = std::get_if<Create>(&r.ops[i])) {
          acls[i] = acl_of(*c, secure);
          c_acls[i] = std::make_unique<CAcl>(acls[i]);
          zoo_create_op_init(&ops[i], c->path.c_str(), data_of(c->data), size_of(c->data), c_acls[i]->get(),
                             to_mode(c->mode), call.name_buffers[i].data(),
                             static_cast<int>(call.name_buffers[i].size()));
        } else if (const auto* s = std::get_if<SetData>(&r.ops[i])) {
          zoo_set_op_init(&ops[i], s->path.c_str(), data_of(s->data), size_of(s->data), s->version, &call.stats[i]);
        } else if (const auto* d = std::get_if<Delete>(&r.ops[i])) {
          zoo_delete_op_init(&ops[i], d->path.c_str(), d->version);
        } else {
          const auto& check = std::get<Check>(r.ops[i]);
          zoo_check_op_init(&ops[i], check.path.c_str(), check.version);
        }
      }
      return zoo_amulti(zh, static_cast<int>(n), ops.data(), call.results.data(), Callbacks::multi, context);
    }
  };
  int rc = std::visit(Visitor{zh_, *call, w, secure, context}, request);
  if (rc == ZOK) call.release();  // its completion frees it
  return static_cast<Code>(rc);
}

}  // namespace meerkat::zk
