// The event thread of a session: watch events, changes of state, callbacks, deadlines.
#include <glog/logging.h>
#include <pthread.h>

#include <algorithm>

#include "zk/session_impl.h"

namespace meerkat::zk {

void Session::Impl::post_event(Task task) {
  events_.push_back(std::move(task));
  event_added_.notify_all();
}

std::optional<Session::Impl::Time> Session::Impl::next_timer() const {
  std::optional<Time> next;
  if (!deadlines_.empty()) next = deadlines_.begin()->first;
  if (disconnected_at_) {
    Time expiry = *disconnected_at_ + negotiated_timeout_;
    next = next ? std::min(*next, expiry) : expiry;
  }
  return next;
}

void Session::Impl::run_timers(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    BatchPtr batch = deadlines_.begin()->second.lock();
    deadlines_.erase(deadlines_.begin());
    if (batch && !batch->finished) time_out(batch);
  }
  if (disconnected_at_ && *disconnected_at_ + negotiated_timeout_ <= now) {
    expire("no connection for longer than the session timeout", false);
  }
}

void Session::Impl::event_loop() {
  pthread_setname_np(pthread_self(), "zk-event");
  MutexLock lock(mutex_);
  while (true) {
    run_timers(std::chrono::steady_clock::now());
    if (events_.empty()) {
      if (events_end_) return;
      if (auto timer = next_timer()) {
        event_added_.wait_until(lock, *timer);
      } else {
        event_added_.wait(lock);
      }
      continue;
    }
    Task task = std::move(events_.front());
    events_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it owns must not be destroyed under the lock
    lock.lock();
  }
}

void Session::Impl::set_state(SessionState state) {
  if (state_ == state || state_ == SessionState::closed) return;
  state_ = state;
  changed_.notify_all();
  event_added_.notify_all();
  post_event([this, state] {
    std::vector<std::function<void(SessionState)>> listeners;
    {
      MutexLock lock(mutex_);
      listeners = listeners_;
    }
    for (auto& listener : listeners) listener(state);
  });
}

void Session::Impl::on_state(std::function<void(SessionState)> listener) {
  MutexLock lock(mutex_);
  listeners_.push_back(std::move(listener));
}

Session::WatchId Session::Impl::watch(std::string path, WatchKind kind, WatchHandler handler) {
  MutexLock lock(mutex_);
  WatchId id = next_id_++;
  watched_paths_[id] = path;
  watches_[std::move(path)].push_back({id, kind, std::make_shared<WatchHandler>(std::move(handler))});
  return id;
}

void Session::Impl::unwatch(WatchId id) {
  MutexLock lock(mutex_);
  auto path = watched_paths_.extract(id);
  if (path.empty()) return;
  auto found = watches_.find(path.mapped());
  std::erase_if(found->second, [id](const Watch& w) { return w.id == id; });
  if (found->second.empty()) watches_.erase(found);
  if (std::this_thread::get_id() == event_thread_.get_id()) return;
  handler_done_.wait(lock, [&] { return calling_ != id; });
}

void Session::Impl::on_handle_watch(uint64_t generation, HandleWatch type, std::string path) {
  static_assert(static_cast<int>(HandleWatch::children_changed) == static_cast<int>(WatchType::children_changed));
  MutexLock lock(mutex_);
  if (generation != generation_) return;
  post_event([this, event = WatchEvent{static_cast<WatchType>(type), std::move(path), generation}] { deliver(event); });
}

void Session::Impl::deliver(const WatchEvent& event) {
  MutexLock lock(mutex_);
  auto wanted = [&](const Watch& w) {
    if (event.type == WatchType::deleted) return true;  // fires both kinds of watch
    return (event.type == WatchType::children_changed) == (w.kind == WatchKind::children);
  };
  std::vector<WatchId> ids;
  if (auto found = watches_.find(event.path); found != watches_.end()) {
    for (const auto& w : found->second) {
      if (wanted(w)) ids.push_back(w.id);
    }
  }
  for (WatchId id : ids) {
    // Looked up anew for each: the lock was open meanwhile. An event of a session that is over is dropped.
    if (event.generation != generation_ || state_ == SessionState::closed) return;
    auto found = watches_.find(event.path);
    if (found == watches_.end()) return;
    auto w = std::find_if(found->second.begin(), found->second.end(), [id](const Watch& x) { return x.id == id; });
    if (w == found->second.end()) continue;
    auto handler = w->handler;
    calling_ = id;
    lock.unlock();
    (*handler)(event);
    handler.reset();
    lock.lock();
    calling_ = 0;
    handler_done_.notify_all();
  }
}

}  // namespace meerkat::zk
