// Loading all partition directories at the start.
#include <glog/logging.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "storage/log_loader.h"
#include "storage/log_manager.h"
#include "storage/log_manager_impl.h"

namespace meerkat::storage {
namespace {

int64_t value_of(const PartitionOffsets& offsets, const TopicPartition& tp, int64_t otherwise) {
  auto it = offsets.find(tp);
  return it == offsets.end() ? otherwise : it->second;
}

}  // namespace

Status LogManager::Impl::load_dir(Dir& dir) {
  auto& fs = *options.fs;
  int64_t began = options.clock->mono_ms();
  auto clean = take_clean_mark(fs, dir.path);
  auto entries = fs.list(dir.path);
  if (!clean || !entries) {
    fail_dir(dir.path, clean ? entries.error() : clean.error());
    return {};
  }
  auto recovery_points = read_offset_checkpoint(fs, dir.path + "/" + kRecoveryPointFile);
  auto starts = read_offset_checkpoint(fs, dir.path + "/" + kLogStartFile);
  auto cleaned = read_offset_checkpoint(fs, dir.path + "/" + kCleanerFile);
  auto watermarks = read_offset_checkpoint(fs, dir.path + "/" + kHighWatermarkFile);

  struct Found {
    std::string name;
    PartitionDir what;
  };
  std::vector<Found> found;
  for (auto& entry : *entries) {
    if (!entry.directory) continue;
    auto what = parse_partition_dir(entry.name);
    if (!what) {
      return fail("found directory " + dir.path + "/" + entry.name +
                  ", which is no partition's: its name is not of the form topic-partition; move it out of log.dirs");
    }
    if (what->kind == DirKind::deleted)
      remove_later(dir.path + "/" + entry.name, options.defaults.file_delete_delay_ms);
    if (what->kind == DirKind::log || what->kind == DirKind::future) found.push_back({entry.name, *what});
  }
  if (!*clean && !found.empty()) {
    LOG(WARNING) << dir.path << " was not closed cleanly; recovering its " << found.size() << " logs";
  }

  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  auto& progress = *dir.progress;
  progress.begin(static_cast<int64_t>(found.size()));
  auto load_some = [&](int thread) {
    std::string topic;  // partitions of a topic come one after the other
    LogConfig config;
    for (size_t i = next++; i < found.size() && !failed; i = next++) {
      auto& tp = found[i].what.tp;
      bool future = found[i].what.kind == DirKind::future;
      if (topic != tp.topic) config = config_of(topic = tp.topic);
      LoadOptions load{.config = config,
                       .clean = *clean,
                       .recovery_point = value_of(recovery_points, tp, 0),
                       .log_start_offset = value_of(starts, tp, 0),
                       .cleaned_below = value_of(cleaned, tp, 0),
                       .progress = &progress.thread(thread)};
      auto log = LogLoader::load(env, tp, dir.path, dir.path + "/" + found[i].name, std::move(load));
      if (!log) {
        failed = true;
        fail_dir(dir.path, log.error());
        return;
      }
      (*log)->set_high_watermark(value_of(watermarks, tp, (*log)->log_start_offset()));
      admit_loaded(*log, future);
      progress.thread(thread).end();
      if (auto line = progress.log_done()) LOG(INFO) << *line;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < std::min(recovery_threads(), static_cast<int>(found.size())); ++i) {
    threads.emplace_back(load_some, i);
  }
  load_some(0);
  for (auto& thread : threads) thread.join();
  progress.end();
  if (failed) {
    WriteLock lock(mutex);
    for (auto& one : found) {
      if (one.what.kind == DirKind::log && !logs.contains(one.what.tp)) offline.insert(one.what.tp);
    }
    return {};
  }
  {
    WriteLock lock(mutex);
    for (auto* named : {&recovery_points, &starts, &watermarks}) {
      for (auto& [tp, offset] : *named) {
        auto it = logs.find(tp);
        if (it == logs.end() || it->second->parent_dir() != dir.path) departed[tp] = ++departures;
      }
    }
  }
  dir.loaded = true;
  LOG(INFO) << "loaded " << found.size() << " logs in " << dir.path << " in " << options.clock->mono_ms() - began
            << " ms" << (*clean || found.empty() ? "" : ", recovering them");
  return {};
}

int LogManager::Impl::recovery_threads() const {
  if (options.num_recovery_threads_per_data_dir > 0) return options.num_recovery_threads_per_data_dir;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::vector<LoadRemaining> LogManager::load_remaining() const {
  std::vector<LoadRemaining> remaining;
  for (auto& dir : impl_->dirs) {
    auto& progress = *dir.progress;
    remaining.push_back({dir.path, progress.remaining_logs(), progress.remaining_segments(), progress.seconds_left()});
  }
  return remaining;
}

Status LogManager::load() {
  auto& m = *impl_;
  std::vector<Status> results(m.dirs.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < m.dirs.size(); ++i) {
    if (!m.dirs[i].online) continue;
    threads.emplace_back([&, i] { results[i] = m.load_dir(m.dirs[i]); });
  }
  for (auto& thread : threads) thread.join();
  for (auto& result : results) {
    if (!result) return result;
  }
  bool any = false;
  for (auto& dir : m.dirs) any |= dir.online;
  if (!any) return fail("no log directory is left that can be used");
  m.settle_futures();
  return {};
}

}  // namespace meerkat::storage
