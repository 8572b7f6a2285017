#include "storage/cleaner.h"

#include <glog/logging.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "storage/cleaner_log.h"

namespace meerkat::storage {

LogCleaner::LogCleaner(Environment environment, CleanerConfig config)
    : env_(std::move(environment)),
      checkpoints_(env_.fs, env_.log_dirs, env_.on_io_error),
      throttle_(env_.clock),
      config_(config),
      looked_ms_(env_.clock.mono_ms()) {
  throttle_.set_rate(config.io_max_bytes_per_second);
}

LogCleaner::~LogCleaner() { stop(); }

// ---- Threads

void LogCleaner::start() {
  std::lock_guard threads(threads_mutex_);
  int count = 0;
  {
    MutexLock lock(mutex_);
    stopping_ = false;
    started_ = true;
    count = config_.threads;
  }
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back([this, i] {
      ::pthread_setname_np(::pthread_self(), ("cleaner-" + std::to_string(i)).c_str());
      run();
    });
  }
}

void LogCleaner::stop() {
  std::lock_guard threads(threads_mutex_);
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    started_ = false;
    changed_.notify_all();
  }
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void LogCleaner::set_config(const CleanerConfig& config) {
  bool restart = false;
  {
    MutexLock lock(mutex_);
    if (config == config_) return;
    restart = started_ && config.threads != config_.threads;
    config_ = config;
    changed_.notify_all();
  }
  throttle_.set_rate(config.io_max_bytes_per_second);
  if (!restart) return;
  stop();
  start();
}

void LogCleaner::run() {
  for (;;) {
    bool cleaned = clean_dirtiest();
    delete_old_segments();
    MutexLock lock(mutex_);
    if (stopping_) return;
    if (cleaned) continue;
    changed_.wait_for(lock, std::chrono::milliseconds(config_.backoff_ms));
    if (stopping_) return;
  }
}

// ---- Cleaning

std::optional<LogCleaner::Candidate> LogCleaner::take_dirtiest() {
  auto logs = env_.logs();
  int64_t now = env_.clock.wall_ms();
  std::optional<Candidate> best;
  double max_ratio = 0;
  std::map<TopicPartition, Hold> holds;
  std::map<TopicPartition, std::weak_ptr<Log>> uncleanable;
  {
    MutexLock lock(mutex_);
    holds = holds_;
    uncleanable = uncleanable_;
  }
  for (auto& log : logs) {
    auto config = log->config();
    auto& tp = log->topic_partition();
    if (!config->cleanup_compact || holds.contains(tp)) continue;
    if (auto it = uncleanable.find(tp); it != uncleanable.end() && it->second.lock() == log) continue;
    auto plan = plan_cleaning(LogCompaction(log).view(), checkpoints_.get(tp, log->parent_dir()), *config, now);
    if (plan.checkpoint_reset) {
      LOG(INFO) << "the cleaner begins " << tp.to_string() << " anew at offset " << plan.first_dirty_offset
                << ": where it ended last time is no longer in the log";
      checkpoints_.set(tp, log->parent_dir(), plan.first_dirty_offset);
    }
    max_ratio = std::max(max_ratio, plan.dirty_ratio());
    if (!plan.wanted(*config)) continue;
    if (!best || plan.dirty_ratio() > best->plan.dirty_ratio()) best = Candidate{log, plan};
  }
  MutexLock lock(mutex_);
  stats_.max_dirty_ratio = max_ratio;
  looked_ms_ = env_.clock.mono_ms();
  if (!best || stopping_) return std::nullopt;
  auto& tp = best->log->topic_partition();
  if (holds_.contains(tp)) return std::nullopt;  // paused, or taken by another thread, meanwhile
  holds_[tp].cleaning = true;
  return best;
}

bool LogCleaner::clean_dirtiest() {
  auto candidate = take_dirtiest();
  if (!candidate) return false;
  CleanerConfig config;
  {
    MutexLock lock(mutex_);
    config = config_;
  }
  bool done = clean(*candidate, config);
  release(candidate->log->topic_partition());
  return done;
}

bool LogCleaner::clean(const Candidate& candidate, const CleanerConfig& config) {
  auto& tp = candidate.log->topic_partition();
  auto share = static_cast<size_t>(std::max(config.threads, 1));
  OffsetMap map(static_cast<size_t>(std::max<int64_t>(config.dedupe_buffer_size, 0)) / share,
                config.io_buffer_load_factor);
  CleaningJob job(candidate.log, map, static_cast<size_t>(std::max(config.io_buffer_size, 1)) / share,
                  [&](int64_t bytes) { return pace(tp, bytes); });
  int64_t began = env_.clock.mono_ms();
  return finish(candidate, job.run(candidate.plan), began);
}

bool LogCleaner::finish(const Candidate& candidate, const Result<CleaningStats>& result, int64_t began_ms) {
  auto& tp = candidate.log->topic_partition();
  auto& dir = candidate.log->parent_dir();
  int64_t took = env_.clock.mono_ms() - began_ms;
  if (result) {
    checkpoints_.set(tp, dir, result->end_offset);
    LOG(INFO) << "cleaned " << tp.to_string() << " up to offset " << result->end_offset << " in " << took
              << " ms: " << result->bytes_read << " bytes became " << result->bytes_written << ", " << result->keys
              << " keys in the dirty part";
    MutexLock lock(mutex_);
    stats_.max_buffer_utilization = result->map_used;
    stats_.last_clean_ms = took;
    stats_.recopied = result->bytes_read == 0
                          ? 0
                          : static_cast<double>(result->bytes_written) / static_cast<double>(result->bytes_read);
    ++stats_.cleanings;
    return true;
  }
  auto& error = result.error();
  switch (error.code) {
    case ECANCELED:
      VLOG(1) << "cleaning " << tp.to_string() << " ended early: " << error.message;
      return true;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      LOG_EVERY_N(WARNING, 20) << "cannot clean " << tp.to_string() << " now: " << error.message;
      return false;
    case 0: {
      LOG(ERROR) << "partition " << tp.to_string() << " in " << dir
                 << " cannot be compacted and is left alone until the next start: " << error.message;
      MutexLock lock(mutex_);
      uncleanable_[tp] = candidate.log;
      return true;
    }
    default:
      env_.on_io_error(dir, error);
      return true;
  }
}

void LogCleaner::delete_old_segments() {
  for (auto& log : env_.logs()) {
    if (!log->config()->cleanup_compact) continue;
    if (auto deleted = log->delete_old_segments(); !deleted) VLOG(1) << deleted.error().message;
  }
}

bool LogCleaner::may_go_on(const TopicPartition& tp) {
  MutexLock lock(mutex_);
  return !stopping_ && holds_[tp].pauses == 0;
}

bool LogCleaner::pace(const TopicPartition& tp, int64_t bytes) {
  if (int64_t wait_ms = throttle_.spend(bytes); wait_ms > 0) {
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    MutexLock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return stopping_ || holds_[tp].pauses > 0; });
  }
  return may_go_on(tp);
}

void LogCleaner::release(const TopicPartition& tp) {
  MutexLock lock(mutex_);
  auto it = holds_.find(tp);
  it->second.cleaning = false;
  if (it->second.pauses == 0) holds_.erase(it);
  changed_.notify_all();
}

// ---- Keeping away

void LogCleaner::pause(const TopicPartition& tp) {
  MutexLock lock(mutex_);
  ++holds_[tp].pauses;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !holds_[tp].cleaning; });
}

void LogCleaner::resume(const TopicPartition& tp) {
  MutexLock lock(mutex_);
  auto it = holds_.find(tp);
  if (it != holds_.end() && --it->second.pauses == 0) holds_.erase(it);
}

void LogCleaner::forget(const TopicPartition& tp, const std::string& dir) {
  checkpoints_.remove(tp, dir);
  MutexLock lock(mutex_);
  uncleanable_.erase(tp);
}

void LogCleaner::truncated(const TopicPartition& tp, const std::string& dir, int64_t active_base) {
  checkpoints_.lower(tp, dir, active_base);
}

void LogCleaner::moved(const TopicPartition& tp, const std::string& from, const std::string& to) {
  checkpoints_.move(tp, from, to);
}

// ---- What is known

CleanerStats LogCleaner::stats() const {
  CleanerStats stats;
  std::vector<std::shared_ptr<Log>> given_up;
  {
    MutexLock lock(mutex_);
    stats = stats_;
    stats.ms_since_last_run = env_.clock.mono_ms() - looked_ms_;
    for (auto& [tp, weak] : uncleanable_) {
      if (auto log = weak.lock()) given_up.push_back(std::move(log));
    }
  }
  for (auto& log : given_up) {
    auto& dir = stats.dirs[log->parent_dir()];
    ++dir.uncleanable_partitions;
    dir.uncleanable_bytes += log->size();
  }
  return stats;
}

bool LogCleaner::uncleanable(const TopicPartition& tp) const {
  MutexLock lock(mutex_);
  auto it = uncleanable_.find(tp);
  return it != uncleanable_.end() && !it->second.expired();
}

}  // namespace meerkat::storage
