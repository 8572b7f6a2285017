// The keeper thread of a session: makes the first connection, and the next session after the old one has ended.
#include <glog/logging.h>
#include <pthread.h>

#include <cassert>

#include "zk/session_impl.h"

namespace meerkat::zk {

namespace {

constexpr std::chrono::milliseconds kRetryPause{1000};

std::string hex(int64_t id) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(id));
  return text;
}

}  // namespace

SessionState Session::Impl::state() const {
  MutexLock lock(mutex_);
  return state_;
}
uint64_t Session::Impl::generation() const {
  MutexLock lock(mutex_);
  return generation_;
}
SessionId Session::Impl::id() const {
  MutexLock lock(mutex_);
  return id_;
}
bool Session::Impl::was_ours(int64_t id) const {
  MutexLock lock(mutex_);
  return past_ids_.contains(id);
}
std::chrono::milliseconds Session::Impl::negotiated_timeout() const {
  MutexLock lock(mutex_);
  return negotiated_timeout_;
}

Session::HandlerId Session::Impl::add_handler(SessionHandler handler) {
  MutexLock lock(mutex_);
  HandlerId id = next_id_++;
  handlers_[id] = std::make_shared<SessionHandler>(std::move(handler));
  return id;
}

void Session::Impl::remove_handler(HandlerId id) {
  assert(std::this_thread::get_id() != keeper_thread_.get_id());
  MutexLock lock(mutex_);
  handlers_.erase(id);
  handler_done_.wait(lock, [&] { return hook_ != id; });
}

void Session::Impl::on_handle_state(uint64_t generation, HandleState state, const SessionId& id,
                                    std::chrono::milliseconds timeout, const std::string& server) {
  MutexLock lock(mutex_);
  if (generation != generation_ || state_ == SessionState::closed || state_ == SessionState::expired) return;
  switch (state) {
    case HandleState::connected:
      if (id_.id != 0 && id_.id != id.id) past_ids_.insert(id_.id);
      id_ = id;
      negotiated_timeout_ = timeout;
      disconnected_at_.reset();
      established_ = true;
      LOG(INFO) << "ZooKeeper session " << hex(id.id) << " connected to " << server << ", timeout " << timeout.count()
                << " ms";
      set_state(SessionState::connected);
      pump();
      break;
    case HandleState::disconnected:
      if (state_ != SessionState::connected) break;
      LOG(WARNING) << "ZooKeeper session " << hex(id_.id) << " lost its connection; trying to get it back";
      disconnected_at_ = std::chrono::steady_clock::now();
      set_state(SessionState::connecting);
      if (impatient_) fail_all(Code::closing);
      break;
    case HandleState::auth_failed:
    case HandleState::expired:
      if (state == HandleState::auth_failed) failure_ = "authentication failed";
      if (established_) {
        expire(state == HandleState::expired ? "the server says so" : "authentication failed", true);
      } else {
        refused_ = true;
        changed_.notify_all();
      }
      break;
  }
}

void Session::Impl::expire(const char* why, bool by_server) {
  LOG(WARNING) << "ZooKeeper session " << hex(id_.id) << " has expired: " << why;
  generation_++;
  established_ = false;
  disconnected_at_.reset();
  known_to_server_ = !by_server;
  set_state(SessionState::expired);
  fail_all(Code::session_expired);
}

void Session::Impl::keeper_loop() {
  pthread_setname_np(pthread_self(), "zk-keeper");
  MutexLock lock(mutex_);
  if (!establish(lock, options.attach)) return;
  while (true) {
    changed_.wait(lock, [this] { return closing_ || state_ == SessionState::expired; });
    if (closing_) return;
    auto old = std::move(handle_);
    lock.unlock();
    old.reset();  // joins its threads, which want the lock
    lock.lock();
    call_hooks(lock, &SessionHandler::before_new_session);
    if (closing_) return;
    // A session that ended by our own clock alone may live on at the server: with it our ephemerals would stay ours.
    std::optional<SessionId> attach;
    if (known_to_server_) attach = id_;
    set_state(SessionState::connecting);
    if (!establish(lock, attach)) return;
    call_hooks(lock, &SessionHandler::after_new_session);
  }
}

void Session::Impl::call_hooks(MutexLock& lock, std::function<void()> SessionHandler::*hook) {
  std::vector<HandlerId> ids;
  for (const auto& [id, handler] : handlers_) ids.push_back(id);
  for (HandlerId id : ids) {
    auto found = handlers_.find(id);
    if (closing_ || found == handlers_.end()) continue;
    auto handler = found->second;
    if (!((*handler).*hook)) continue;
    hook_ = id;
    lock.unlock();
    ((*handler).*hook)();
    handler.reset();
    lock.lock();
    hook_ = 0;
    handler_done_.notify_all();
  }
}

// Connects within the current generation. Requests that are made meanwhile wait. False when closing.
bool Session::Impl::establish(MutexLock& lock, std::optional<SessionId> attach) {
  while (!closing_) {
    refused_ = false;
    uint64_t generation = generation_;
    lock.unlock();
    auto opened = Handle::open(options.connect, options.session_timeout, attach, generation, *this);
    lock.lock();
    if (!opened) {
      failure_ = opened.error().message;
      LOG(WARNING) << failure_;
      changed_.wait_for(lock, kRetryPause, [this] { return closing_; });
      continue;
    }
    handle_ = std::move(*opened);
    pump();  // the handle may have been connected before it stood here
    changed_.wait(lock, [&] { return closing_ || refused_ || generation_ != generation || established_; });
    if (!refused_) return !closing_;
    // The session to attach to is no more: a new one then.
    auto refused = std::move(handle_);
    lock.unlock();
    refused.reset();
    lock.lock();
    if (!attach) changed_.wait_for(lock, kRetryPause, [this] { return closing_; });
    attach.reset();
    generation_++;
  }
  return false;
}

}  // namespace meerkat::zk
