#include "storage/log_manager.h"

#include <glog/logging.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "storage/log_loader.h"
#include "storage/log_manager_impl.h"

namespace meerkat::storage {

using wire::ErrorCode;

namespace {

int64_t recovery_point_of(const Log& log) { return log.recovery_point(); }

}  // namespace

LogManager::LogManager(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

LogManager::~LogManager() {
  if (impl_) impl_->stopping = true;
}

Status LogManager::Impl::open_dir(Dir& dir) {
  if (auto done = options.fs->make_directory(dir.path); !done) return done;
  auto lock = DirectoryLock::acquire(*options.fs, dir.path);
  if (!lock) return lock.failure();
  dir.lock = std::move(lock).value();
  auto meta = read_meta_properties(*options.fs, dir.path);
  if (!meta) return meta.failure();
  dir.meta = *meta;
  return {};
}

Result<std::unique_ptr<LogManager>> LogManager::open(LogManagerOptions options) {
  auto impl = std::make_shared<Impl>();
  int limit = options.max_open_files > 0 ? options.max_open_files : OpenFiles::default_limit();
  auto on_io_error = [weak = std::weak_ptr<Impl>(impl)](const std::string& parent, const Error& cause) {
    if (auto strong = weak.lock()) strong->fail_dir(parent, cause);
  };
  auto on_lowered = [weak = std::weak_ptr<Impl>(impl)] {
    if (auto strong = weak.lock()) strong->checkpoint(kRecoveryPointFile, recovery_point_of);
  };
  auto on_rolled = [weak = std::weak_ptr<Impl>(impl)] {
    if (auto strong = weak.lock()) strong->checkpoint_rolled();
  };
  auto on_truncated = [weak = std::weak_ptr<Impl>(impl)](const TopicPartition& tp, const std::string& parent,
                                                         int64_t active_base) {
    auto strong = weak.lock();
    if (strong && strong->cleaner) strong->cleaner->truncated(tp, parent, active_base);
  };
  impl->env.reset(new LogEnvironment{*options.fs,
                                     OpenFiles(*options.fs, limit),
                                     *options.clock,
                                     *options.scheduler,
                                     {},
                                     std::move(on_io_error),
                                     std::move(on_lowered),
                                     std::move(on_rolled),
                                     std::move(on_truncated),
                                     options.on_flushed ? options.on_flushed : [](const TopicPartition&) {},
                                     {}});
  impl->env->producers.expiration_ms = options.producer_id_expiration_ms;
  impl->env->producers.verify_transactions = options.transaction_partition_verification_enable;
  for (auto path : options.log_dirs) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    impl->dirs.emplace_back().path = path;
    if (options.disk_reserve_bytes > 0) impl->env->short_of_space[path] = false;
  }
  impl->options = std::move(options);
  for (auto& dir : impl->dirs) {
    dir.progress = std::make_unique<RecoveryProgress>(*impl->options.clock, dir.path, impl->recovery_threads());
  }

  const MetaProperties* first = nullptr;
  Status last_failure = fail("log.dirs is empty; name at least one directory");
  bool any = false;
  for (auto& dir : impl->dirs) {
    if (auto done = impl->open_dir(dir); !done) {
      // In use by somebody else, or somebody else's: no fault of the disk, and nothing to go on with.
      if (done.error().code == EWOULDBLOCK || done.error().code == 0) return done.failure();
      LOG(ERROR) << "log directory " << dir.path << " is offline: " << done.error().message;
      dir.online = false;
      last_failure = done;
      continue;
    }
    any = true;
    if (!dir.meta) continue;
    if (first == nullptr) first = &*dir.meta;
    if (dir.meta->broker_id != first->broker_id || dir.meta->cluster_id != first->cluster_id) {
      return fail("the directories of log.dirs disagree: " + dir.path + "/meta.properties has broker.id " +
                  std::to_string(dir.meta->broker_id) + " and cluster.id '" + dir.meta->cluster_id +
                  "', another one has " + std::to_string(first->broker_id) + " and '" + first->cluster_id +
                  "'; remove the directory that is not this broker's from log.dirs");
    }
  }
  if (!any) return fail("none of log.dirs can be used: " + last_failure.error().message);
  impl->make_cleaner();
  return std::unique_ptr<LogManager>(new LogManager(std::move(impl)));
}

LogManager::StoredIds LogManager::stored_ids() const {
  StoredIds ids;
  for (auto& dir : impl_->dirs) {
    if (!dir.meta) continue;
    ids.broker_id = dir.meta->broker_id;
    ids.cluster_id = dir.meta->cluster_id;
  }
  return ids;
}

Status LogManager::set_ids(int32_t broker_id, const std::string& cluster_id) {
  for (auto& dir : impl_->dirs) {
    if (!dir.online) continue;
    if (dir.meta && dir.meta->broker_id >= 0 && dir.meta->broker_id != broker_id) {
      return fail("broker.id is " + std::to_string(broker_id) + ", but " + dir.path + "/meta.properties says " +
                  std::to_string(dir.meta->broker_id) +
                  "; use that id, or another log directory if this is another broker");
    }
    if (dir.meta && !dir.meta->cluster_id.empty() && dir.meta->cluster_id != cluster_id) {
      return fail("the cluster's id is " + cluster_id + ", but " + dir.path + "/meta.properties says " +
                  dir.meta->cluster_id + "; the directory belongs to another cluster, or zookeeper.connect is wrong");
    }
    auto meta = dir.meta.value_or(MetaProperties{});
    if (meta.broker_id == broker_id && meta.cluster_id == cluster_id) continue;
    meta.broker_id = broker_id;
    meta.cluster_id = cluster_id;
    if (auto done = write_meta_properties(*impl_->options.fs, *impl_->options.clock, dir.path, meta); !done) {
      impl_->fail_dir(dir.path, done.error());
      continue;
    }
    dir.meta = meta;
  }
  return {};
}

void LogManager::Impl::make_cleaner() {
  if (!options.log_cleaner_enable) return;
  std::vector<std::string> online;
  for (auto& dir : dirs) {
    if (dir.online) online.push_back(dir.path);
  }
  auto in_service = [this] {
    ReadLock lock(mutex);
    std::vector<std::shared_ptr<Log>> result;
    for (auto& [tp, log] : logs) result.push_back(log);
    return result;
  };
  cleaner = std::make_unique<LogCleaner>(
      LogCleaner::Environment{*options.fs, *options.clock, std::move(online), std::move(in_service),
                              [this](const std::string& dir, const Error& cause) { fail_dir(dir, cause); }},
      options.cleaner);
}

LogCleaner* LogManager::cleaner() const { return impl_->cleaner.get(); }

std::vector<std::shared_ptr<Log>> LogManager::Impl::all() const {
  ReadLock lock(mutex);
  std::vector<std::shared_ptr<Log>> result;
  result.reserve(logs.size() + future_logs.size());
  for (auto* map : {&logs, &future_logs}) {
    for (auto& [tp, log] : *map) result.push_back(log);
  }
  return result;
}

std::vector<std::shared_ptr<Log>> LogManager::Impl::all_in(const std::string& dir) const {
  auto result = all();
  std::erase_if(result, [&](auto& log) { return log->parent_dir() != dir; });
  return result;
}

void LogManager::Impl::fail_dir(const std::string& path, const Error& cause) {
  std::vector<std::shared_ptr<Log>> affected;
  {
    WriteLock lock(mutex);
    auto* dir = dir_of(path);
    if (dir == nullptr || !dir->online) return;
    dir->online = false;
    for (auto* map : {&logs, &future_logs}) {
      for (auto& [tp, log] : *map) {
        if (log->parent_dir() != path) continue;
        affected.push_back(log);
        if (map == &logs) offline.insert(tp);
      }
    }
    for (auto& log : affected) {
      for (auto* map : {&logs, &future_logs}) {
        auto it = map->find(log->topic_partition());
        if (it != map->end() && it->second == log) map->erase(it);
      }
    }
  }
  LOG(ERROR) << "log directory " << path << " goes offline with " << affected.size() << " logs: " << cause.message;
  for (auto& log : affected) LogLoader::abandon(*log);
  if (options.on_dir_failure) options.on_dir_failure(path, cause);
}

std::shared_ptr<Log> LogManager::get(const TopicPartition& tp) const {
  ReadLock lock(impl_->mutex);
  auto it = impl_->logs.find(tp);
  return it == impl_->logs.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Log>> LogManager::all() const {
  ReadLock lock(impl_->mutex);
  std::vector<std::shared_ptr<Log>> result;
  result.reserve(impl_->logs.size());
  for (auto& [tp, log] : impl_->logs) result.push_back(log);
  return result;
}

bool LogManager::offline(const TopicPartition& tp) const {
  ReadLock lock(impl_->mutex);
  return impl_->offline.contains(tp);
}

std::vector<LogDirInfo> LogManager::dirs() const {
  std::vector<LogDirInfo> result;
  {
    ReadLock lock(impl_->mutex);
    for (auto& dir : impl_->dirs) {
      auto id = dir.meta ? Uuid::parse(dir.meta->directory_id) : std::nullopt;
      result.push_back({dir.path, dir.online, id.value_or(Uuid{}), -1, -1});
    }
  }
  for (auto& info : result) {
    if (!info.online) continue;
    if (auto space = impl_->options.fs->space(info.path)) {
      info.total_bytes = space->total;
      info.usable_bytes = space->usable;
    }
  }
  return result;
}

wire::Outcome<void> LogManager::remove(const TopicPartition& tp) {
  drop_future(tp);
  std::shared_ptr<Log> log;
  {
    WriteLock lock(impl_->mutex);
    auto it = impl_->logs.find(tp);
    if (it == impl_->logs.end()) return {};
    log = it->second;
    impl_->logs.erase(it);
    impl_->departed[tp] = ++impl_->departures;
  }
  // The cleaner must not write into a directory of that name any more.
  if (impl_->cleaner) impl_->cleaner->pause(tp);
  LogLoader::abandon(*log);
  auto delay = log->config()->file_delete_delay_ms;
  auto done = impl_->delete_dir_later(log->parent_dir(), tp.to_string(), tp, delay, log);
  if (impl_->cleaner) {
    impl_->cleaner->forget(tp, log->parent_dir());
    impl_->cleaner->resume(tp);
  }
  if (!done) {
    impl_->fail_dir(log->parent_dir(), done.error());
    return wire::refuse(ErrorCode::kafka_storage_error, done.error().message);
  }
  impl_->checkpoint_soon();
  return {};
}

Status LogManager::Impl::delete_dir_later(const std::string& parent, const std::string& name, const TopicPartition& tp,
                                          int64_t delay_ms, std::shared_ptr<Log> log) {
  auto marked = parent + "/" + marked_dir_name(tp, Uuid::random(), "-delete");
  if (auto done = options.fs->rename(parent + "/" + name, marked); !done) return done;
  if (log) LogLoader::moved(*log, marked);
  LOG(INFO) << "log " << tp.to_string() << " is out of service, " << marked << " will be removed in " << delay_ms
            << " ms";
  remove_later(std::move(marked), delay_ms);
  return {};
}

void LogManager::Impl::remove_later(std::string path, int64_t delay_ms) {
  options.scheduler->after(delay_ms, [fs = options.fs, path = std::move(path)] {
    if (auto done = fs->remove_all(path); !done) {
      LOG(WARNING) << done.error().message << "; it will be tried again at the next start";
    }
  });
}

void LogManager::set_topic_config(const std::string& topic, const LogConfig& config) {
  for (auto& log : impl_->all()) {
    if (log->topic_partition().topic == topic) log->set_config(config);
  }
}

void LogManager::reload_configs() {
  for (auto& log : impl_->all()) log->set_config(impl_->config_of(log->topic_partition().topic));
}

void LogManager::shutdown() {
  auto& m = *impl_;
  if (m.stopping.exchange(true)) return;
  if (m.cleaner) m.cleaner->stop();
  checkpoint_high_watermarks();
  for (auto& dir : m.dirs) {
    if (!dir.online) continue;
    auto logs = m.all_in(dir.path);
    std::atomic<size_t> next{0};
    std::atomic<bool> all_closed{true};
    auto close_some = [&] {
      for (size_t i = next++; i < logs.size(); i = next++) {
        if (auto done = logs[i]->close(); !done) {
          LOG(ERROR) << "log " << logs[i]->topic_partition().to_string()
                     << " was not closed cleanly: " << done.error().message;
          all_closed = false;
        }
      }
    };
    // fsync waits for the disk, not for the processor: more threads than cores help.
    std::vector<std::thread> threads;
    for (size_t i = 1; i < std::min<size_t>(8, logs.size()); ++i) threads.emplace_back(close_some);
    close_some();
    for (auto& thread : threads) thread.join();
    if (!dir.online) continue;
    m.checkpoint(kRecoveryPointFile, recovery_point_of);
    m.checkpoint(kLogStartFile, Impl::log_start_to_keep);
    if (!dir.loaded || !all_closed) {
      LOG(WARNING) << "log directory " << dir.path << " is left without the mark of a clean shutdown";
      continue;
    }
    if (auto done = leave_clean_mark(*m.options.fs, dir.path); !done) LOG(ERROR) << done.error().message;
  }
  for (auto& dir : m.dirs) dir.lock.reset();
}

}  // namespace meerkat::storage
