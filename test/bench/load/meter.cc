#include "test/bench/load/meter.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

namespace meerkat::bench {

namespace {

double seconds(Clock::duration d) { return std::chrono::duration<double>(d).count(); }

/// In milliseconds; 0 if there are none. Reorders.
double percentile(std::vector<uint32_t>& latencies_us, double part) {
  if (latencies_us.empty()) return 0;
  const auto rank =
      std::min(latencies_us.size() - 1, static_cast<size_t>(part * static_cast<double>(latencies_us.size())));
  std::nth_element(latencies_us.begin(), latencies_us.begin() + static_cast<ptrdiff_t>(rank), latencies_us.end());
  return latencies_us[rank] / 1e3;
}

double own_cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

double cpu_seconds(const std::vector<int>& pids) {
  double ticks = 0;
  for (const int pid : pids) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    const size_t name_end = stat.rfind(')');  // the program's name may hold anything
    if (name_end == std::string::npos) continue;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string field;
    constexpr int kUserTime = 12, kSystemTime = 13;  // counted from behind the name
    for (int i = 1; i <= kSystemTime && fields >> field; ++i) {
      if (i >= kUserTime) ticks += std::stod(field);
    }
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void Meter::start() {
  now_ = window_ = {};
  window_latencies_ = 0;
  latencies_us_.clear();
  broker_cpu_ = cpu_seconds(pids_);
  own_cpu_ = own_cpu_seconds();
  start_ = end_ = window_start_ = Clock::now();
}

void Meter::count(int64_t records, int64_t bytes) {
  ++now_.requests;
  now_.records += records;
  now_.bytes += bytes;
}

void Meter::latency(Clock::duration took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  latencies_us_.push_back(static_cast<uint32_t>(std::clamp<int64_t>(us, 0, UINT32_MAX)));
}

void Meter::error(const std::string& what) {
  if (errors_++ == 0) std::fprintf(stderr, "load: %s\n", what.c_str());
}

std::string Meter::window() {
  const Moment end = Clock::now();
  const Sums since{now_.requests - window_.requests, now_.records - window_.records, now_.bytes - window_.bytes};
  char head[64];
  std::snprintf(head, sizeof head, "{\"mode\":\"window\",\"at\":%.3f,", seconds(end - start_));
  std::string line =
      head +
      describe(since, seconds(end - window_start_),
               {latencies_us_.begin() + static_cast<ptrdiff_t>(window_latencies_), latencies_us_.end()}) +
      "}";
  window_ = now_;
  window_start_ = end;
  window_latencies_ = latencies_us_.size();
  return line;
}

std::string Meter::total(const std::string& mode) {
  char tail[160];
  std::snprintf(tail, sizeof tail, ",\"errors\":%lld,\"broker_cpu_s\":%.2f,\"client_cpu_s\":%.2f}",
                static_cast<long long>(errors_), cpu_seconds(pids_) - broker_cpu_, own_cpu_seconds() - own_cpu_);
  return "{\"mode\":\"" + mode + "\"," + describe(now_, seconds(end_ - start_), latencies_us_) + tail;
}

std::string Meter::describe(const Sums& sums, double seconds, std::vector<uint32_t> latencies_us) {
  const double p50 = percentile(latencies_us, 0.5), p99 = percentile(latencies_us, 0.99),
               p999 = percentile(latencies_us, 0.999), max = percentile(latencies_us, 1);
  const double rate = seconds > 0 ? 1 / seconds : 0;
  char text[400];
  std::snprintf(text, sizeof text,
                "\"seconds\":%.3f,\"requests\":%lld,\"records\":%lld,\"bytes\":%lld,\"requests_per_s\":%.1f,"
                "\"mb_per_s\":%.2f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f",
                seconds, static_cast<long long>(sums.requests), static_cast<long long>(sums.records),
                static_cast<long long>(sums.bytes), static_cast<double>(sums.requests) * rate,
                static_cast<double>(sums.bytes) * rate / 1e6, p50, p99, p999, max);
  return text;
}

}  // namespace meerkat::bench
