// How background work wakes the one thread that uses a client object, and how another thread wakes it up for good.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <optional>

#include "base/mutex.h"
#include "base/result.h"
#include "client/network.h"

namespace meerkat::client {

/// Counts events, so that none is lost between looking and waiting. Thread-safe.
class Signal {
 public:
  using Time = std::chrono::steady_clock::time_point;

  uint64_t count() const {
    MutexLock lock(mutex_);
    return count_;
  }
  /// Something has changed.
  void poke() {
    MutexLock lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  /// Waits until there were more than `seen` events, or somebody called wakeup(), or `deadline`.
  void wait_past(uint64_t seen, Time deadline) {
    MutexLock lock(mutex_);
    while (count_ <= seen && !woken_) {
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) return;
    }
  }
  /// Ends the present wait or the next one.
  void wakeup() {
    MutexLock lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }
  /// Whether wakeup() was called since the last time this was asked.
  bool take_wakeup() {
    MutexLock lock(mutex_);
    return std::exchange(woken_, false);
  }

 private:
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  uint64_t count_ GUARDED_BY(mutex_) = 0;
  bool woken_ GUARDED_BY(mutex_) = false;
};

/// An answer that may not be there yet. Pokes a Signal when it comes.
template <class Response>
class Answer {
 public:
  template <class Request>
  static Answer to(Network& network, const HostPort& broker, Request request, std::shared_ptr<Signal> signal,
                   CallOptions options = {}) {
    Answer answer;
    network.loop().post([&network, broker, options, request = std::move(request), slot = answer.slot_,
                         signal = std::move(signal)]() mutable {
      network.call<Request, Response>(
          broker, std::move(request),
          [slot, signal = std::move(signal)](Result<Response> result) {
            {
              MutexLock lock(slot->mutex);
              slot->result = std::move(result);
            }
            signal->poke();
          },
          options);
    });
    return answer;
  }

  /// The answer, once; nothing while it is not there.
  std::optional<Result<Response>> take() {
    MutexLock lock(slot_->mutex);
    return std::exchange(slot_->result, std::nullopt);
  }

 private:
  struct Slot {
    Mutex mutex;
    std::optional<Result<Response>> result;
  };
  std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
};

}  // namespace meerkat::client
