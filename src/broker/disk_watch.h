// Notices a disk that takes writes but does not complete them. A broker on such a disk would hold its leaderships half
// dead: it answers nobody, and yet its session lives.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"

namespace meerkat::broker {

/// Writes a small file to each log directory again and again, each on a thread of its own, and looks how long that
/// takes. A directory whose write fails is not this one's business: that shows in the logs there at once.
class DiskWatch {
 public:
  struct Settings {
    std::vector<std::string> dirs;
    int64_t limit_ms = 0;  // meerkat.log.disk.stall.timeout.ms: how long a write may take
  };
  static constexpr char kFileName[] = "meerkat-disk-watch";

  /// All outlive this.
  DiskWatch(Settings settings, FileSystem& files, Clock& clock);
  /// Threads whose write does not return are left behind.
  ~DiskWatch();

  /// Begins to write.
  void start();
  /// The directory whose write has been under way for longer than the limit; empty if there is none. Any thread.
  std::string stalled() const;

 private:
  struct Probe {
    std::string path;
    std::atomic<int64_t> since_ms{-1};  // when the write under way began, monotonic; -1: none is
    std::atomic<bool> end{false};
    std::atomic<bool> ended{false};
  };
  static void run(const std::shared_ptr<Probe>& probe, int64_t pause_ms, FileSystem& files, Clock& clock);

  const Settings settings_;
  FileSystem& files_;
  Clock& clock_;
  std::vector<std::shared_ptr<Probe>> probes_;  // shared with threads that may outlive this
  std::vector<std::thread> threads_;
};

}  // namespace meerkat::broker
