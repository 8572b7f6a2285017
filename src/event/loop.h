// One libevent loop and the thread that runs it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/task.h"

struct event_base;

namespace meerkat::event {

/// A timer that has been set; destroying or cancelling it (on the loop's thread) keeps it from firing.
class Timer {
 public:
  Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();
  void cancel();
  bool active() const;

 private:
  friend class Loop;
  struct State;
  std::unique_ptr<State> state_;
};

/// An event loop with a thread of its own. Tasks posted to it run there, one at a time, in the order of posting.
class Loop {
 public:
  /// `name`: the thread's name (at most 15 characters).
  explicit Loop(std::string name);
  ~Loop();  // stops and joins
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  /// Runs what was posted before, then ends the thread and joins it. Not from the loop itself.
  void stop();

  /// Any thread. Never runs `task` inline, not even on the loop. After stop() tasks are dropped (destroyed).
  void post(Task task);
  class Remote;
  /// For posting from where nobody can tell whether the loop still exists.
  Remote remote() const;
  /// Loop thread only. Fires once after `delay`.
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, Task task);
  /// Loop thread only. Fires every `period` until cancelled.
  [[nodiscard]] Timer every(std::chrono::milliseconds period, Task task);
  /// Whether the caller is on this loop's thread.
  bool in_loop() const;
  /// Loop thread only: for registering file events.
  event_base* base();
  const std::string& name() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Posts to a loop; once that is stopped or gone, tasks are dropped. Copyable, any thread.
class Loop::Remote {
 public:
  void post(Task task) const;

 private:
  friend class Loop;
  explicit Remote(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace meerkat::event
