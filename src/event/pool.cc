#include "event/pool.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace meerkat::event {

struct Pool::Impl {
  Mutex mutex;
  std::condition_variable_any changed;
  std::deque<Task> queue GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;
  std::vector<std::thread> threads;

  void run(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    MutexLock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      {
        Task task = std::move(queue.front());
        queue.pop_front();
        lock.unlock();
        task();
      }
      lock.lock();
    }
  }
};

Pool::Pool(const std::string& name, int threads) : impl_(std::make_unique<Impl>()) {
  for (int i = 0; i < threads; ++i) {
    impl_->threads.emplace_back([impl = impl_.get(), own = name + "-" + std::to_string(i)] { impl->run(own); });
  }
}

Pool::~Pool() { stop(); }

void Pool::post(Task task) {
  MutexLock lock(impl_->mutex);
  if (impl_->stopping) {  // the task is destroyed without the lock: it may post again
    lock.unlock();
    task = nullptr;
    lock.lock();
    return;
  }
  impl_->queue.push_back(std::move(task));
  impl_->changed.notify_one();
}

void Pool::stop() {
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  for (auto& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace meerkat::event
