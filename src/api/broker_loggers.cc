#include "api/broker_loggers.h"

#include <glog/logging.h>
#include <glog/vlog_is_on.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_join.h"
#include "base/mutex.h"

namespace meerkat::api {
namespace {

using wire::ErrorCode;

constexpr std::string_view kRoot = "root";

/// Kafka's level names, from the quietest.
struct Level {
  std::string_view name;
  int min_log_level;  // glog's, for the root
  int verbosity;      // VLOG
};
constexpr Level kLevels[] = {
    {"FATAL", google::GLOG_FATAL, 0}, {"ERROR", google::GLOG_ERROR, 0}, {"WARN", google::GLOG_WARNING, 0},
    {"INFO", google::GLOG_INFO, 0},   {"DEBUG", google::GLOG_INFO, 1},  {"TRACE", google::GLOG_INFO, 2},
};

/// A logger of Kafka's and the files (glog: modules, patterns allowed) that it stands for.
struct Logger {
  std::string_view name;
  std::vector<const char*> modules;
};

const std::vector<Logger>& loggers() {
  static const auto& all = *new std::vector<Logger>{
      {kRoot, {}},
      {"kafka.controller.KafkaController", {"controller", "*_events", "failover", "transitions", "store_*"}},
      {"kafka.controller.RequestSendThread", {"channels"}},
      {"kafka.coordinator.group.GroupCoordinator", {"coordinator", "rebalance", "liveness", "join", "sync", "shard*"}},
      {"kafka.coordinator.group.GroupMetadataManager", {"loader", "offset_book", "offsets_log"}},
      {"kafka.log.LogCleaner", {"cleaner*"}},
      {"kafka.log.LogManager", {"log_manager*", "log_recovery", "log_retention"}},
      {"kafka.log.UnifiedLog", {"log", "log_append", "log_read", "log_truncate", "segment"}},
      {"kafka.network.SocketServer", {"connection", "server", "listener"}},
      {"kafka.request.logger", {"dispatcher"}},
      {"kafka.server.DynamicBrokerConfig", {"dynamic_config"}},
      {"kafka.server.KafkaApis", {"dispatcher"}},
      {"kafka.server.KafkaServer", {"broker", "registration", "controlled_shutdown"}},
      {"kafka.server.ReplicaFetcherThread", {"fetcher"}},
      {"kafka.server.ReplicaManager",
       {"partition", "partition_leader", "partition_follower", "partition_map", "produce", "fetch"}},
      {"kafka.zookeeper.ZooKeeperClient", {"session*", "handle"}},
      {"org.apache.zookeeper", {"client_log"}},
      {"state.change.logger", {"apply", "partition_state_machine", "replica_state_machine"}},
  };
  return all;
}

const Level* find_level(std::string_view name) {
  const auto* it = std::find_if(std::begin(kLevels), std::end(kLevels), [&](const Level& l) { return l.name == name; });
  return it == std::end(kLevels) ? nullptr : it;
}

const Logger* find_logger(std::string_view name) {
  for (const Logger& logger : loggers()) {
    if (logger.name == name) return &logger;
  }
  return nullptr;
}

/// The levels that were set; what is not here has the root's.
struct Levels {
  Mutex mutex;
  std::map<std::string, const Level*, std::less<>> set{{std::string(kRoot), find_level("INFO")}};
};

Levels& levels() {
  static auto& all = *new Levels;
  return all;
}

/// Tells glog. Where two loggers share a file, the more talkative one wins.
void put_into_force(const Levels& now) {
  const Level* root = now.set.find(kRoot)->second;
  FLAGS_minloglevel = root->min_log_level;
  FLAGS_v = 0;  // glog itself would tell of each level that it sets
  std::map<std::string_view, int> verbosity;
  for (const Logger& logger : loggers()) {
    const auto own = now.set.find(logger.name);
    const int wanted = (own == now.set.end() ? root : own->second)->verbosity;
    for (const char* module : logger.modules) verbosity[module] = std::max(verbosity[module], wanted);
  }
  for (const auto& [module, level] : verbosity) google::SetVLOGLevel(module.data(), level);
  FLAGS_v = root->verbosity;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> BrokerLoggers::describe() {
  Levels& now = levels();
  MutexLock lock(now.mutex);
  std::vector<std::pair<std::string, std::string>> out;
  for (const Logger& logger : loggers()) {
    auto own = now.set.find(logger.name);
    if (own == now.set.end()) own = now.set.find(kRoot);
    out.emplace_back(logger.name, own->second->name);
  }
  return out;
}

void BrokerLoggers::start() {
  Levels& now = levels();
  MutexLock lock(now.mutex);
  auto as_started = [](const Level& level) {
    return FLAGS_v > 0 ? level.verbosity == std::min(FLAGS_v, 2) : level.min_log_level == FLAGS_minloglevel;
  };
  if (const auto* it = std::find_if(std::begin(kLevels), std::end(kLevels), as_started); it != std::end(kLevels)) {
    now.set.insert_or_assign(std::string(kRoot), it);
  }
  for (const Logger& logger : loggers()) {
    for (const char* module : logger.modules) {
      const int by_vmodule = google::SetVLOGLevel(module, FLAGS_v);
      if (by_vmodule > FLAGS_v) google::SetVLOGLevel(module, by_vmodule);
    }
  }
}

wire::Outcome<void> BrokerLoggers::check(const std::vector<LoggerChange>& changes) {
  for (const LoggerChange& change : changes) {
    if (find_logger(change.logger) == nullptr) {
      return wire::refuse(ErrorCode::invalid_config,
                          "There is no logger '" + change.logger + "'; DescribeConfigs lists those of this broker.");
    }
    if (change.remove && change.logger == kRoot) {
      return wire::refuse(ErrorCode::invalid_request,
                          "The level of the root logger cannot be taken away; set another.");
    }
    if (!change.remove && find_level(change.level) == nullptr) {
      auto name = [](std::string* out, const Level& level) { out->append(level.name); };
      return wire::refuse(ErrorCode::invalid_config, "'" + change.level + "' is no log level for '" + change.logger +
                                                         "'; there are " + absl::StrJoin(kLevels, ", ", name) + ".");
    }
  }
  return {};
}

void BrokerLoggers::apply(const std::vector<LoggerChange>& changes) {
  Levels& now = levels();
  MutexLock lock(now.mutex);
  for (const LoggerChange& change : changes) {
    if (change.remove) {
      now.set.erase(change.logger);
    } else {
      now.set.insert_or_assign(change.logger, find_level(change.level));
    }
    LOG(WARNING) << "Log level of " << change.logger << ": " << (change.remove ? "that of the root" : change.level);
  }
  put_into_force(now);
}

}  // namespace meerkat::api
