#include "zk/session.h"

#include <glog/logging.h>

#include <cassert>

#include "zk/session_impl.h"
#include "zk/tree.h"

namespace meerkat::zk {

namespace {

// The path behind the hosts, "/" if there is none.
std::string chroot_of(const std::string& connect) {
  size_t slash = connect.find('/');
  return slash == std::string::npos ? "/" : connect.substr(slash);
}
std::string hosts_of(const std::string& connect) { return connect.substr(0, connect.find('/')); }

// Answers after which a request is sent again: the connection broke before the real answer.
bool lost(Code code) {
  return code == Code::connection_loss || code == Code::operation_timeout || code == Code::session_moved ||
         code == Code::closing;
}

// A server closes the connection on a request above its jute.maxbuffer, and would on every copy of it. So a request
// above the default of that is given up after a few losses; smaller ones are sent until the session ends.
constexpr size_t kJuteMaxBuffer = 0xfffff;
constexpr int kLargeRequestLosses = 3;

size_t data_size(const Request& request) {
  auto size = [](const auto& r) -> size_t {
    if constexpr (requires { r.data; }) return r.data ? r.data->size() : 0;
    return 0;
  };
  const auto* multi = std::get_if<Multi>(&request);
  if (multi == nullptr) return std::visit(size, request);
  size_t sum = 0;
  for (const auto& op : multi->ops) sum += std::visit(size, op);
  return sum;
}

// Every path must be absolute: under a chroot the C client would take "x" for the chroot's name with an x behind it.
bool absolute(const Request& request) {
  if (const auto* multi = std::get_if<Multi>(&request)) {
    for (const auto& op : multi->ops) {
      if (!path_of(op).starts_with('/')) return false;
    }
    return true;
  }
  return path_of(request).starts_with('/');
}

}  // namespace

Session::Impl::Impl(Options o) : options(std::move(o)), negotiated_timeout_(options.session_timeout) {}

Session::Impl::~Impl() { close(); }

Status Session::Impl::start() {
  event_thread_ = std::thread([this] { event_loop(); });
  keeper_thread_ = std::thread([this] { keeper_loop(); });
  MutexLock lock(mutex_);
  bool connected =
      changed_.wait_for(lock, options.connection_timeout, [this] { return state_ == SessionState::connected; });
  if (connected) return {};
  return fail("ZooKeeper at " + hosts_of(options.connect) + " did not answer within " +
              std::to_string(options.connection_timeout.count()) + " ms (zookeeper.connection.timeout.ms)" +
              (failure_.empty() ? "" : ": " + failure_) +
              "; check that it runs, that zookeeper.connect names it, and that the network lets this host reach it");
}

void Session::Impl::close() {
  std::unique_ptr<Handle> handle;
  {
    MutexLock lock(mutex_);
    if (!closing_) {
      closing_ = true;
      set_state(SessionState::closed);
      fail_all(Code::closing);
    }
    changed_.notify_all();
  }
  if (keeper_thread_.joinable()) keeper_thread_.join();
  {
    MutexLock lock(mutex_);
    handle = std::move(handle_);
  }
  handle.reset();
  {
    MutexLock lock(mutex_);
    events_end_ = true;
    event_added_.notify_all();
  }
  if (event_thread_.joinable()) event_thread_.join();
}

void Session::Impl::fail_while_disconnected() {
  MutexLock lock(mutex_);
  impatient_ = true;
  if (state_ == SessionState::connecting) fail_all(Code::closing);
}

std::vector<Response> Session::Impl::run(std::vector<Request> requests, Deadline deadline) {
  assert(std::this_thread::get_id() != event_thread_.get_id());
  std::optional<Time> until;
  if (deadline) until = std::chrono::steady_clock::now() + *deadline;
  MutexLock lock(mutex_);
  BatchPtr batch = enqueue(std::move(requests), {}, {}, {});
  auto finished = [&] { return batch->finished; };
  if (!until) {
    batch->changed.wait(lock, finished);
  } else if (!batch->changed.wait_until(lock, *until, finished)) {
    time_out(batch);
  }
  return std::move(batch->responses);
}

void Session::Impl::run_async(std::vector<Request> requests, Callback<std::vector<Response>> done, Executor executor,
                              Deadline deadline) {
  std::optional<Time> until;
  if (deadline) until = std::chrono::steady_clock::now() + *deadline;
  MutexLock lock(mutex_);
  enqueue(std::move(requests), std::move(done), std::move(executor), until);
}

Session::Impl::BatchPtr Session::Impl::enqueue(std::vector<Request> requests, Callback<std::vector<Response>> done,
                                               Executor executor, std::optional<Time> deadline) {
  auto batch = std::make_shared<Batch>();
  batch->requests = std::move(requests);
  batch->responses.resize(batch->requests.size());
  batch->open = batch->requests.size();
  batch->done = std::move(done);
  batch->executor = std::move(executor);
  batch->first_serial = next_serial_;
  const bool ending = state_ == SessionState::closed || (impatient_ && state_ == SessionState::connecting);
  const bool refuse = ending || state_ == SessionState::expired;
  if (batch->open == 0 || refuse) {
    for (size_t i = 0; i < batch->responses.size(); i++) {
      batch->responses[i].path = path_of(batch->requests[i]);
      batch->responses[i].code = ending ? Code::closing : Code::session_expired;
      batch->responses[i].generation = generation_;
    }
    finish(*batch);
    return batch;
  }
  for (size_t i = 0; i < batch->open; i++) {
    items_.emplace_hint(items_.end(), next_serial_, Item{batch});
    unsent_.insert(unsent_.end(), next_serial_);
    next_serial_++;
  }
  if (deadline) {
    deadlines_.emplace(*deadline, batch);
    event_added_.notify_all();
  }
  pump();
  return batch;
}

bool Session::Impl::armed(const Request& request) const {
  WatchKind kind;
  if (std::holds_alternative<Children>(request))
    kind = WatchKind::children;
  else if (std::holds_alternative<Get>(request) || std::holds_alternative<Exists>(request))
    kind = WatchKind::node;
  else
    return false;
  auto found = watches_.find(path_of(request));
  if (found == watches_.end()) return false;
  for (const auto& w : found->second) {
    if (w.kind == kind) return true;
  }
  return false;
}

void Session::Impl::pump() {
  while (handle_ && state_ == SessionState::connected && in_flight_ < options.max_in_flight && !unsent_.empty()) {
    auto item = items_.find(*unsent_.begin());
    assert(item != items_.end());
    const Request& request = item->second.batch->requests[item->first - item->second.batch->first_serial];
    Code code = Code::bad_arguments;
    if (absolute(request)) code = handle_->send(item->first, request, armed(request), options.secure_acls);
    if (code == Code::ok) {
      item->second.sent = true;
      in_flight_++;
      unsent_.erase(unsent_.begin());
    } else if (code == Code::bad_arguments || code == Code::marshalling_error || code == Code::unimplemented) {
      unsent_.erase(unsent_.begin());
      Response response;
      response.code = code;
      response.path = path_of(request);
      answer(item, std::move(response));
    } else {
      return;  // the handle is about to say that it is disconnected or expired
    }
  }
}

void Session::Impl::answer(std::map<uint64_t, Item>::iterator item, Response response) {
  Batch& batch = *item->second.batch;
  Response& slot = batch.responses[item->first - batch.first_serial];
  response.resent = slot.resent;
  response.generation = generation_;
  slot = std::move(response);
  BatchPtr keep = item->second.batch;
  items_.erase(item);
  if (--batch.open == 0) finish(batch);
}

void Session::Impl::finish(Batch& batch) {
  batch.finished = true;
  if (!batch.done) return batch.changed.notify_all();
  Task task = [done = std::move(batch.done), responses = std::move(batch.responses)]() mutable {
    std::move(done)(std::move(responses));
  };
  if (!batch.executor) return post_event(std::move(task));
  post_event([executor = std::move(batch.executor), task = std::move(task)]() mutable { executor(std::move(task)); });
}

void Session::Impl::fail_all(Code code) {
  in_flight_ = 0;
  unsent_.clear();
  while (!items_.empty()) {
    auto item = items_.begin();
    Response response;
    response.code = code;
    response.path = path_of(item->second.batch->requests[item->first - item->second.batch->first_serial]);
    answer(item, std::move(response));
  }
}

void Session::Impl::time_out(const BatchPtr& batch) {
  for (uint64_t serial = batch->first_serial; serial < batch->first_serial + batch->requests.size(); serial++) {
    auto item = items_.find(serial);
    if (item == items_.end() || item->second.batch != batch) continue;
    if (item->second.sent) in_flight_--;  // its answer, if it still comes, finds nobody
    unsent_.erase(serial);
    Response response;
    response.code = Code::operation_timeout;
    response.path = path_of(batch->requests[serial - batch->first_serial]);
    answer(item, std::move(response));
  }
  pump();
}

void Session::Impl::on_handle_response(uint64_t generation, uint64_t serial, Response response) {
  MutexLock lock(mutex_);
  if (generation != generation_ || state_ == SessionState::expired || state_ == SessionState::closed) return;
  auto item = items_.find(serial);
  if (item == items_.end() || !item->second.sent) return;
  in_flight_--;
  Batch& batch = *item->second.batch;
  const size_t index = serial - batch.first_serial;
  if (lost(response.code) && ++item->second.losses >= kLargeRequestLosses &&
      data_size(batch.requests[index]) > kJuteMaxBuffer) {
    response.code = Code::marshalling_error;
  }
  if (lost(response.code)) {
    item->second.sent = false;
    batch.responses[index].resent = true;
    unsent_.insert(serial);
  } else {
    answer(item, std::move(response));
  }
  // In bursts: requests that leave together wake the server, and its threads, once. Until half of those on their way
  // have been answered, an answer that calls pump() is certain to come.
  if (in_flight_ <= options.max_in_flight / 2) pump();
}

// ---- The public face.

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(Options options) {
  std::string chroot = chroot_of(options.connect);
  if (chroot == "/") options.connect = hosts_of(options.connect);
  std::unique_ptr<Session> session(new Session(std::make_unique<Impl>(options)));
  if (Status started = session->impl_->start(); !started) return started.failure();
  if (chroot == "/") return session;

  Response root = session->run(Exists{"/"}, options.connection_timeout);
  if (root.code == Code::no_node) {
    Options whole = options;
    whole.connect = hosts_of(options.connect);
    whole.attach.reset();
    auto outside = open(whole);
    if (!outside) return outside.failure();
    ZkStatus made = ensure_path(**outside, chroot);
    if (!made) return fail("cannot create the chroot of zookeeper.connect: " + made.error().message);
    LOG(INFO) << "ZooKeeper: created the chroot " << chroot;
  } else if (!root.ok()) {
    return fail("ZooKeeper at " + options.connect + ": " + root.error().message);
  }
  return session;
}

void Session::close() { impl_->close(); }
void Session::fail_while_disconnected() { impl_->fail_while_disconnected(); }

std::vector<Response> Session::run(std::vector<Request> batch, std::optional<std::chrono::milliseconds> deadline) {
  return impl_->run(std::move(batch), deadline);
}

Response Session::run(Request request, std::optional<std::chrono::milliseconds> deadline) {
  std::vector<Request> batch;
  batch.push_back(std::move(request));
  return std::move(impl_->run(std::move(batch), deadline).front());
}

void Session::run_async(std::vector<Request> batch, Callback<std::vector<Response>> done, Executor executor,
                        std::optional<std::chrono::milliseconds> deadline) {
  impl_->run_async(std::move(batch), std::move(done), std::move(executor), deadline);
}

Session::WatchId Session::watch(std::string path, WatchKind kind, WatchHandler handler) {
  return impl_->watch(std::move(path), kind, std::move(handler));
}
void Session::unwatch(WatchId id) { impl_->unwatch(id); }
Session::HandlerId Session::add_handler(SessionHandler handler) { return impl_->add_handler(std::move(handler)); }
void Session::remove_handler(HandlerId id) { impl_->remove_handler(id); }
void Session::on_state(std::function<void(SessionState)> listener) { impl_->on_state(std::move(listener)); }
SessionState Session::state() const { return impl_->state(); }
uint64_t Session::generation() const { return impl_->generation(); }
SessionId Session::id() const { return impl_->id(); }
bool Session::is_current(int64_t session_id) const { return impl_->id().id == session_id; }
bool Session::was_ours(int64_t session_id) const { return impl_->was_ours(session_id); }
std::chrono::milliseconds Session::negotiated_timeout() const { return impl_->negotiated_timeout(); }
const Session::Options& Session::options() const { return impl_->options; }

Status close_session(const Session::Options& options, const SessionId& id) {
  Session::Options attached = options;
  attached.attach = id;
  auto session = Session::open(attached);
  if (!session) return session.failure();
  (*session)->close();  // if the server did not know the session any more, this ends a fresh one
  return {};
}

}  // namespace meerkat::zk
