// Many answers, from several threads, into one.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/task.h"

namespace meerkat {

/// Collects a known number of parts; the thread that brings the last one calls back with all of them in order.
template <class Part>
class Gather {
 public:
  static std::shared_ptr<Gather> of(size_t count, Callback<std::vector<Part>> done) {
    auto gather = std::make_shared<Gather>(count, std::move(done));
    if (count == 0) gather->done_({});
    return gather;
  }
  Gather(size_t count, Callback<std::vector<Part>> done) : parts_(count), left_(count), done_(std::move(done)) {}

  /// Each index once.
  void put(size_t index, Part part) {
    parts_[index] = std::move(part);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_(std::move(parts_));
  }

 private:
  std::vector<Part> parts_;
  std::atomic<size_t> left_;
  Callback<std::vector<Part>> done_;
};

}  // namespace meerkat
