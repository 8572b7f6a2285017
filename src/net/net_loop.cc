#include "net/net_loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/connection.h"

namespace meerkat::net {

namespace {

std::chrono::milliseconds tick_of(int64_t max_idle_ms) {
  return std::chrono::milliseconds(max_idle_ms < 0 ? 1000 : std::clamp<int64_t>(max_idle_ms / 10, 5, 1000));
}

}  // namespace

NetLoop::NetLoop(const std::string& name, ConnectionSettings settings)
    : settings_(std::move(settings)), loop_(name), scratch_(settings_.buffers) {
  const int64_t idle = settings_.max_idle_ms;
  // One more tick, since a byte may come right before the first is counted.
  idle_ticks_ = idle < 0 ? -1 : idle / tick_of(idle).count() + 1;
}

NetLoop::~NetLoop() = default;

void NetLoop::start() {
  loop_.start();
  loop_.post([this] { ticker_ = loop_.every(tick_of(settings_.max_idle_ms), [this] { tick(); }); });
}

void NetLoop::add(const std::shared_ptr<Connection>& connection) {
  connection->position = connections_.size();
  connections_.push_back(connection);
  counters_.accepted.add(1);
}

void NetLoop::remove(Connection& connection) {
  std::shared_ptr<Connection>& place = connections_[connection.position];
  work_later(connection);  // keeps it alive while its own functions are still running
  connections_.back()->position = connection.position;
  if (&place != &connections_.back()) place = std::move(connections_.back());
  connections_.pop_back();
  counters_.closed.add(1);
  settings_.on_closed(connection.peer());
}

void NetLoop::work_later(Connection& connection) {
  if (connection.in_work_list) return;
  connection.in_work_list = true;
  if (work_list_.empty()) loop_.post([this] { work(); });
  work_list_.push_back(connection.shared_from_this());
}

void NetLoop::work() {
  working_.swap(work_list_);
  for (auto& connection : working_) {
    connection->in_work_list = false;
    connection->work();
  }
  working_.clear();
}

bool NetLoop::close_one(const std::string& except) {
  Connection* oldest = nullptr;
  for (const auto& c : connections_) {
    if (c->peer().listener != except && (!oldest || c->last_active() < oldest->last_active())) oldest = c.get();
  }
  if (oldest) oldest->close();
  return oldest != nullptr;
}

void NetLoop::close_all(const std::function<bool(const Peer&)>& which) {
  for (size_t i = connections_.size(); i-- > 0;) {
    if (which(connections_[i]->peer())) connections_[i]->close();
  }
}

void NetLoop::drain_all() {
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->drain();
}

void NetLoop::tick() {
  ++ticks_;
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->tick(ticks_, idle_ticks_);
}

}  // namespace meerkat::net
