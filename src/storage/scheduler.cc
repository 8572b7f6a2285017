#include "storage/scheduler.h"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace meerkat::storage {

struct ThreadScheduler::Impl {
  using Time = std::chrono::steady_clock::time_point;

  std::mutex mutex;
  std::condition_variable changed;
  std::multimap<Time, Task> queue;  // by due time; equal ones in the order of the calls
  bool stopping = false;
  std::vector<std::thread> threads;

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (queue.empty()) {
        changed.wait(lock);
        continue;
      }
      auto due = queue.begin()->first;
      if (due > std::chrono::steady_clock::now()) {
        changed.wait_until(lock, due);
        continue;
      }
      Task task = std::move(queue.begin()->second);
      queue.erase(queue.begin());
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }
};

ThreadScheduler::ThreadScheduler(const std::string& name, int threads) : impl_(std::make_unique<Impl>()) {
  for (int i = 0; i < threads; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->run(); });
    ::pthread_setname_np(impl_->threads.back().native_handle(), (name + "-" + std::to_string(i)).substr(0, 15).c_str());
  }
}

ThreadScheduler::~ThreadScheduler() { stop(); }

void ThreadScheduler::after(int64_t delay_ms, Task task) {
  auto due = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms);
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->queue.emplace(due, std::move(task));
  }
  impl_->changed.notify_one();
}

void ThreadScheduler::stop() {
  std::multimap<Impl::Time, Task> dropped;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    dropped.swap(impl_->queue);
  }
  impl_->changed.notify_all();
  for (auto& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace meerkat::storage
