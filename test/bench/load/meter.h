// Counts what a run did and how long its requests took.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace meerkat::bench {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

/// CPU seconds (user and system) that these processes have used so far; one that is gone counts as nothing.
double cpu_seconds(const std::vector<int>& pids);

/// Used on one thread. Latencies are kept one by one, in microseconds, four bytes each.
class Meter {
 public:
  explicit Meter(std::vector<int> pids) : pids_(std::move(pids)) {}

  /// The measured time begins.
  void start();
  /// One request has been answered with so many records and bytes.
  void count(int64_t records, int64_t bytes);
  void latency(Clock::duration took);
  /// The measured time ended with what has just been counted; may be told again and again.
  void touch() { end_ = Clock::now(); }
  /// Keeps the first one for standard error.
  void error(const std::string& what);
  int64_t errors() const { return errors_; }
  int64_t bytes() const { return now_.bytes; }
  Moment started() const { return start_; }

  /// One JSON object (a line) of what has happened since the last window(), or since start().
  std::string window();
  /// One JSON object of the whole run; `mode` is the first field.
  std::string total(const std::string& mode);

 private:
  struct Sums {
    int64_t requests = 0, records = 0, bytes = 0;
  };
  static std::string describe(const Sums& sums, double seconds, std::vector<uint32_t> latencies_us);

  const std::vector<int> pids_;
  Moment start_, end_, window_start_;
  Sums now_, window_;
  size_t window_latencies_ = 0;          // index of the first one of the window
  double broker_cpu_ = 0, own_cpu_ = 0;  // at the start
  int64_t errors_ = 0;
  std::vector<uint32_t> latencies_us_;
};

}  // namespace meerkat::bench
