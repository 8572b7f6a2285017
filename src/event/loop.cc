#include "event/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <glog/logging.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace meerkat::event {

namespace {

using Base = std::shared_ptr<event_base>;

// Rounds of posted tasks that post again before the loop looks at its file events.
constexpr int kRoundsBeforePoll = 8;

thread_local const void* current_loop = nullptr;

Base make_base() {
  event_config* config = event_config_new();
  // Everything but post() happens on the loop's own thread, so that the base needs no lock.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  CHECK(base != nullptr) << "no event base: are file descriptors left? (ulimit -n)";
  return Base(base, event_base_free);
}

timeval to_timeval(std::chrono::milliseconds t) {
  if (t.count() < 0) t = std::chrono::milliseconds(0);
  return {static_cast<time_t>(t.count() / 1000), static_cast<suseconds_t>(t.count() % 1000 * 1000)};
}

}  // namespace

// ---- Timer

struct Timer::State {
  Base base;  // keeps the base until the last timer is gone, so that timers may outlive their loop
  ::event event;
  Task task;
  bool periodic = false;
  bool active = true;
  bool* gone = nullptr;  // set while the task runs: where to note that it destroyed its own timer

  State(Base b, std::chrono::milliseconds delay, bool repeat, Task t)
      : base(std::move(b)), task(std::move(t)), periodic(repeat) {
    event_assign(&event, base.get(), -1, repeat ? EV_PERSIST : 0, fire, this);
    timeval tv = to_timeval(delay);
    event_add(&event, &tv);
  }
  ~State() {
    if (active) event_del(&event);
    if (gone) *gone = true;
  }

  static void fire(evutil_socket_t, short, void* self) { static_cast<State*>(self)->run(); }

  void run() {
    Task running = std::move(task);
    if (!periodic) {
      active = false;
      running();
      return;
    }
    bool destroyed = false;
    gone = &destroyed;
    running();
    if (destroyed) return;
    gone = nullptr;
    task = std::move(running);
  }
};

Timer::Timer() = default;
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&&) noexcept = default;
Timer::~Timer() = default;
void Timer::cancel() { state_.reset(); }
bool Timer::active() const { return state_ && state_->active; }

// ---- Loop

struct Loop::Impl {
  const std::string name;
  Base base = make_base();
  int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ::event wake_event;
  std::thread thread;

  Mutex mutex;
  std::vector<Task> posted GUARDED_BY(mutex);
  bool sleeping GUARDED_BY(mutex) = false;  // a post must wake the loop
  bool stopping GUARDED_BY(mutex) = false;
  bool stopped GUARDED_BY(mutex) = false;
  std::vector<Task> running;  // loop thread only; kept for its capacity

  explicit Impl(std::string n) : name(std::move(n)) {
    CHECK(wake_fd >= 0) << "no eventfd: are file descriptors left? (ulimit -n)";
    // Edge-triggered: every write is an event of its own, the counter never needs to be read.
    event_assign(
        &wake_event, base.get(), wake_fd, EV_READ | EV_PERSIST | EV_ET, [](evutil_socket_t, short, void*) {}, nullptr);
    event_add(&wake_event, nullptr);
  }
  ~Impl() {
    event_del(&wake_event);
    ::close(wake_fd);
  }

  void wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] ssize_t n = ::write(wake_fd, &one, sizeof one);
  }

  void post(Task task) {
    bool must_wake = false;
    {
      MutexLock lock(mutex);
      if (stopped) {
        lock.unlock();
        task = nullptr;
        lock.lock();
        return;
      }
      posted.push_back(std::move(task));
      // On the loop's own thread the tasks run right after the events at hand, without a wake-up.
      if (sleeping && current_loop != this) {
        sleeping = false;
        must_wake = true;
      }
    }
    if (must_wake) wake();
  }

  /// Runs what was posted. False: the loop is to end.
  bool run_posted(bool* more) {
    for (int round = 0;; ++round) {
      {
        MutexLock lock(mutex);
        sleeping = false;
        if (posted.empty()) {
          if (stopping) return false;
          sleeping = true;
          *more = false;
          return true;
        }
        if (round == kRoundsBeforePoll) {
          *more = true;
          return true;
        }
        running.swap(posted);
      }
      for (Task& task : running) {
        task();
        task = nullptr;  // what it owns goes before the next one runs
      }
      running.clear();
    }
  }

  void run() {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    current_loop = this;
    for (bool more = false; run_posted(&more);) event_base_loop(base.get(), EVLOOP_ONCE | (more ? EVLOOP_NONBLOCK : 0));
    current_loop = nullptr;
    drop_posted();
  }

  /// Destroys what can no longer run; destroying a task may post again, which is dropped in post().
  void drop_posted() {
    std::vector<Task> dropped;
    MutexLock lock(mutex);
    stopped = true;
    dropped.swap(posted);
    lock.unlock();
    dropped.clear();
    lock.lock();
  }
};

Loop::Loop(std::string name) : impl_(std::make_shared<Impl>(std::move(name))) {}

Loop::~Loop() {
  stop();
  impl_->drop_posted();  // of a loop that never ran
}

void Loop::start() {
  assert(!impl_->thread.joinable());
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Loop::stop() {
  assert(!in_loop());
  if (!impl_->thread.joinable()) return;
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake();
  impl_->thread.join();
}

void Loop::post(Task task) { impl_->post(std::move(task)); }
void Loop::Remote::post(Task task) const { impl_->post(std::move(task)); }
Loop::Remote Loop::remote() const { return Remote(impl_); }

Timer Loop::after(std::chrono::milliseconds delay, Task task) {
  assert(in_loop() || !impl_->thread.joinable());
  Timer timer;
  timer.state_ = std::make_unique<Timer::State>(impl_->base, delay, false, std::move(task));
  return timer;
}

Timer Loop::every(std::chrono::milliseconds period, Task task) {
  assert(in_loop() || !impl_->thread.joinable());
  Timer timer;
  timer.state_ = std::make_unique<Timer::State>(impl_->base, period, true, std::move(task));
  return timer;
}

bool Loop::in_loop() const { return current_loop == impl_.get(); }
event_base* Loop::base() { return impl_->base.get(); }
const std::string& Loop::name() const { return impl_->name; }

}  // namespace meerkat::event
