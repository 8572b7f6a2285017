// Which connections may come in: max.connections, max.connections.per.ip, max.connection.creation.rate.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/server.h"

namespace meerkat::net {

/// Counts connections and holds them to the limits. Thread-safe: connections close on their own loops.
class ConnectionQuotas {
 public:
  /// `on_release` is called (any thread) when a connection closes while an acceptor waits for one.
  ConnectionQuotas(ConnectionLimits limits, std::string protected_listener, Clock& clock,
                   std::function<void()> on_release);

  void set_limits(ConnectionLimits limits);

  /// What an acceptor has to do before it accepts on `listener`.
  struct Turn {
    enum Kind {
      accept,
      wait_for_close,       // until on_release
      wait_for_rate,        // for `wait_ms`
      accept_and_close_one  // accept on the protected listener, and close a connection of another one
    } kind = accept;
    int64_t wait_ms = 0;
  };
  Turn next(const std::string& listener);

  /// Counts a connection that was accepted; false if its address has too many: that one counts against the rate only.
  bool add(const std::string& listener, const std::string& host);
  void remove(const std::string& listener, const std::string& host);
  int limit_of(const std::string& host) const;

 private:
  // Lets `rate` begin a second, and as many at once after a second without any.
  struct Bucket {
    bool used = false;
    double tokens = 0;
    int64_t filled_us = 0;
  };
  int64_t wait_of(Bucket& bucket, int rate, int64_t now_us) REQUIRES(mutex_);
  int limit_locked(const std::string& host) const REQUIRES(mutex_);

  const std::string protected_listener_;
  Clock& clock_;
  const std::function<void()> on_release_;
  mutable Mutex mutex_;
  ConnectionLimits limits_ GUARDED_BY(mutex_);
  int total_ GUARDED_BY(mutex_) = 0;
  bool awaited_ GUARDED_BY(mutex_) = false;
  std::unordered_map<std::string, int> by_listener_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, int> by_host_ GUARDED_BY(mutex_);
  Bucket bucket_ GUARDED_BY(mutex_);
  std::unordered_map<std::string, Bucket> listener_buckets_ GUARDED_BY(mutex_);
};

}  // namespace meerkat::net
