// What a loop counts; other threads may read it at any time.
#pragma once

#include <atomic>
#include <cstdint>

namespace meerkat::net {

/// Written by one thread, read by any.
class Counter {
 public:
  void add(int64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

struct alignas(64) LoopCounters {
  Counter accepted, closed, idle_killed, requests, bytes_in, bytes_out, cold_reads;
};

}  // namespace meerkat::net
