// One network thread: a loop, its connections, and what they share.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "event/loop.h"
#include "net/buffers.h"
#include "net/cold_reads.h"
#include "net/counters.h"
#include "net/handler.h"

namespace meerkat::net {

class Connection;

/// What connections take from the server's configuration.
struct ConnectionSettings {
  int32_t request_max_bytes = 0;
  int64_t max_idle_ms = 0;  // < 0: never
  FrameHandler* handler = nullptr;
  ColdReads* cold_reads = nullptr;  // may be null
  std::shared_ptr<Buffers> buffers;
  std::function<void(const Peer&)> on_closed;  // any loop
};

/// Everything on the loop's thread unless said otherwise. Held by its connections, so that a responder that comes late
/// still finds it.
class NetLoop : public std::enable_shared_from_this<NetLoop> {
 public:
  NetLoop(const std::string& name, ConnectionSettings settings);
  ~NetLoop();

  /// Starts the thread. From the server's thread.
  void start();
  void add(const std::shared_ptr<Connection>& connection);
  /// Called by a connection that closed.
  void remove(Connection& connection);
  /// Has Connection::work() called when the events at hand are dealt with.
  void work_later(Connection& connection);
  /// Closes the connection that was idle for longest among those whose listener is not `except`; false if none.
  bool close_one(const std::string& except);
  void close_all(const std::function<bool(const Peer&)>& which);
  void drain_all();

  event::Loop& loop() { return loop_; }
  const ConnectionSettings& settings() const { return settings_; }
  Scratch& scratch() { return scratch_; }
  /// Where a connection collects frames that may be handled together; empty whenever it does not read.
  std::vector<Arrival>& arrivals() { return arrivals_; }
  LoopCounters& counters() { return counters_; }
  size_t connections() const { return connections_.size(); }
  int64_t now() const { return ticks_; }  // in ticks, see Connection::tick()

 private:
  void tick();
  void work();

  const ConnectionSettings settings_;
  event::Loop loop_;
  Scratch scratch_;
  std::vector<Arrival> arrivals_;
  LoopCounters counters_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Connection>> work_list_, working_;
  event::Timer ticker_;
  int64_t ticks_ = 0;
  int64_t idle_ticks_ = 0;  // a connection without activity for more ticks is closed; < 0: never
};

}  // namespace meerkat::net
