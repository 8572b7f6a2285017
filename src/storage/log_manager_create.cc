// Making the logs of partitions that are new here.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <thread>

#include "storage/log_loader.h"
#include "storage/log_manager.h"
#include "storage/log_manager_impl.h"

namespace meerkat::storage {

using wire::ErrorCode;

/// One thread creates a log, others that want the same wait for it.
class LogManager::Impl::Creation {
 public:
  Creation(Impl& impl, const TopicPartition& name) : m_(impl), tp_(name) {
    MutexLock lock(m_.creation_mutex);
    m_.creation_done.wait(lock, [&] { return !m_.being_created.contains(tp_); });
    m_.being_created[tp_] = "";
  }
  ~Creation() {
    MutexLock lock(m_.creation_mutex);
    m_.being_created.erase(tp_);
    m_.creation_done.notify_all();
  }

  /// The log directory to create it in: `preferred_dir` if that is not empty, or what was asked for earlier, or the one
  /// with the fewest logs. Empty: there is none.
  std::string choose_dir(const std::string& preferred_dir) {
    MutexLock creating(m_.creation_mutex);
    ReadLock lock(m_.mutex);
    std::map<std::string, int> count;
    for (auto& dir : m_.dirs) {
      if (dir.online) count[dir.path] = 0;
    }
    if (m_.dirs.size() > 1) {
      const auto add = [&](const std::string& dir) {
        if (auto it = count.find(dir); it != count.end()) ++it->second;
      };
      for (auto* map : {&m_.logs, &m_.future_logs}) {
        for (auto& [name, log] : *map) add(log->parent_dir());
      }
      for (auto& [name, dir] : m_.being_created) add(dir);
    }
    auto preferred = m_.preferred.find(tp_);
    const std::string& wanted =
        preferred_dir.empty() && preferred != m_.preferred.end() ? preferred->second : preferred_dir;
    std::string chosen;
    for (auto& dir : m_.dirs) {
      if (!dir.online) continue;
      if (dir.path == wanted) {
        chosen = dir.path;
        break;
      }
      if (preferred_dir.empty() && (chosen.empty() || count[dir.path] < count[chosen])) chosen = dir.path;
    }
    return m_.being_created[tp_] = chosen;
  }

 private:
  Impl& m_;
  const TopicPartition& tp_;
};

wire::Outcome<std::shared_ptr<Log>> LogManager::get_or_create(const TopicPartition& tp,
                                                              const std::optional<Uuid>& topic_id,
                                                              const std::string& preferred_dir) {
  auto& m = *impl_;
  auto with_id = [&](std::shared_ptr<Log> log) -> wire::Outcome<std::shared_ptr<Log>> {
    if (!topic_id || topic_id->is_zero()) return log;
    if (auto done = log->assign_topic_id(*topic_id); !done) return done.failure();
    return log;
  };
  if (auto log = get(tp)) return with_id(std::move(log));
  Impl::Creation creation(m, tp);
  if (auto log = get(tp)) return with_id(std::move(log));
  if (offline(tp)) {
    return wire::refuse(ErrorCode::kafka_storage_error,
                        "the log of " + tp.to_string() + " is in a log directory that is offline");
  }
  const std::string parent = creation.choose_dir(preferred_dir);
  if (parent.empty()) {
    return wire::refuse(ErrorCode::kafka_storage_error,
                        preferred_dir.empty() ? "no log directory is online"
                                              : "log directory " + preferred_dir + " is offline or not in log.dirs");
  }
  auto path = parent + "/" + tp.to_string();
  auto failed = [&](const Error& error) {
    if (error.code != ENOSPC && error.code != EDQUOT && error.code != EMFILE) m.fail_dir(parent, error);
    return wire::refuse(ErrorCode::kafka_storage_error, error.message);
  };
  bool fresh = !m.options.fs->exists(path);
  if (fresh && !m.forget_departed(tp)) {
    return wire::refuse(ErrorCode::kafka_storage_error,
                        "the checkpoints still name an earlier log " + tp.to_string() + " and cannot be written");
  }
  if (auto done = m.options.fs->make_directory(path); !done) return failed(done.error());
  auto log = LogLoader::load(m.env, tp, parent, path,
                             LoadOptions{.config = m.config_of(tp.topic), .clean = fresh, .new_dir = fresh});
  if (!log) return failed(log.error());
  auto named = with_id(*log);
  if (!named) return named;
  WriteLock lock(m.mutex);
  m.preferred.erase(tp);
  m.logs[tp] = *log;
  return named;
}

void LogManager::create_missing(std::span<const TopicPartition> wanted) {
  constexpr size_t kFew = 16;  // not worth a thread
  constexpr int kMostThreads = 8;
  std::vector<TopicPartition> missing;
  for (auto& tp : wanted) {
    if (!get(tp)) missing.push_back(tp);
  }
  if (missing.size() <= kFew) return;
  std::atomic<size_t> next{0};
  auto create_some = [&] {
    // Whoever needs the log asks again, and hears what stands in the way.
    for (size_t i = next++; i < missing.size(); i = next++) (void)get_or_create(missing[i], std::nullopt);
  };
  std::vector<std::thread> threads;
  const int more = std::min(kMostThreads, static_cast<int>(std::thread::hardware_concurrency())) - 1;
  for (int i = 0; i < more; ++i) threads.emplace_back(create_some);
  create_some();
  for (auto& thread : threads) thread.join();
}

}  // namespace meerkat::storage
