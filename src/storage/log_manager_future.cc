// Logs that are on their way to another log directory (KIP-113): a copy grows in a directory that ends in -future, and
// takes the place of the log once it has all.
#include <glog/logging.h>

#include <cerrno>

#include "storage/log_loader.h"
#include "storage/log_manager.h"
#include "storage/log_manager_impl.h"

namespace meerkat::storage {

using wire::ErrorCode;

std::shared_ptr<Log> LogManager::future(const TopicPartition& tp) const {
  ReadLock lock(impl_->mutex);
  auto it = impl_->future_logs.find(tp);
  return it == impl_->future_logs.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Log>> LogManager::futures() const {
  ReadLock lock(impl_->mutex);
  std::vector<std::shared_ptr<Log>> result;
  for (auto& [tp, log] : impl_->future_logs) result.push_back(log);
  return result;
}

void LogManager::prefer_dir(const TopicPartition& tp, const std::string& dir) {
  WriteLock lock(impl_->mutex);
  impl_->preferred[tp] = dir;
}

wire::Outcome<std::shared_ptr<Log>> LogManager::create_future(const TopicPartition& tp, const std::string& dir) {
  auto& m = *impl_;
  std::shared_ptr<Log> current;
  {
    ReadLock lock(m.mutex);
    auto it = m.logs.find(tp);
    auto* parent = m.dir_of(dir);
    if (it == m.logs.end() || parent == nullptr || !parent->online || m.future_logs.contains(tp)) {
      return wire::refuse(ErrorCode::kafka_storage_error, tp.to_string() + " cannot be moved to " + dir);
    }
    current = it->second;
  }
  if (!m.forget_departed(tp)) {
    return wire::refuse(ErrorCode::kafka_storage_error,
                        "the checkpoints still name an earlier log " + tp.to_string() + " and cannot be written");
  }
  auto path = dir + "/" + marked_dir_name(tp, Uuid::random(), "-future");
  auto failed = [&](const Error& error) {
    if (error.code != ENOSPC && error.code != EDQUOT && error.code != EMFILE) m.fail_dir(dir, error);
    return wire::refuse(ErrorCode::kafka_storage_error, error.message);
  };
  if (auto done = m.options.fs->make_directory(path); !done) return failed(done.error());
  LoadOptions load{.config = m.config_of(tp.topic), .clean = true, .new_dir = true};
  load.log_start_offset = current->log_start_offset();
  auto log = LogLoader::load(m.env, tp, dir, path, std::move(load));
  if (!log) return failed(log.error());
  if (auto id = current->topic_id()) {
    if (auto done = (*log)->assign_topic_id(*id); !done) return done.failure();
  }
  // What the copy has read must not be compacted away under it.
  if (m.cleaner) m.cleaner->pause(tp);
  WriteLock lock(m.mutex);
  m.future_logs[tp] = *log;
  return *log;
}

void LogManager::drop_future(const TopicPartition& tp) {
  auto& m = *impl_;
  std::shared_ptr<Log> log;
  {
    WriteLock lock(m.mutex);
    auto it = m.future_logs.find(tp);
    if (it == m.future_logs.end()) return;
    log = it->second;
    m.future_logs.erase(it);
  }
  LogLoader::abandon(*log);
  auto path = log->path();
  auto done = m.delete_dir_later(log->parent_dir(), path.substr(path.rfind('/') + 1), tp,
                                 log->config()->file_delete_delay_ms, log);
  if (m.cleaner) m.cleaner->resume(tp);
  if (!done) m.fail_dir(log->parent_dir(), done.error());
}

wire::Outcome<std::shared_ptr<Log>> LogManager::promote_future(const TopicPartition& tp) {
  auto& m = *impl_;
  std::shared_ptr<Log> old, log;
  {
    ReadLock lock(m.mutex);
    auto current = m.logs.find(tp), future = m.future_logs.find(tp);
    if (current == m.logs.end() || future == m.future_logs.end()) {
      return wire::refuse(ErrorCode::kafka_storage_error, "the log of " + tp.to_string() + " or its copy is offline");
    }
    old = current->second;
    log = future->second;
  }
  auto to = log->parent_dir() + "/" + tp.to_string();
  // A crash after this leaves two logs of that name; loading keeps the longer one.
  if (auto done = m.options.fs->rename(log->path(), to); !done) {
    m.fail_dir(log->parent_dir(), done.error());
    return wire::refuse(ErrorCode::kafka_storage_error, done.error().message);
  }
  LogLoader::moved(*log, to);
  {
    WriteLock lock(m.mutex);
    m.future_logs.erase(tp);
    m.logs[tp] = log;
  }
  LogLoader::abandon(*old);
  auto delay = old->config()->file_delete_delay_ms;
  auto gone = m.delete_dir_later(old->parent_dir(), tp.to_string(), tp, delay, old);
  if (m.cleaner) {
    m.cleaner->moved(tp, old->parent_dir(), log->parent_dir());
    m.cleaner->resume(tp);
  }
  if (!gone) m.fail_dir(old->parent_dir(), gone.error());
  LOG(INFO) << tp.to_string() << " now lives in " << log->parent_dir() << ", no longer in " << old->parent_dir();
  // The new name first: without it the other one must not be gone.
  m.options.scheduler->soon([weak = m.weak_from_this(), to = log->parent_dir(), from = old->parent_dir()] {
    auto impl = weak.lock();
    if (!impl) return;
    for (auto& dir : {to, from}) {
      if (auto done = impl->options.fs->sync_directory(dir); !done) impl->fail_dir(dir, done.error());
    }
  });
  m.checkpoint_soon();
  return log;
}

void LogManager::Impl::admit_loaded(const std::shared_ptr<Log>& log, bool future) {
  std::shared_ptr<Log> loser;
  auto& tp = log->topic_partition();
  {
    WriteLock lock(mutex);
    auto& map = future ? future_logs : logs;
    auto [it, fresh] = map.try_emplace(tp, log);
    if (fresh) return;
    // A crash between the two renames of a move: both have the same records, or the one in use has more.
    loser = log;
    if (log->log_end_offset() > it->second->log_end_offset()) std::swap(it->second, loser);
  }
  LOG(WARNING) << tp.to_string() << " was found in two log directories, as a crash during a move between them leaves "
               << "it; the one in " << loser->parent_dir() << " is removed";
  LogLoader::abandon(*loser);
  auto path = loser->path();
  auto done = delete_dir_later(loser->parent_dir(), path.substr(path.rfind('/') + 1), tp,
                               loser->config()->file_delete_delay_ms, loser);
  if (!done) fail_dir(loser->parent_dir(), done.error());
}

void LogManager::Impl::settle_futures() {
  std::vector<std::shared_ptr<Log>> alone;
  bool all_online = true;
  {
    ReadLock lock(mutex);
    for (auto& dir : dirs) all_online &= dir.online;
    for (auto& [tp, log] : future_logs) {
      if (!logs.contains(tp)) {
        alone.push_back(log);
      } else if (cleaner) {
        cleaner->pause(tp);
      }
    }
  }
  if (!all_online) return;  // the log itself may be on the disk that is not there
  for (auto& log : alone) {
    auto& tp = log->topic_partition();
    auto to = log->parent_dir() + "/" + tp.to_string();
    LOG(WARNING) << log->path() << " is a copy whose original is gone, as a crash at the end of a move leaves it; "
                 << "it takes its place";
    if (auto done = options.fs->rename(log->path(), to); !done) {
      fail_dir(log->parent_dir(), done.error());
      continue;
    }
    LogLoader::moved(*log, to);
    if (auto done = options.fs->sync_directory(log->parent_dir()); !done) fail_dir(log->parent_dir(), done.error());
    WriteLock lock(mutex);
    future_logs.erase(tp);
    logs[tp] = log;
  }
}

}  // namespace meerkat::storage
