// The broker's listening side: endpoints, the loops that own the connections, limits, counters.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "event/loop.h"
#include "event/pool.h"
#include "net/handler.h"

namespace meerkat::net {

/// A bound endpoint.
struct Endpoint {
  std::string listener;
  std::string security_protocol;
  std::string host;  // empty: all interfaces
  int port = 0;      // 0: any free one
};

/// How many connections there may be; all may change while the server runs. The defaults mean "no limit".
struct ConnectionLimits {
  int max_connections = 2147483647;                       // max.connections: accepting waits until one closes
  int max_connections_per_ip = 2147483647;                // max.connections.per.ip: closed as soon as accepted
  std::unordered_map<std::string, int> per_ip_overrides;  // max.connections.per.ip.overrides, by host name or address
  int max_creation_rate = 2147483647;                     // max.connection.creation.rate: a second; accepting waits
  std::unordered_map<std::string, int> listener_max_connections;    // listener.name.L.max.connections, by listener
  std::unordered_map<std::string, int> listener_max_creation_rate;  // listener.name.L.max.connection.creation.rate
};

/// What the server takes from the broker's configuration.
struct ServerConfig {
  int network_threads = 3;                        // num.network.threads, for all endpoints together
  int32_t request_max_bytes = 100 * 1024 * 1024;  // socket.request.max.bytes
  int64_t queued_max_request_bytes = -1;  // bound of request bytes in memory; -1: an own bound of 256 MiB or more
  int send_buffer_bytes = -1;             // socket.send.buffer.bytes; -1: the kernel's choice (it tunes itself)
  int receive_buffer_bytes = -1;          // socket.receive.buffer.bytes; likewise
  int backlog = 50;                       // socket.listen.backlog.size; raised to 1024
  int64_t max_idle_ms = 600'000;          // connections.max.idle.ms; < 0: never
  std::string protected_listener;  // the inter-broker listener where there are others, too: max.connections closes
                                   // an idle connection of another listener instead of making it wait
  ConnectionLimits limits;
  event::Pool* disk = nullptr;  // reads file ranges that are not in the page cache; null: the loop reads them itself
};

/// Counters since the start, added up over all loops; gauges are marked.
struct ServerMetrics {
  int64_t connections = 0;           // gauge
  int64_t connections_accepted = 0;  // counted when a loop took them over
  int64_t connections_closed = 0;
  int64_t connections_refused = 0;      // over a limit per address
  int64_t accept_failures = 0;          // no file descriptor left, and other errors of accept
  int64_t idle_connections_killed = 0;  // connections.max.idle.ms
  int64_t requests = 0;                 // frames delivered
  int64_t bytes_in = 0;
  int64_t bytes_out = 0;
  int64_t request_memory_used = 0;   // gauge
  int64_t request_memory_limit = 0;  // gauge
  int64_t cold_reads = 0;            // times a file range had to be read by the disk pool first
};

/// Listens on several endpoints and gives each connection to one of N loops (named net-0 …). Thread-safe, but nothing
/// that changes it may be called from one of its loops. The handler must outlive the server.
class Server {
 public:
  /// Starts the loops; nothing is bound yet.
  Server(ServerConfig config, FrameHandler& handler);
  ~Server();  // stop() without grace
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and listens, and gives the port. Clients can connect from now on, but wait for enable_processing().
  /// The error names the address and the cure.
  Result<int> bind(const Endpoint& endpoint);
  /// Starts to accept and to deliver frames, on endpoints bound now and later.
  void enable_processing();
  /// Stops listening on one endpoint and closes its connections. Nothing if there is no such listener.
  void unbind(const std::string& listener);

  /// Replaces the limits; connections that exist stay.
  void set_limits(ConnectionLimits limits);
  /// New connections go to the first `threads` loops; loops are added as needed.
  void set_network_threads(int threads);

  /// Stops accepting and reading, lets the answers that are due go out for at most `grace`, closes everything, ends
  /// the loops.
  void stop(std::chrono::milliseconds grace);

  /// The loops in order; they live as long as the server.
  std::vector<event::Loop*> loops() const;
  ServerMetrics metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meerkat::net
