#include "replica/throttle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace meerkat::replica {

Throttle::Throttle(Clock& clock, int samples, int64_t sample_ms)
    : clock_(clock), max_samples_(samples), sample_ms_(sample_ms) {}

void Throttle::purge(int64_t now_ms) {
  std::erase_if(samples_, [&](const Sample& s) { return now_ms - s.start_ms >= max_samples_ * sample_ms_; });
}

void Throttle::record(int64_t bytes) {
  const int64_t now = clock_.mono_ms();
  MutexLock lock(mutex_);
  purge(now);
  if (samples_.empty() || now - samples_.back().start_ms >= sample_ms_) samples_.push_back({.start_ms = now});
  samples_.back().bytes += bytes;
}

bool Throttle::exceeded() {
  if (!limited()) return false;
  const int64_t now = clock_.mono_ms();
  MutexLock lock(mutex_);
  purge(now);
  if (samples_.empty()) return false;
  int64_t bytes = 0;
  for (const Sample& s : samples_) bytes += s.bytes;
  const int64_t elapsed_ms = std::max(now - samples_.front().start_ms, sample_ms_);
  return static_cast<double>(bytes) * 1000 / static_cast<double>(elapsed_ms) >
         static_cast<double>(limit_.load(std::memory_order_relaxed));
}

bool is_throttled(const std::vector<std::string>& replicas, int32_t partition, int32_t broker) {
  if (replicas.empty()) return false;
  if (replicas.front() == "*") return true;
  return std::binary_search(replicas.begin(), replicas.end(), absl::StrCat(partition, ":", broker));
}

}  // namespace meerkat::replica
