#include "net/acceptor.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace meerkat::net {

namespace {

constexpr int kAcceptsATurn = 64;
constexpr int64_t kPauseWithoutDescriptorsMs = 100;

int descriptors_for_clients() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1 << 30;
  const auto all = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
  return all - std::min(256, all / 8);
}

Descriptor open_reserve() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

struct Acceptor::Listener {
  Acceptor* owner;
  Endpoint endpoint;
  Descriptor socket;
  ::event event;
  event::Timer pause;
  bool armed = false;
  bool awaits_room = false;
};

Acceptor::Acceptor(event::Loop& loop, ConnectionQuotas& quotas, Take take, std::function<void()> make_room)
    : loop_(loop),
      quotas_(quotas),
      take_(std::move(take)),
      make_room_(std::move(make_room)),
      reserve_(open_reserve()),
      descriptors_for_clients_(descriptors_for_clients()) {}

Acceptor::~Acceptor() = default;

void Acceptor::add(Endpoint endpoint, Descriptor socket) {
  auto listener = std::make_unique<Listener>();
  listener->owner = this;
  listener->endpoint = std::move(endpoint);
  listener->socket = std::move(socket);
  const auto ready = [](evutil_socket_t, short, void* self) {
    auto* l = static_cast<Listener*>(self);
    l->owner->accept_some(*l);
  };
  event_assign(&listener->event, loop_.base(), listener->socket.get(), EV_READ | EV_PERSIST, ready, listener.get());
  listeners_.push_back(std::move(listener));
  if (enabled_) arm(*listeners_.back(), true);
}

void Acceptor::enable() {
  enabled_ = true;
  for (auto& listener : listeners_) arm(*listener, true);
}

void Acceptor::remove(const std::string& name) {
  std::erase_if(listeners_, [&](auto& listener) {
    if (listener->endpoint.listener != name) return false;
    arm(*listener, false);
    return true;
  });
}

void Acceptor::close() {
  for (auto& listener : listeners_) arm(*listener, false);
  listeners_.clear();
}

void Acceptor::room() {
  for (auto& listener : listeners_) {
    if (std::exchange(listener->awaits_room, false)) arm(*listener, true);
  }
}

void Acceptor::arm(Listener& listener, bool on) {
  if (listener.armed == on) return;
  listener.armed = on;
  on ? event_add(&listener.event, nullptr) : event_del(&listener.event);
}

void Acceptor::pause(Listener& listener, int64_t ms) {
  arm(listener, false);
  listener.pause = loop_.after(std::chrono::milliseconds(ms), [this, &listener] { arm(listener, true); });
}

void Acceptor::accept_some(Listener& listener) {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    if (!accept_one(listener)) return;
  }
}

bool Acceptor::accept_one(Listener& listener) {
  const ConnectionQuotas::Turn turn = quotas_.next(listener.endpoint.listener);
  if (turn.kind == ConnectionQuotas::Turn::wait_for_close) {
    LOG_EVERY_T(WARNING, 10) << "listener " << listener.endpoint.listener
                             << ": max.connections is reached; further clients wait until a connection closes";
    listener.awaits_room = true;
    arm(listener, false);
    return false;
  }
  if (turn.kind == ConnectionQuotas::Turn::wait_for_rate) {
    pause(listener, turn.wait_ms);
    return false;
  }
  Address from;
  from.length = sizeof from.storage;
  Descriptor fd(::accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&from.storage), &from.length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.open()) {
    admit(listener, std::move(fd), from, turn.kind == ConnectionQuotas::Turn::accept_and_close_one);
    return true;
  }
  const int error = errno;
  if (error == EAGAIN) return false;
  if (error == ECONNABORTED || error == EINTR || error == EPROTO) return true;
  failures_.add(1);
  if (error == EMFILE || error == ENFILE) {
    out_of_descriptors(listener);
    return false;
  }
  LOG_EVERY_T(ERROR, 10) << "listener " << listener.endpoint.listener << ": accept failed: " << std::strerror(error);
  pause(listener, kPauseWithoutDescriptorsMs);
  return false;
}

void Acceptor::admit(Listener& listener, Descriptor fd, const Address& from, bool close_another) {
  const std::string host = host_of(from);
  if (fd.get() >= descriptors_for_clients_) {
    failures_.add(1);
    LOG_EVERY_T(WARNING, 10) << "refusing connections: of the file descriptors those from " << descriptors_for_clients_
                             << " on are kept for logs; raise the limit (ulimit -n)";
    return;
  }
  if (!quotas_.add(listener.endpoint.listener, host)) {
    refused_.add(1);
    LOG_EVERY_T(INFO, 1) << "refusing a connection from " << host << ": it already has " << quotas_.limit_of(host)
                         << " (max.connections.per.ip and its overrides)";
    return;
  }
  if (close_another) make_room_();
  take_(std::move(fd), from, listener.endpoint);
}

// Clients are told by a close rather than left in the queue; then the loop does something else for a while.
void Acceptor::out_of_descriptors(Listener& listener) {
  LOG_EVERY_T(WARNING, 10) << "no file descriptor is left: refusing connections; raise the limit (ulimit -n)";
  reserve_.reset();
  for (int i = 0; i < kAcceptsATurn; ++i) {
    if (!Descriptor(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC)).open()) break;
  }
  reserve_ = open_reserve();
  pause(listener, kPauseWithoutDescriptorsMs);
}

}  // namespace meerkat::net
