// How many bytes a second users and clients may produce and fetch (KIP-13, KIP-55), as /config/users and
// /config/clients say. Who exceeds that gets his answer at once, and is not read for a while (KIP-219).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "cluster/config_entity.h"
#include "config/entries.h"

namespace meerkat::api {

/// A rate over the latest windows, as Kafka measures it: until that many have passed, as if they had been empty.
class WindowedRate {
 public:
  WindowedRate(int windows, int64_t window_ms) : windows_(windows), window_ms_(window_ms) {}

  void record(double amount, int64_t now_ms);
  /// What was recorded last did not happen.
  void take_back(double amount);
  /// How long whoever reached this rate has to be silent to be at `limit` (a second) again; 0 if he is below it.
  int64_t excess_ms(double limit, int64_t now_ms);
  int64_t last_used_ms() const { return samples_.empty() ? 0 : samples_.back().last_ms; }

 private:
  struct Sample {
    int64_t start_ms = 0;
    int64_t last_ms = 0;
    double amount = 0;
  };
  void forget_old(int64_t now_ms);

  const int windows_;
  const int64_t window_ms_;
  std::deque<Sample> samples_;
};

enum class Bandwidth { produce, fetch };

/// Thread-safe. Costs one atomic read as long as there are no quotas.
class BandwidthQuotas {
 public:
  struct Settings {
    int windows = 11;  // quota.window.num
    int64_t window_ms = 1000;
  };
  BandwidthQuotas(Settings settings, Clock& clock) : settings_(settings), clock_(clock) {}

  /// The entity's settings now; entities without quotas are welcome.
  void update(const cluster::ConfigEntity& entity, const config::Entries& settings);
  /// Counts `bytes`; for how long the connection is not to be read, in milliseconds.
  int throttle_ms(Bandwidth kind, const std::string& user, const std::string& client_id, int64_t bytes);
  /// The bytes that throttle_ms() has counted last were not sent after all.
  void take_back(Bandwidth kind, const std::string& user, const std::string& client_id, int64_t bytes);

 private:
  static constexpr size_t kKinds = 2;
  /// The entity whose quota counts, and those who share it.
  struct Applied {
    double limit = 0;
    std::string sharers;
  };
  std::optional<Applied> applied(size_t kind, const std::string& user, const std::string& client_id) const
      REQUIRES(mutex_);
  void drop_idle(int64_t now_ms) REQUIRES(mutex_);

  const Settings settings_;
  Clock& clock_;
  std::array<std::atomic<bool>, kKinds> any_{};
  mutable Mutex mutex_;
  std::array<std::map<cluster::ConfigEntity, double>, kKinds> limits_ GUARDED_BY(mutex_);
  std::array<std::map<std::string, WindowedRate>, kKinds> rates_ GUARDED_BY(mutex_);
  int64_t dropped_ms_ GUARDED_BY(mutex_) = 0;
};

}  // namespace meerkat::api
