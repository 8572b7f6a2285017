#include "net/connection_quotas.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "net/socket.h"

namespace meerkat::net {

namespace {

constexpr int kNoLimit = 2147483647;

template <class M>
int find_or(const M& map, const std::string& key, int otherwise) {
  const auto it = map.find(key);
  return it == map.end() ? otherwise : it->second;
}

// Overrides may name hosts; connections have addresses.
ConnectionLimits by_address(ConnectionLimits limits) {
  std::unordered_map<std::string, int> overrides;
  for (const auto& [host, limit] : limits.per_ip_overrides) {
    const Addresses found = resolve_blocking(host, 0);
    if (!found.ok())
      overrides[host] = limit;
    else {
      for (const Address& address : *found) overrides[host_of(address)] = limit;
    }
  }
  limits.per_ip_overrides = std::move(overrides);
  return limits;
}

}  // namespace

ConnectionQuotas::ConnectionQuotas(ConnectionLimits limits, std::string protected_listener, Clock& clock,
                                   std::function<void()> on_release)
    : protected_listener_(std::move(protected_listener)),
      clock_(clock),
      on_release_(std::move(on_release)),
      limits_(by_address(std::move(limits))) {}

void ConnectionQuotas::set_limits(ConnectionLimits limits) {
  limits = by_address(std::move(limits));
  {
    MutexLock lock(mutex_);
    std::swap(limits_, limits);
    awaited_ = false;
  }
  on_release_();  // who waits under the old limits looks again
}

ConnectionQuotas::Turn ConnectionQuotas::next(const std::string& listener) {
  MutexLock lock(mutex_);
  const bool is_protected = !protected_listener_.empty() && listener == protected_listener_;
  if (find_or(by_listener_, listener, 0) >= find_or(limits_.listener_max_connections, listener, kNoLimit) ||
      (total_ >= limits_.max_connections && !is_protected)) {
    awaited_ = true;
    return {Turn::wait_for_close};
  }
  const int64_t now = clock_.mono_us();
  Bucket& own = listener_buckets_[listener];
  const int64_t wait = std::max(wait_of(bucket_, limits_.max_creation_rate, now),
                                wait_of(own, find_or(limits_.listener_max_creation_rate, listener, kNoLimit), now));
  if (wait > 0) return {Turn::wait_for_rate, wait};
  return {total_ >= limits_.max_connections ? Turn::accept_and_close_one : Turn::accept};
}

int64_t ConnectionQuotas::wait_of(Bucket& bucket, int rate, int64_t now_us) {
  const double room = std::max(rate, 1);
  const double passed = static_cast<double>(now_us - bucket.filled_us) / 1e6;
  bucket.tokens = bucket.used ? std::min(room, bucket.tokens + passed * room) : room;
  bucket.used = true;
  bucket.filled_us = now_us;
  if (bucket.tokens >= 1) return 0;
  return static_cast<int64_t>(std::ceil((1 - bucket.tokens) / room * 1000));
}

bool ConnectionQuotas::add(const std::string& listener, const std::string& host) {
  MutexLock lock(mutex_);
  bucket_.tokens -= 1;
  listener_buckets_[listener].tokens -= 1;
  int& of_host = by_host_[host];
  if (of_host >= limit_locked(host)) {
    if (of_host == 0) by_host_.erase(host);
    return false;
  }
  ++of_host;
  ++by_listener_[listener];
  ++total_;
  return true;
}

void ConnectionQuotas::remove(const std::string& listener, const std::string& host) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (auto it = by_host_.find(host); it != by_host_.end() && --it->second == 0) by_host_.erase(it);
    --by_listener_[listener];
    --total_;
    std::swap(wake, awaited_);
  }
  if (wake) on_release_();
}

int ConnectionQuotas::limit_of(const std::string& host) const {
  MutexLock lock(mutex_);
  return limit_locked(host);
}

int ConnectionQuotas::limit_locked(const std::string& host) const {
  return find_or(limits_.per_ip_overrides, host, limits_.max_connections_per_ip);
}

}  // namespace meerkat::net
