#include "broker/disk_watch.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace meerkat::broker {
namespace {

// Waits between two writes: often enough to notice a stall in time.
constexpr int64_t kParts = 4;
constexpr std::chrono::milliseconds kStep{20};

}  // namespace

DiskWatch::DiskWatch(Settings settings, FileSystem& files, Clock& clock)
    : settings_(std::move(settings)), files_(files), clock_(clock) {
  for (const std::string& dir : settings_.dirs) {
    probes_.push_back(std::make_shared<Probe>());
    probes_.back()->path = dir + "/" + kFileName;
  }
}

DiskWatch::~DiskWatch() {
  for (const auto& probe : probes_) probe->end = true;
  for (size_t i = 0; i < threads_.size(); ++i) {
    // One that is within a write that takes long may never come back.
    const bool idle = probes_[i]->ended || probes_[i]->since_ms < 0 || stalled().empty();
    idle ? threads_[i].join() : threads_[i].detach();
  }
}

void DiskWatch::start() {
  for (const auto& probe : probes_) {
    threads_.emplace_back([probe, pause = std::max<int64_t>(settings_.limit_ms / kParts, 1), &files = files_,
                           &clock = clock_] { run(probe, pause, files, clock); });
    pthread_setname_np(threads_.back().native_handle(), "disk-watch");
  }
}

void DiskWatch::run(const std::shared_ptr<Probe>& probe, int64_t pause_ms, FileSystem& files, Clock& clock) {
  const Bytes content(512, 0);
  while (!probe->end) {
    probe->since_ms = clock.mono_ms();
    if (auto file = files.open(probe->path, OpenMode::create)) {
      if ((*file)->pwrite(content, 0)) (void)(*file)->sync();
    }
    probe->since_ms = -1;
    const int64_t next = clock.mono_ms() + pause_ms;
    while (!probe->end && clock.mono_ms() < next) std::this_thread::sleep_for(kStep);
  }
  (void)files.remove(probe->path);
  probe->ended = true;
}

std::string DiskWatch::stalled() const {
  const int64_t now = clock_.mono_ms();
  for (size_t i = 0; i < probes_.size(); ++i) {
    const int64_t since = probes_[i]->since_ms;
    if (since >= 0 && now - since > settings_.limit_ms) return settings_.dirs[i];
  }
  return "";
}

}  // namespace meerkat::broker
