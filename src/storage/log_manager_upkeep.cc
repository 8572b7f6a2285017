// What runs on timers over all logs: checkpoints, retention, flushes, expiry of producers.
#include <glog/logging.h>

#include "storage/log_manager.h"
#include "storage/log_manager_impl.h"

namespace meerkat::storage {

bool LogManager::Impl::checkpoint(const char* file, OffsetOf offset_of) {
  std::lock_guard writing(checkpoint_mutex);
  bool all_written = true;
  auto everything = all();
  for (auto& dir : dirs) {
    PartitionOffsets offsets;
    {
      ReadLock lock(mutex);
      if (!dir.online || !dir.lock) continue;
    }
    for (auto& log : everything) {
      if (log->parent_dir() != dir.path) continue;
      int64_t offset = offset_of(*log);
      if (offset >= 0) offsets[log->topic_partition()] = offset;
    }
    auto [written, fresh] = dir.written.try_emplace(file);
    if (!fresh && written->second == offsets) continue;
    if (auto done = write_offset_checkpoint(*options.fs, dir.path + "/" + file, offsets); !done) {
      dir.written.erase(file);
      all_written = false;
      if (done.error().code == ENOSPC || done.error().code == EDQUOT) {
        LOG_EVERY_N(WARNING, 20) << done.error().message << "; trying again at the next checkpoint";
      } else {
        fail_dir(dir.path, done.error());
      }
      continue;
    }
    written->second = std::move(offsets);
  }
  return all_written;
}

void LogManager::Impl::checkpoint_all() {
  absl::flat_hash_map<TopicPartition, int64_t> gone;
  {
    ReadLock lock(mutex);
    gone = departed;
  }
  bool written = checkpoint(kHighWatermarkFile, [](const Log& log) { return log.high_watermark(); });
  written &= checkpoint(kRecoveryPointFile, [](const Log& log) { return log.recovery_point(); });
  written &= checkpoint(kLogStartFile, log_start_to_keep);
  if (!written) return;
  WriteLock lock(mutex);
  for (auto& [tp, departure] : gone) {
    auto it = departed.find(tp);
    if (it != departed.end() && it->second == departure) departed.erase(it);
  }
}

bool LogManager::Impl::forget_departed(const TopicPartition& tp) {
  const auto named = [&] {
    ReadLock lock(mutex);
    return departed.contains(tp);
  };
  if (!named()) return true;
  checkpoint_all();
  return !named();
}

void LogManager::Impl::checkpoint_soon() {
  if (stopping || checkpoint_pending.exchange(true)) return;
  options.scheduler->soon([weak = weak_from_this()] {
    auto m = weak.lock();
    if (!m) return;
    m->checkpoint_pending = false;
    if (!m->stopping) m->checkpoint_all();
  });
}

void LogManager::Impl::checkpoint_rolled() {
  constexpr int64_t kGatherMs = 1000;
  if (stopping || rolled_pending.exchange(true)) return;
  options.scheduler->after(kGatherMs, [weak = weak_from_this()] {
    auto m = weak.lock();
    if (!m) return;
    m->rolled_pending = false;
    if (!m->stopping) m->checkpoint(kRecoveryPointFile, [](const Log& log) { return log.recovery_point(); });
  });
}

int64_t LogManager::Impl::log_start_to_keep(const Log& log) {
  int64_t start = log.log_start_offset();
  return start > log.first_segment_offset() ? start : -1;
}

void LogManager::Impl::every(int64_t period_ms, void (*work)(LogManager::Impl&)) {
  if (period_ms <= 0 || period_ms == LogConfig::kUnlimited) return;
  options.scheduler->after(period_ms, [weak = weak_from_this(), period_ms, work] {
    auto m = weak.lock();
    if (!m || m->stopping) return;
    work(*m);
    m->every(period_ms, work);
  });
}

void LogManager::Impl::check_space() {
  for (auto& [path, is_short] : env->short_of_space) {
    auto space = options.fs->space(path);
    if (!space) continue;
    bool now_short = space->usable < options.disk_reserve_bytes;
    if (is_short.exchange(now_short) == now_short) continue;
    if (now_short) {
      LOG(WARNING) << "the disk of " << path << " has " << space->usable << " bytes left, less than "
                   << options.disk_reserve_bytes << " (meerkat.log.disk.reserve.bytes): records are refused until "
                   << "retention or somebody makes room";
    } else {
      LOG(INFO) << "the disk of " << path << " has room again; records are taken";
    }
  }
}

int LogManager::Impl::run_retention() {
  int deleted = 0;
  for (auto& log : all()) {
    auto config = log->config();
    if (config->cleanup_compact && !config->cleanup_delete && log->log_start_offset() <= log->first_segment_offset()) {
      continue;
    }
    if (auto count = log->delete_old_segments()) deleted += *count;
  }
  return deleted;
}

void LogManager::start() {
  auto& o = impl_->options;
  auto& m = *impl_;
  if (m.cleaner) m.cleaner->start();
  if (o.disk_reserve_bytes > 0) {
    constexpr int64_t kSpaceCheckMs = 500;
    m.check_space();
    m.every(kSpaceCheckMs, [](Impl& impl) { impl.check_space(); });
  }
  m.every(o.replica_high_watermark_checkpoint_interval_ms,
          [](Impl& impl) { impl.checkpoint(kHighWatermarkFile, [](const Log& log) { return log.high_watermark(); }); });
  m.every(o.log_flush_offset_checkpoint_interval_ms,
          [](Impl& impl) { impl.checkpoint(kRecoveryPointFile, [](const Log& log) { return log.recovery_point(); }); });
  m.every(o.log_flush_start_offset_checkpoint_interval_ms,
          [](Impl& impl) { impl.checkpoint(kLogStartFile, Impl::log_start_to_keep); });
  m.every(o.log_retention_check_interval_ms, [](Impl& impl) { impl.run_retention(); });
  m.every(o.producer_id_expiration_check_interval_ms, [](Impl& impl) {
    for (auto& log : impl.all()) log->remove_expired_producers();
  });
  m.every(o.log_flush_scheduler_interval_ms, [](Impl& impl) {
    for (auto& log : impl.all()) {
      if (!log->flush_due()) continue;
      if (auto done = log->flush(); !done) LOG(WARNING) << done.error().message;
    }
  });
}

void LogManager::set_producer_rules(int64_t expiration_ms, bool verify_transactions) {
  impl_->env->producers.expiration_ms = expiration_ms;
  impl_->env->producers.verify_transactions = verify_transactions;
}

void LogManager::checkpoint_high_watermarks() {
  impl_->checkpoint(kHighWatermarkFile, [](const Log& log) { return log.high_watermark(); });
}

void LogManager::checkpoint_recovery_points() {
  impl_->checkpoint(kRecoveryPointFile, [](const Log& log) { return log.recovery_point(); });
}

void LogManager::checkpoint_log_start_offsets() { impl_->checkpoint(kLogStartFile, Impl::log_start_to_keep); }

int LogManager::run_retention() { return impl_->run_retention(); }

}  // namespace meerkat::storage
