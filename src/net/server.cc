#include "net/server.h"

#include <glog/logging.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/acceptor.h"
#include "net/cold_reads.h"
#include "net/connection.h"
#include "net/connection_quotas.h"
#include "net/net_loop.h"

namespace meerkat::net {

namespace {

using std::chrono::milliseconds;

// A shorter queue makes clients that come in a burst wait for a second SYN, which takes a second.
constexpr int kLeastBacklog = 1024;

int64_t budget_limit(const ServerConfig& config) {
  if (config.queued_max_request_bytes > 0) return config.queued_max_request_bytes;
  return std::max<int64_t>(256 << 20, 2LL * config.request_max_bytes);
}

}  // namespace

struct Server::Impl {
  const ServerConfig config;
  FrameHandler& handler;
  const std::shared_ptr<Buffers> buffers;
  std::unique_ptr<ColdReads> cold_reads;
  ConnectionQuotas quotas;
  std::atomic<uint64_t> next_id{1};

  mutable Mutex mutex;
  std::vector<std::shared_ptr<NetLoop>> loops GUARDED_BY(mutex);
  size_t active_loops GUARDED_BY(mutex) = 0;  // those that get new connections
  size_t next_loop GUARDED_BY(mutex) = 0;
  size_t next_victim GUARDED_BY(mutex) = 0;
  bool stopped GUARDED_BY(mutex) = false;

  // How many connections are open, for stop().
  std::condition_variable_any all_closed;
  int64_t open_connections GUARDED_BY(mutex) = 0;

  std::unique_ptr<Acceptor> acceptor;  // on the first loop
  event::Timer trimmer;                // on the first loop

  Impl(ServerConfig c, FrameHandler& h)
      : config(std::move(c)),
        handler(h),
        buffers(std::make_shared<Buffers>(budget_limit(config))),
        cold_reads(config.disk ? std::make_unique<PoolColdReads>(*config.disk) : nullptr),
        quotas(config.limits, config.protected_listener, Clock::system(), [this] { room(); }) {
    set_threads(config.network_threads);
    event::Loop& first = loops.front()->loop();
    acceptor = std::make_unique<Acceptor>(
        first, quotas,
        [this](Descriptor fd, const Address& from, const Endpoint& endpoint) { take(std::move(fd), from, endpoint); },
        [this] { close_another(); });
    first.post([this, &first] { trimmer = first.every(milliseconds(1000), [this] { buffers->pool.trim(); }); });
  }

  event::Loop& first() {
    MutexLock lock(mutex);
    return loops.front()->loop();
  }

  std::vector<std::shared_ptr<NetLoop>> all() const {
    MutexLock lock(mutex);
    return loops;
  }

  void set_threads(int threads) {
    MutexLock lock(mutex);
    if (stopped) return;
    active_loops = static_cast<size_t>(std::max(threads, 1));
    while (loops.size() < active_loops) {
      ConnectionSettings settings;
      settings.request_max_bytes = config.request_max_bytes;
      settings.max_idle_ms = config.max_idle_ms;
      settings.handler = &handler;
      settings.cold_reads = cold_reads.get();
      settings.buffers = buffers;
      settings.on_closed = [this](const Peer& peer) { closed(peer); };
      loops.push_back(std::make_shared<NetLoop>("net-" + std::to_string(loops.size()), std::move(settings)));
      loops.back()->start();
    }
  }

  /// Runs `task` on the first loop and waits until it is done, or dropped since the loop has ended.
  void on_first(Task task) {
    auto done = std::make_shared<std::promise<void>>();
    auto finished = done->get_future();
    first().post([task = std::move(task), done = std::move(done)]() mutable {
      task();
      done->set_value();
    });
    finished.wait();
  }

  void room() {
    first().post([this] { acceptor->room(); });
  }

  // On the first loop: a connection was accepted.
  void take(Descriptor fd, const Address& from, const Endpoint& endpoint) {
    std::shared_ptr<NetLoop> home;
    {
      MutexLock lock(mutex);
      home = loops[next_loop++ % active_loops];
      ++open_connections;
    }
    auto peer = std::make_shared<Peer>();
    peer->id = next_id++;
    peer->listener = endpoint.listener;
    peer->security_protocol = endpoint.security_protocol;
    peer->host = host_of(from);
    peer->port = port_of(from);
    peer->loop = &home->loop();
    auto transport = std::make_unique<PlainTransport>(fd.get());
    auto connection = std::make_shared<Connection>(home, std::move(fd), std::move(transport), std::move(peer));
    if (home->loop().in_loop()) return connection->open();
    event::Loop& loop = home->loop();
    loop.post([connection = std::move(connection)] { connection->open(); });
  }

  void closed(const Peer& peer) {
    quotas.remove(peer.listener, peer.host);
    MutexLock lock(mutex);
    if (--open_connections == 0) all_closed.notify_all();
  }

  // max.connections is reached and the protected listener took one more: another listener's connection goes.
  void close_another() { close_another_of(all(), 0); }

  void close_another_of(std::vector<std::shared_ptr<NetLoop>> candidates, size_t tried) {
    if (tried == candidates.size()) return;
    size_t victim;
    {
      MutexLock lock(mutex);
      victim = next_victim++ % candidates.size();
    }
    const std::shared_ptr<NetLoop> loop = candidates[victim];
    loop->loop().post([this, loop, candidates = std::move(candidates), tried]() mutable {
      if (!loop->close_one(config.protected_listener)) close_another_of(std::move(candidates), tried + 1);
    });
  }

  void stop(milliseconds grace) {
    {
      MutexLock lock(mutex);
      if (std::exchange(stopped, true)) return;
    }
    on_first([this] {
      acceptor->close();
      trimmer.cancel();
    });
    const auto running = all();
    for (const auto& loop : running) loop->loop().post([loop] { loop->drain_all(); });
    {
      MutexLock lock(mutex);
      all_closed.wait_for(lock, grace, [this] { return open_connections == 0; });
      if (open_connections > 0 && grace.count() > 0) {
        LOG(INFO) << "closing " << open_connections << " connections whose answers did not leave in time";
      }
    }
    for (const auto& loop : running) loop->loop().post([loop] { loop->close_all([](const Peer&) { return true; }); });
    for (const auto& loop : running) loop->loop().stop();
  }
};

Server::Server(ServerConfig config, FrameHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(config), handler)) {}

Server::~Server() { stop(milliseconds(0)); }

Result<int> Server::bind(const Endpoint& endpoint) {
  const ServerConfig& config = impl_->config;
  auto socket = listen_on(endpoint.host, endpoint.port, std::max(config.backlog, kLeastBacklog),
                          config.send_buffer_bytes, config.receive_buffer_bytes);
  if (!socket.ok()) return fail("listener " + endpoint.listener + ": " + socket.error().message, socket.error().code);
  const int port = local_port(socket->get());
  impl_->on_first([&] { impl_->acceptor->add(endpoint, std::move(*socket)); });
  return port;
}

void Server::enable_processing() {
  impl_->on_first([this] { impl_->acceptor->enable(); });
}

void Server::unbind(const std::string& listener) {
  impl_->on_first([&] { impl_->acceptor->remove(listener); });
  for (const auto& loop : impl_->all()) {
    loop->loop().post(
        [loop, listener] { loop->close_all([&](const Peer& peer) { return peer.listener == listener; }); });
  }
}

void Server::set_limits(ConnectionLimits limits) { impl_->quotas.set_limits(std::move(limits)); }
void Server::set_network_threads(int threads) { impl_->set_threads(threads); }
void Server::stop(milliseconds grace) { impl_->stop(grace); }

std::vector<event::Loop*> Server::loops() const {
  std::vector<event::Loop*> result;
  for (const auto& loop : impl_->all()) result.push_back(&loop->loop());
  return result;
}

ServerMetrics Server::metrics() const {
  ServerMetrics m;
  for (const auto& loop : impl_->all()) {
    const LoopCounters& c = loop->counters();
    m.connections_accepted += c.accepted.get();
    m.connections_closed += c.closed.get();
    m.idle_connections_killed += c.idle_killed.get();
    m.requests += c.requests.get();
    m.bytes_in += c.bytes_in.get();
    m.bytes_out += c.bytes_out.get();
    m.cold_reads += c.cold_reads.get();
  }
  m.connections = m.connections_accepted - m.connections_closed;
  m.connections_refused = impl_->acceptor->refused();
  m.accept_failures = impl_->acceptor->failures();
  m.request_memory_used = impl_->buffers->budget.used();
  m.request_memory_limit = impl_->buffers->budget.limit();
  return m;
}

}  // namespace meerkat::net
